/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the snapshot iterator share: where they put the records of
 * a task, and how they read the kernel's memory. Everything but the task
 * itself is read through addresses that may be stale: with probe reads, and
 * what was read is checked by whoever uses it.
 *
 * All records of one task must fit the kernel's buffer of a seq_file (32 KiB):
 * the bounds below see to that.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_OUTPUT_H
#define GPUWATCH_BPF_SNAPSHOT_OUTPUT_H

#include "bpf/lib/state.h"

#define FENCES_PER_TASK 40
#define WORKS_PER_TASK 64
#define TIMER_WORDS 192	   /* of a sleeping task's stack, where its timer would be */
#define LIST_WALK_MAX 1024 /* members of a kernel list that are looked at */

/* Records are too big for the stack. */
struct scratch {
	struct gw_task_record task;
	struct gw_fence_record fence;
	struct gw_work_record work;
	struct gw_lock_record lock;
	struct gw_fault_record fault;
	struct gw_device_record device;
	struct gw_running_record running;
	struct gw_inner_record inner;
	u64 words[TIMER_WORDS];	     /* of a kernel stack */
	u64 timer;		     /* struct process_timer that was found there, 0 = none */
	u64 sleeper;		     /* struct hrtimer_sleeper, likewise */
	u64 fences[FENCES_PER_TASK]; /* to be emitted, each once */
	u32 fence_count;
	u32 work_count;
};

/* One for all CPUs: the daemon reads one snapshot at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratch SEC(".maps");

static __always_inline struct scratch *scratch_area(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scratch, &zero);
}

/* Where the records of this task go. */
struct output {
	struct seq_file *seq;
	struct scratch *scratch;
};

static __always_inline void emit(struct output *out, void *record, u32 size)
{
	bpf_seq_write(out->seq, record, size);
}

#define read_kernel(to, address) bpf_probe_read_kernel(to, sizeof(*(to)), (const void *)(address))

static __always_inline u64 read_u64(u64 address)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (const void *)address);
	return value;
}

/* A pointer member of a module's type: 0 if the offset is unknown. */
static __always_inline u64 read_member(u64 object, s32 offset)
{
	return object && offset >= 0 ? read_u64(object + offset) : 0;
}

#endif
