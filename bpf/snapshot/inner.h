/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * INNER records: in which function a task sleeps that waits for a mutex. The kernel leaves the functions of locks out of the
 * stacks that it gives, and a ww_mutex is a mutex in all else that it records. But their return addresses lie on the task's
 * stack: the last one before that of the innermost frame that is given is the one that this frame's callee left.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_INNER_H
#define GPUWATCH_BPF_SNAPSHOT_INNER_H

#include "bpf/snapshot/output.h"

struct inner_search {
	const struct scratch *scratch;
	u64 frame; /* the return address that is given */
	u64 inner; /* the last one before it, so far */
	bool found;
};

static long try_inner(u32 i, void *context)
{
	struct inner_search *search = context;
	u64 word;

	if (i >= TIMER_WORDS)
		return 1;
	word = search->scratch->words[i];
	search->found = word == search->frame;
	if (!search->found && word >= control.symbols.text_begin && word < control.symbols.text_end)
		search->inner = word;
	return search->found;
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
static __always_inline void emit_inner(struct output *out)
{
	const struct gw_task_record *task = &out->scratch->task;
	struct inner_search search = { .scratch = out->scratch, .frame = task->stack[0] };
	struct gw_inner_record record = {
		.header = { .type = GW_RECORD_INNER, .size = sizeof(record) },
		.task = task->address,
	};

	if (!task->stack_depth || !(task->flags & (GW_TASK_F_TIMER | GW_TASK_F_NO_TIMER)) || !waits_for_mutex(task))
		return;
	bpf_loop(TIMER_WORDS, try_inner, &search, 0);
	record.address = search.inner;
	if (search.found && search.inner)
		emit(out, &record, sizeof(record));
}

#endif
