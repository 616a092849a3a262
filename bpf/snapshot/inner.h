/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INNER records: in which function a task sleeps that waits for a mutex. The kernel leaves the functions of locks out of the
 * stacks that it gives, and a ww_mutex is a mutex in all else that it records. But their return addresses lie on the task's
 * stack, close to that of the innermost frame that is given.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_INNER_H
#define GPUWATCH_BPF_SNAPSHOT_INNER_H

#include "bpf/snapshot/output.h"

struct inner_search {
	const struct scratch *scratch;
	struct gw_inner_record *record;
	u64 frame; /* the return address that is given */
	u64 task;
};

static __always_inline void push_inner(struct gw_inner_record *record, u64 address)
{
	record->addresses[3] = record->addresses[2];
	record->addresses[2] = record->addresses[1];
	record->addresses[1] = record->addresses[0];
	record->addresses[0] = address;
}

static long try_inner(u32 i, void *context)
{
	struct inner_search *search = context;
	u64 word;

	if (i >= TIMER_WORDS)
		return 1;
	word = search->scratch->words[i];
	if (word == search->frame) {
		search->record->task = search->task;
		return 1;
	}
	if (word >= control.symbols.text_begin && word < control.symbols.text_end)
		push_inner(search->record, word);
	return 0;
}

static __always_inline bool waits_for_mutex(const struct gw_task_record *record)
{
	u32 last = record->watch.depth - 1;

	if (last < GW_WAIT_DEPTH)
		return record->watch.waits[last].kind == GW_WAIT_LOCK &&
		       (record->watch.waits[last].flags & (GW_LOCK_F_MUTEX | GW_LOCK_F_RT));
	return record->blocker && record->blocker_type == BLOCKER_TYPE_MUTEX;
}

/* After read_sleep(), which has read the task's stack where it shows whether there is a timer. */
static __noinline int emit_inner(struct output *out)
{
	const struct gw_task_record *task = &out->scratch->task;
	struct gw_inner_record *record = &out->scratch->inner;
	struct inner_search search = {
		.scratch = out->scratch, .record = record, .frame = task->stack[0], .task = task->address
	};

	if (!task->stack_depth || !(task->flags & (GW_TASK_F_TIMER | GW_TASK_F_NO_TIMER)) || !waits_for_mutex(task))
		return 0;
	__builtin_memset(record, 0, sizeof(*record));
	record->header.type = GW_RECORD_INNER;
	record->header.size = sizeof(*record);
	bpf_loop(TIMER_WORDS, try_inner, &search, 0);
	/* In the map's memory: 6.1 does not follow what a callback writes to the stack. */
	if (record->task)
		emit(out, record, sizeof(*record));
	return 0;
}

#endif
