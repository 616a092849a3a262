/* SPDX-License-Identifier: GPL-2.0-only */
/* What the current task is inside of: struct gw_sections. */
#ifndef GPUWATCH_BPF_LIB_SECTION_H
#define GPUWATCH_BPF_LIB_SECTION_H

#include "bpf/lib/state.h"

/* For a section's begin: makes the entry if there is none. NULL: out of memory. */
static __always_inline struct gw_sections *sections_for_begin(void)
{
	struct task_entry *entry =
		bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	return entry ? &entry->watch.sections : NULL;
}

/* For its end: NULL if the task never began anything. */
static __always_inline struct gw_sections *sections_for_end(void)
{
	struct task_entry *entry = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);

	return entry ? &entry->watch.sections : NULL;
}

/* Whose section it is. */
static __always_inline void section_describe(struct gw_section *ret, struct task_struct *task)
{
	ret->task = (u64)task;
	ret->start_ns = task->start_time;
	ret->pid = task->pid;
	ret->tgid = task->tgid;
	bpf_probe_read_kernel_str(ret->comm, sizeof(ret->comm), task->comm);
}

#endif
