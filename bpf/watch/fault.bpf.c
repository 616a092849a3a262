/* SPDX-License-Identifier: GPL-2.0-only */
/* GPU page-fault handlers: the GPU stands still until they are done. */
#include "bpf/lib/section.h"

static __always_inline int fault_begin(void)
{
	struct gw_sections *sections = sections_for_begin();

	if (sections && !sections->fault_since_ns)
		sections->fault_since_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline int fault_over(void)
{
	struct gw_sections *sections = sections_for_end();

	if (sections)
		sections->fault_since_ns = 0;
	return 0;
}

SEC("kprobe/amdgpu_vm_handle_fault")
int fault_start(void *ctx)
{
	return fault_begin();
}

SEC("kretprobe/amdgpu_vm_handle_fault")
int fault_end(void *ctx)
{
	return fault_over();
}
