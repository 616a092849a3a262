/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FAULT and DEVICE records: who handles a page fault of which device, read from
 * the work item that a worker executes. Costs nothing until somebody looks.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_FAULT_H
#define GPUWATCH_BPF_SNAPSHOT_FAULT_H

#include "bpf/lib/device.h"
#include "bpf/lib/started.h"
#include "bpf/snapshot/output.h"

/* A driver's list of devices that begins and ends with the same one. */
static __always_inline bool is_sole_device(struct device_driver *driver)
{
	struct driver_private *p = BPF_CORE_READ(driver, p);
	u64 head = (u64)p + bpf_core_field_offset(struct driver_private, klist_devices.k_list);
	u64 first = (u64)BPF_CORE_READ(p, klist_devices.k_list.next);

	return p && first && first != head && first == (u64)BPF_CORE_READ(p, klist_devices.k_list.prev);
}

static __always_inline void describe_device(struct gw_fault_record *record, u64 address)
{
	struct device *device = (void *)address;
	struct device_driver *driver;
	struct module *owner;

	device_describe(&record->device, device);
	driver = device ? BPF_CORE_READ(device, driver) : NULL;
	if (!driver)
		return;
	owner = BPF_CORE_READ(driver, owner);
	if (owner)
		bpf_probe_read_kernel_str(record->module, sizeof(record->module), owner->name);
	if (is_sole_device(driver))
		record->flags |= GW_FAULT_F_SOLE;
}

static __always_inline void describe_process(struct gw_fault_record *record)
{
	struct mm_struct___owner *mm = (void *)record->mm;

	if (mm && bpf_core_field_exists(struct mm_struct___owner, owner))
		record->pid = BPF_CORE_READ(mm, owner, tgid);
}

/* ---- what a worker executes ------------------------------------------------------ */

/* What alloc_workqueue() was given, as far as it is compared. */
static __always_inline bool is_named(const char *name, const char *prefix, u32 length)
{
	u32 i;

	for (i = 0; i < length; i++)
		if (name[i] != prefix[i])
			return false;
	return true;
}

/* iopf_queue_alloc() names its workqueues so, whoever handles what is queued there. */
#define IOPF_QUEUE "iopf_queue/"
#define IOMMU_V2_QUEUE "amd_iommu_v2"

static __always_inline void read_iopf_group(struct gw_fault_record *record, u64 work)
{
	struct iopf_group *group = container_of(work, struct iopf_group, work);
	struct iopf_group___dev *former = (void *)group;
	struct iommu_domain *domain;

	record->source = GW_FAULT_FROM_IOPF;
	record->address = BPF_CORE_READ(group, last_fault.fault.prm.addr);
	if (BPF_CORE_READ(group, last_fault.fault.prm.flags) & IOMMU_FAULT_PAGE_REQUEST_PASID_VALID)
		record->pasid = BPF_CORE_READ(group, last_fault.fault.prm.pasid);
	if (bpf_core_field_exists(struct iopf_group___dev, dev))
		record->device.device = (u64)BPF_CORE_READ(former, dev);
	if (bpf_core_field_exists(struct iopf_group, fault_param))
		record->device.device = (u64)BPF_CORE_READ(group, fault_param, dev);
	if (!bpf_core_field_exists(struct iopf_group, attach_handle) || !bpf_core_field_exists(struct iommu_domain, mm))
		return;
	domain = BPF_CORE_READ(group, attach_handle, domain);
	if (BPF_CORE_READ(domain, type) & IOMMU_DOMAIN_SVA)
		record->mm = (u64)BPF_CORE_READ(domain, mm);
}

static __always_inline void read_iommu_v2(struct gw_fault_record *record, u64 work)
{
	struct fault *fault = container_of(work, struct fault, work);
	struct pci_dev *device = BPF_CORE_READ(fault, dev_state, pdev);

	record->source = GW_FAULT_FROM_IOMMU_V2;
	record->address = BPF_CORE_READ(fault, address);
	record->pasid = BPF_CORE_READ(fault, pasid);
	record->mm = (u64)BPF_CORE_READ(fault, mm);
	if (device)
		record->device.device = (u64)device + bpf_core_field_offset(struct pci_dev, dev);
}

/* A driver's own queue: from the item to the queue around it, and from member to member to the device. */
static __always_inline void read_driver_queue(struct gw_fault_record *record, u64 work, u64 function)
{
	u32 i, step;

	for (i = 0; i < GW_FAULT_QUEUES; i++) {
		const struct gw_fault_queue *queue = &control.fault_queues[i];
		u64 at = work - queue->work;

		if (!queue->function || queue->function != function)
			continue;
		record->source = GW_FAULT_FROM_QUEUE;
		for (step = 0; step < GW_FAULT_STEPS; step++)
			at = step < queue->step_count ? read_member(at, queue->steps[step]) : at;
		record->device.device = queue->step_count ? at : 0;
	}
}

static __always_inline void read_fault_of_worker(struct gw_fault_record *record, struct worker *worker, u32 pid)
{
	u64 work = (u64)BPF_CORE_READ(worker, current_work);
	struct started *started = started_slot(pid);
	char name[16] = {};

	if (!work)
		return;
	BPF_CORE_READ_STR_INTO(&name, worker, current_pwq, wq, name);
	if (bpf_core_type_exists(struct iopf_group) && is_named(name, IOPF_QUEUE, sizeof(IOPF_QUEUE) - 1))
		read_iopf_group(record, work);
	else if (bpf_core_type_exists(struct fault) && is_named(name, IOMMU_V2_QUEUE, sizeof(IOMMU_V2_QUEUE)))
		read_iommu_v2(record, work);
	else
		read_driver_queue(record, work, (u64)BPF_CORE_READ(worker, current_func));
	if (started && started->work == work)
		record->since_ns = started->since_ns;
}

/* What the hook of a driver's handler has noted. */
static __always_inline void read_fault_of_hook(struct gw_fault_record *record, const struct task_entry *entry)
{
	if (!entry->watch.sections.fault_since_ns || !entry->fault.device)
		return;
	record->source = GW_FAULT_FROM_HOOK;
	record->since_ns = entry->watch.sections.fault_since_ns;
	record->device.device = entry->fault.device;
	record->pasid = entry->fault.pasid;
	record->address = entry->fault.address;
}

/* The scratch record has what a hook has noted; a worker's item shows more. */
static __noinline int emit_fault(struct output *out, struct worker *worker)
{
	struct gw_fault_record *record = &out->scratch->fault;

	if (worker)
		read_fault_of_worker(record, worker, out->scratch->task.pid);
	if (!record->source)
		return 0;
	describe_device(record, record->device.device);
	describe_process(record);
	emit(out, record, sizeof(*record));
	return 0;
}

/* ---- what a scheduler belongs to ---------------------------------------------------- */

static __noinline int emit_device(struct output *out, u64 scheduler)
{
	struct gw_device_record *record = &out->scratch->device;
	u64 device;

	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_DEVICE;
	record->header.size = sizeof(*record);
	device = read_member(scheduler, control.layout.scheduler_device);
	if (!device)
		return 0;
	record->device.address = scheduler;
	record->device.kind = GW_DEVICE_SCHEDULER;
	device_describe(&record->device, (void *)device);
	emit(out, record, sizeof(*record));
	return 0;
}

#endif
