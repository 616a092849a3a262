/* SPDX-License-Identifier: GPL-2.0-only */
/* GPU page-fault handlers: the GPU stands still until they are done. */
#include "bpf/lib/duration.h"
#include "bpf/lib/section.h"

static __always_inline int fault_begin(const struct gw_hooked_fault *fault)
{
	struct task_entry *entry =
		bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!entry || entry->watch.sections.fault_since_ns)
		return 0;
	entry->watch.sections.fault_since_ns = bpf_ktime_get_ns();
	entry->fault = *fault;
	return 0;
}

/* @handler: the driver's function. What a handler inside of it has ended already (bpf/patched/activity.h) was measured there. */
static __always_inline int fault_over(u64 handler)
{
	struct gw_sections *sections = sections_for_end();

	if (sections && sections->fault_since_ns) {
		duration_measure(GW_WAIT_TIME_OF(GW_DURATION_PAGE_FAULT, handler),
				 bpf_ktime_get_ns() - sections->fault_since_ns);
		sections->fault_since_ns = 0;
	}
	return 0;
}

/* (adev, pasid, vmid or client_id, node_id, addr, ...) on all kernels */
SEC("kprobe/amdgpu_vm_handle_fault")
int BPF_KPROBE(fault_start, void *device, u32 pasid, u32 vmid, u32 node, u64 address)
{
	struct gw_hooked_fault fault = { .pasid = pasid, .address = address };

	if (control.layout.amdgpu_device >= 0)
		bpf_probe_read_kernel(&fault.device, sizeof(fault.device), device + control.layout.amdgpu_device);
	return fault_begin(&fault);
}

SEC("kretprobe/amdgpu_vm_handle_fault")
int fault_end(void *ctx)
{
	return fault_over(bpf_get_func_ip(ctx));
}
