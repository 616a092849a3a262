/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a sleeping task will wake up by itself. schedule_timeout() keeps its
 * timer on the task's stack, and calls process_timeout() when it fires; an
 * infinite wait has none. What is left of a timer that is over is not pending,
 * whatever later calls have written over it.
 */
#ifndef GPUWATCH_BPF_SNAPSHOT_TIMER_H
#define GPUWATCH_BPF_SNAPSHOT_TIMER_H

#include "bpf/snapshot/output.h"
#include "bpf/snapshot/tick.h"

#define STACK_ALIGNMENT 0x4000ULL

struct timer_search {
	struct scratch *scratch;
	u64 stack; /* where the words were read from */
	u64 task;
	bool found;
};

enum timer_answer {
	TIMER_NONE,
	TIMER_PENDING,
	TIMER_UNKNOWN,
};

/* hrtimer_wakeup() and whoever cancels the sleep clear what makes a sleeper one: what is left of it is not pending. */
static __always_inline bool is_sleeper(struct hrtimer_sleeper *sleeper, u64 task)
{
	if (bpf_core_field_exists(sleeper->timer.state) && !BPF_CORE_READ(sleeper, timer.state))
		return false;
	return (u64)BPF_CORE_READ(sleeper, task) == task;
}

/* The list that a pending timer is on leads to it. */
static __always_inline bool is_pending(struct process_timer *timer)
{
	struct hlist_node **link = BPF_CORE_READ(timer, timer.entry.pprev);
	u64 linked = 0;

	return link && !bpf_probe_read_kernel(&linked, sizeof(linked), link) && linked == (u64)&timer->timer.entry;
}

static long try_timer(u32 i, void *context)
{
	struct timer_search *search = context;
	struct hrtimer_sleeper *sleeper;
	struct process_timer *timer;

	if (i >= TIMER_WORDS)
		return 1;
	if (control.symbols.hrtimer_wakeup && search->scratch->words[i] == control.symbols.hrtimer_wakeup) {
		sleeper =
			(void *)(search->stack + i * 8 - bpf_core_field_offset(struct hrtimer_sleeper, timer.function));
		search->found = is_sleeper(sleeper, search->task);
		if (search->found)
			search->scratch->sleeper = (u64)sleeper;
		return search->found;
	}
	if (search->scratch->words[i] != control.symbols.process_timeout)
		return 0;
	timer = (void *)(search->stack + i * 8 - bpf_core_field_offset(struct process_timer, timer.function));
	search->found = (u64)BPF_CORE_READ(timer, task) == search->task && is_pending(timer);
	if (search->found)
		search->scratch->timer = (u64)timer;
	return search->found;
}

/* Returns an enum timer_answer. Without the functions' addresses, or the stack, nobody can see that there is none. */
static __noinline int find_timer(struct scratch *scratch, u64 task, u64 stack)
{
	struct timer_search search = { .scratch = scratch, .stack = stack, .task = task };
	/* Behind a stack's end is nothing that may be read. Stacks are aligned to their size, which is this or more. */
	u64 size = STACK_ALIGNMENT - (stack & (STACK_ALIGNMENT - 1));

	scratch->timer = scratch->sleeper = 0;
	if (size > sizeof(scratch->words))
		size = sizeof(scratch->words);
	if (!control.symbols.process_timeout || bpf_probe_read_kernel(scratch->words, size, (void *)stack))
		return TIMER_UNKNOWN;
	bpf_loop(size / 8, try_timer, &search, 0);
	return search.found ? TIMER_PENDING : TIMER_NONE;
}

#define JIFFIES_MAX (1LL << 40) /* more than anybody waits; times a tick it still is a number of nanoseconds */
#define MONOTONIC 1		/* CLOCK_MONOTONIC: the others can be set, or go on in a suspended machine */

static __always_inline u64 timer_left_ns(struct scratch *scratch)
{
	struct process_timer *timer = (void *)scratch->timer;
	struct hrtimer_sleeper *sleeper = (void *)scratch->sleeper;
	s64 left = 0;

	if (timer) {
		left = BPF_CORE_READ(timer, timer.expires) - bpf_jiffies64();
		left = left > JIFFIES_MAX ? JIFFIES_MAX : left;
		return left > 0 ? left * tick_ns() : 0;
	}
	if (sleeper && BPF_CORE_READ(sleeper, timer.base, clockid) == MONOTONIC)
		left = BPF_CORE_READ(sleeper, timer._softexpires) - control.query.now_ns;
	return left > 0 ? left : 0;
}

/* In how many seconds the timer that find_timer() found is due at the earliest; 0 = at once, or not known. */
static __noinline u32 timer_due_s(struct scratch *scratch)
{
	u64 seconds = timer_left_ns(scratch) / 1000000000;

	return seconds > ~0U ? ~0U : seconds;
}

#endif
