/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a task ran, by the scheduler's clocks. Nothing but arithmetic, which a unit test can do, too: Debian's kernels count neither
 * the time of interrupts nor that which a hypervisor took, so that both clocks are one there.
 */
#ifndef GPUWATCH_BPF_LIB_TASK_CLOCK_H
#define GPUWATCH_BPF_LIB_TASK_CLOCK_H

#include <linux/types.h>

/* A run queue's clocks, in ns: struct rq's. */
struct run_queue_clocks {
	__u64 clock;	  /* sched_clock() */
	__u64 clock_task; /* leaves out the time of interrupts and stolen time: falls behind without bound */
};

/*
 * In CLOCK_MONOTONIC, at the latest. @exec_start: in the task clock of @its CPU, by as much behind as that CPU's run queue shows
 * for now, so that what was left out since then makes it later. @clock: of a CPU that ticks, which is up to date at @now.
 */
static inline __u64 task_clock_ran(__u64 exec_start, const struct run_queue_clocks *its, __u64 clock, __u64 now)
{
	__u64 ran = exec_start + (its->clock - its->clock_task);

	if (ran >= clock)
		return now;
	return clock - ran < now ? now - (clock - ran) : 0;
}

#endif
