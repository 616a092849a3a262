/* SPDX-License-Identifier: GPL-2.0-only */
/* What the current task does for a GPU: struct gw_activity. */
#ifndef GPUWATCH_BPF_PATCHED_ACTIVITY_H
#define GPUWATCH_BPF_PATCHED_ACTIVITY_H

#include "bpf/lib/duration.h"
#include "bpf/lib/state.h"

/* NULL: it is in something already, or out of memory. */
static __always_inline struct task_entry *activity_begin(u32 kind)
{
	struct task_entry *entry =
		bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!entry || entry->activity.kind)
		return NULL;
	__builtin_memset(&entry->activity, 0, sizeof(entry->activity));
	entry->activity.kind = kind;
	entry->activity.since_ns = bpf_ktime_get_ns();
	if (kind == GW_ACTIVITY_FAULT && !entry->watch.sections.fault_since_ns)
		entry->watch.sections.fault_since_ns = entry->activity.since_ns;
	return entry;
}

/* Returns how long it took, 0 = its begin was not seen. */
static __always_inline u64 activity_end(u32 kind)
{
	struct task_entry *entry = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	u64 took_ns;

	if (!entry || entry->activity.kind != kind)
		return 0;
	took_ns = bpf_ktime_get_ns() - entry->activity.since_ns;
	entry->activity.kind = GW_ACTIVITY_NONE;
	if (kind == GW_ACTIVITY_FAULT) {
		entry->watch.sections.fault_since_ns = 0;
		duration_measure(GW_WAIT_TIME_OF(GW_DURATION_PAGE_FAULT, 0), took_ns);
	}
	return took_ns;
}

/* A fault is a section of its task, too, with or without its details. */
static __always_inline int fault_activity(u32 device, u32 pasid, u64 address, u32 pid)
{
	struct task_entry *entry = activity_begin(GW_ACTIVITY_FAULT);

	if (!entry)
		return 0;
	entry->activity.device = device;
	entry->activity.pasid = pasid;
	entry->activity.address = address;
	entry->activity.pid = pid;
	return 0;
}

#endif
