/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits of the current task: a small stack, because a wait may take a lock or
 * wait for something else on its way.
 *
 * An end may be missed: the kernel skips a program that is already active on
 * the same CPU. So a wait also remembers where the kernel stack was. Calls nest
 * downwards: a wait that begins at the same depth as a recorded one, or above
 * it, proves that the recorded one is over.
 */
#ifndef GPUWATCH_BPF_LIB_WAIT_H
#define GPUWATCH_BPF_LIB_WAIT_H

#include "bpf/lib/state.h"
#include "bpf/lib/wait-time.h"

/*
 * Hooks of different kinds keep their context at different depths of the same
 * call: registers saved by a kprobe, arguments in a trampoline's frame or in a
 * tracepoint's. Between different kinds the difference must be larger than any
 * of that.
 */
#define MARK_TOLERANCE 1024

/*
 * Waits that the daemon looks for. Any process may wait for a completion all
 * day; one that matters to a GPU has somebody else stuck, too.
 */
static __always_inline bool is_active(u32 kind)
{
	return kind != GW_WAIT_COMPLETION && kind != GW_WAIT_POWER_CALL && kind != GW_WAIT_PAGE;
}

/* Adds to the current task's recorded waits, of which @count is the slot's, and to everybody's. */
static __always_inline void count_waits(u64 *count, u64 recorded, u64 active)
{
	if (count)
		__sync_fetch_and_add(count, recorded);
	if (active)
		__sync_fetch_and_add(&control.active_waits, active);
}

/* False: nobody has a recorded wait of this kind. */
static __always_inline bool anybody_waits(u32 kind)
{
	return !is_active(kind) || control.active_waits;
}

static __always_inline bool is_over(const struct task_entry *entry, u32 i, u32 kind, u32 mark)
{
	s32 above = mark - entry->marks[i];

	return above >= (entry->watch.waits[i].kind == kind ? 0 : MARK_TOLERANCE);
}

static __always_inline long send_event(u32 type)
{
	struct gw_event event = { .type = type, .time_ns = bpf_ktime_get_ns() };
	long r = bpf_ringbuf_output(&events, &event, sizeof(event), 0);

	if (r)
		__sync_fetch_and_add(&control.dropped_events, 1);
	return r;
}

static __always_inline void wake_daemon(void)
{
	if (!control.armed || !__sync_lock_test_and_set(&control.armed, 0))
		return;
	if (!send_event(GW_EVENT_WAKE))
		__sync_fetch_and_add(&control.wakes, 1);
}

/* Forgets the waits from index @depth on, which are counted in @count. */
static __always_inline void wait_drop(struct task_entry *entry, u32 depth, u64 *count)
{
	u64 recorded = 0, active = 0;
	u32 i;

	for (i = 0; i < GW_WAIT_DEPTH; i++) {
		if (i < depth || i >= entry->watch.depth)
			continue;
		recorded++;
		active += is_active(entry->watch.waits[i].kind);
	}
	entry->watch.depth = depth;
	count_waits(count, -recorded, -active);
}

/* The same where the first of them is of that kind, and nearly always the only one. */
static __always_inline void wait_drop_kind(struct task_entry *entry, u32 depth, u32 kind, u64 *count)
{
	if (entry->watch.depth != depth + 1) {
		wait_drop(entry, depth, count);
		return;
	}
	entry->watch.depth = depth;
	count_waits(count, -1, is_active(kind) ? -1 : 0);
}

/*
 * Records @wait as begun now. @hook: the program's context, which lies on the
 * kernel stack. @operations: those of the fence that it is for, 0 = not known.
 * A wait that begins again while it stands (a mutex between spinning and
 * sleeping) keeps its begin.
 */
static __always_inline void wait_begin_for(void *hook, const struct gw_wait *wait, u64 operations)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_entry *entry;
	struct gw_wait *slot;
	u32 mark = (u64)hook;
	u32 depth, i;

	entry = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!entry) {
		__sync_fetch_and_add(&control.missed_waits, 1);
		return;
	}
	depth = entry->watch.depth;
	for (i = 0; i < GW_WAIT_DEPTH; i++) {
		if (i >= depth)
			break;
		slot = &entry->watch.waits[i];
		if (slot->kind == wait->kind && slot->object == wait->object && i + 1 == depth) {
			slot->flags = wait->flags;
			return;
		}
		if (is_over(entry, i, wait->kind, mark)) {
			wait_drop(entry, i, waiting_slot(task));
			break;
		}
	}
	depth = entry->watch.depth;
	if (depth >= GW_WAIT_DEPTH) {
		entry->watch.missed++;
		__sync_fetch_and_add(&control.missed_waits, 1);
		return;
	}
	slot = &entry->watch.waits[depth];
	*slot = *wait;
	slot->since_ns = bpf_ktime_get_ns();
	entry->marks[depth] = mark;
	entry->operations[depth] = operations;
	entry->watch.depth = depth + 1;
	count_waits(waiting_slot(task), 1, is_active(wait->kind));
	if (is_active(wait->kind))
		wake_daemon();
}

static __always_inline void wait_begin(void *hook, const struct gw_wait *wait)
{
	wait_begin_for(hook, wait, 0);
}

/* When the current task's wait for @object began; 0: it has none. */
static __always_inline u64 wait_since(u32 kind, u64 object)
{
	struct task_entry *entry = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	u32 i;

	for (i = 0; entry && i < GW_WAIT_DEPTH; i++) {
		const struct gw_wait *wait = &entry->watch.waits[i];

		if (i < entry->watch.depth && wait->kind == kind && wait->object == object)
			return wait->since_ns;
	}
	return 0;
}

/* The current task's wait for @object (0: whatever) is over, and so is everything begun inside of it. */
static __always_inline void wait_end(u32 kind, u64 object)
{
	struct task_struct *task;
	struct task_entry *entry;
	struct gw_wait *wait;
	u64 *count;
	u32 i;

	if (!anybody_waits(kind))
		return;
	task = bpf_get_current_task_btf();
	count = waiting_slot(task);
	if (!count || !*count)
		return;
	entry = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!entry)
		return;
	for (i = 0; i < GW_WAIT_DEPTH; i++) {
		if (i >= entry->watch.depth)
			return;
		wait = &entry->watch.waits[i];
		if (wait->kind == kind && (!object || wait->object == object)) {
			if (is_measured(kind))
				wait_measure(wait, entry->operations[i]);
			wait_drop_kind(entry, i, kind, count);
			return;
		}
	}
}

/* The innermost wait of the current task, if it is of that kind; NULL else. */
static __always_inline struct gw_wait *wait_innermost(struct task_entry *entry, u32 kind, u32 *index)
{
	u32 last = entry->watch.depth - 1;

	if (last >= GW_WAIT_DEPTH || entry->watch.waits[last].kind != kind)
		return NULL;
	*index = last;
	return &entry->watch.waits[last];
}

/* The innermost wait, which has just begun, goes on with one that has expired within @ns, at the same depth. */
static __always_inline void wait_continue(u32 kind, u64 ns)
{
	struct task_entry *entry = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	struct gw_wait *wait;
	u32 i = 0;

	if (!entry || !entry->expired_ns)
		return;
	wait = wait_innermost(entry, kind, &i);
	if (wait && i < GW_WAIT_DEPTH && entry->marks[i] == entry->expired_mark &&
	    wait->since_ns < entry->expired_ns + ns)
		wait->since_ns = entry->expired_since_ns;
}

/* The innermost wait's time is over: another one may go on with it. */
static __always_inline void wait_expire(u32 kind)
{
	struct task_entry *entry = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	struct gw_wait *wait;
	u32 i = 0;

	wait = entry ? wait_innermost(entry, kind, &i) : NULL;
	if (!wait || i >= GW_WAIT_DEPTH)
		return;
	entry->expired_mark = entry->marks[i];
	entry->expired_ns = bpf_ktime_get_ns();
	entry->expired_since_ns = wait->since_ns;
}

#endif
