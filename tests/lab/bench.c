// SPDX-License-Identifier: GPL-2.0
/*
 * What a fence's life costs in the calling task: with whatever is attached at the time.
 */
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

#include "lab.h"

#define LAB_BENCH_REPETITIONS 5
#define LAB_BENCH_DEFAULT 200000UL
#define LAB_BENCH_MAX 10000000UL

static DEFINE_MUTEX(bench_lock);
static unsigned long bench_fences;
static u64 bench_signal_ns, bench_wait_ns; /* for all fences of the best repetition */

static int bench_loop(struct lab_timeline *tl, unsigned long count, bool wait, u64 *best)
{
	u64 begin = ktime_get_ns();
	unsigned long i;

	for (i = 0; i < count; i++) {
		struct dma_fence *fence = lab_fence_create(tl);

		if (!fence)
			return -ENOMEM;
		dma_fence_signal(fence);
		if (wait)
			dma_fence_wait(fence, false);
		dma_fence_put(fence);
		if (i % 1024 == 0) {
			cond_resched();
			if (signal_pending(current))
				return -EINTR;
		}
	}
	*best = min(*best, ktime_get_ns() - begin);
	return 0;
}

int lab_bench_run(unsigned long fences)
{
	struct lab_timeline tl;
	u64 signal_ns = U64_MAX, wait_ns = U64_MAX;
	unsigned int i;
	int ret;

	if (!fences)
		fences = LAB_BENCH_DEFAULT;
	if (fences > LAB_BENCH_MAX)
		return -ERANGE;
	lab_timeline_init(&tl, "bench", 0);
	for (i = 0; i < LAB_BENCH_REPETITIONS; i++) {
		ret = bench_loop(&tl, fences, false, &signal_ns) ?: bench_loop(&tl, fences, true, &wait_ns);
		if (ret)
			return ret;
	}
	mutex_lock(&bench_lock);
	bench_fences = fences;
	bench_signal_ns = signal_ns;
	bench_wait_ns = wait_ns;
	mutex_unlock(&bench_lock);
	return 0;
}

void lab_bench_show(struct seq_file *seq)
{
	mutex_lock(&bench_lock);
	if (bench_fences) {
		seq_printf(seq, "fences %lu\nrepetitions %d\n", bench_fences, LAB_BENCH_REPETITIONS);
		seq_printf(seq, "unwaited_ns %llu\n", div64_u64(bench_signal_ns, bench_fences));
		seq_printf(seq, "waited_ns %llu\n", div64_u64(bench_wait_ns, bench_fences));
	}
	mutex_unlock(&bench_lock);
}
