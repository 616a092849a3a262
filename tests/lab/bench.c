// SPDX-License-Identifier: GPL-2.0
/*
 * What a fence's life, a wait that sleeps and a contended dma_resv cost, with whatever is attached at the time. The partner of
 * the last two is a thread, which does its part when the caller sleeps and not before.
 */
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>

#include "lab.h"

#define LAB_BENCH_REPETITIONS 5
#define LAB_BENCH_DEFAULT 200000UL
#define LAB_BENCH_MAX 10000000UL
#define LAB_BENCH_SLEEP_EVERY 20 /* waits that sleep are so many times fewer */

static DEFINE_MUTEX(bench_lock);
static struct {
	unsigned long fences, sleeps;
	u64 signal_ns, wait_ns; /* for all fences of the best repetition */
	u64 sleep_ns, lock_ns; /* for all sleeps of the best repetition */
} bench;

/* ---- fences that nobody sleeps for ------------------------------------------------ */

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

/* ---- with a partner ----------------------------------------------------------------- */

/* Turns: the caller's are even, the partner's odd. Wait queues are hooked by nobody. */
struct bench_pair {
	wait_queue_head_t queue;
	struct task_struct *partner;
	struct dma_fence *fence; /* NULL: the lock is what the turn is about */
	struct dma_resv resv;
	unsigned long turn;
	cpumask_t allowed; /* the caller's CPUs, from before */
	bool held, stop;
};

static void bench_give_turn(struct bench_pair *pair)
{
	smp_store_release(&pair->turn, pair->turn + 1);
	wake_up_all(&pair->queue);
}

static bool bench_fence_has_waiter(struct dma_fence *fence)
{
	return !list_empty_careful(&fence->cb_list);
}

static bool bench_resv_has_waiter(struct dma_resv *resv)
{
#ifdef CONFIG_PREEMPT_RT
	return !RB_EMPTY_ROOT(&resv->lock.base.rtmutex.waiters.rb_root);
#else
	return atomic_long_read(&resv->lock.base.owner) & 1; /* MUTEX_FLAG_WAITERS */
#endif
}

static void bench_hold_lock(struct bench_pair *pair)
{
	dma_resv_lock(&pair->resv, NULL);
	smp_store_release(&pair->held, true);
	wake_up_all(&pair->queue);
	while (!bench_resv_has_waiter(&pair->resv))
		yield();
	dma_resv_unlock(&pair->resv);
}

static void bench_signal(struct bench_pair *pair)
{
	while (!bench_fence_has_waiter(pair->fence))
		yield();
	dma_fence_signal(pair->fence);
}

static int bench_partner(void *data)
{
	struct bench_pair *pair = data;

	sched_set_fifo_low(current);
	for (;;) {
		wait_event_idle(pair->queue, (smp_load_acquire(&pair->turn) & 1) || READ_ONCE(pair->stop));
		if (READ_ONCE(pair->stop))
			break;
		if (pair->fence)
			bench_signal(pair);
		else
			bench_hold_lock(pair);
		bench_give_turn(pair);
	}
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

static void bench_await_turn(struct bench_pair *pair)
{
	wait_event(pair->queue, !(smp_load_acquire(&pair->turn) & 1));
}

static int bench_sleep(struct bench_pair *pair, struct lab_timeline *tl)
{
	struct dma_fence *fence = lab_fence_create(tl);

	if (!fence)
		return -ENOMEM;
	pair->fence = fence;
	bench_give_turn(pair);
	dma_fence_wait(fence, false);
	bench_await_turn(pair);
	dma_fence_put(fence);
	return 0;
}

static int bench_contend(struct bench_pair *pair, struct lab_timeline *tl)
{
	pair->fence = NULL;
	pair->held = false;
	bench_give_turn(pair);
	wait_event(pair->queue, smp_load_acquire(&pair->held));
	dma_resv_lock(&pair->resv, NULL);
	dma_resv_unlock(&pair->resv);
	bench_await_turn(pair);
	return 0;
}

static int bench_turns(struct bench_pair *pair, struct lab_timeline *tl, unsigned long count,
		       int (*turn)(struct bench_pair *pair, struct lab_timeline *tl), u64 *best)
{
	u64 begin = ktime_get_ns();
	unsigned long i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = turn(pair, tl);
		if (ret)
			return ret;
		if (signal_pending(current))
			return -EINTR;
	}
	*best = min(*best, ktime_get_ns() - begin);
	return 0;
}

/* On the caller's CPU: a waiter spins as long as the owner of its lock runs on another one. */
static int bench_pair_begin(struct bench_pair *pair)
{
	unsigned int cpu = raw_smp_processor_id();

	memset(pair, 0, sizeof(*pair));
	init_waitqueue_head(&pair->queue);
	pair->partner = kthread_create(bench_partner, pair, "gpulab-bench");
	if (IS_ERR(pair->partner))
		return PTR_ERR(pair->partner);
	dma_resv_init(&pair->resv);
	cpumask_copy(&pair->allowed, &current->cpus_mask);
	set_cpus_allowed_ptr(current, cpumask_of(cpu));
	kthread_bind(pair->partner, cpu);
	wake_up_process(pair->partner);
	return 0;
}

static void bench_pair_end(struct bench_pair *pair)
{
	WRITE_ONCE(pair->stop, true);
	wake_up_all(&pair->queue);
	kthread_stop(pair->partner);
	set_cpus_allowed_ptr(current, &pair->allowed);
	dma_resv_fini(&pair->resv);
}

/* ---- all of it ---------------------------------------------------------------------- */

static int bench_repeat(struct bench_pair *pair, struct lab_timeline *tl, unsigned long fences, unsigned long sleeps)
{
	u64 signal_ns = U64_MAX, wait_ns = U64_MAX, sleep_ns = U64_MAX, lock_ns = U64_MAX;
	unsigned int i;
	int ret;

	for (i = 0; i < LAB_BENCH_REPETITIONS; i++) {
		ret = bench_loop(tl, fences, false, &signal_ns) ?: bench_loop(tl, fences, true, &wait_ns) ?:
		      bench_turns(pair, tl, sleeps, bench_sleep, &sleep_ns) ?:
		      bench_turns(pair, tl, sleeps, bench_contend, &lock_ns);
		if (ret)
			return ret;
	}
	mutex_lock(&bench_lock);
	bench.fences = fences;
	bench.sleeps = sleeps;
	bench.signal_ns = signal_ns;
	bench.wait_ns = wait_ns;
	bench.sleep_ns = sleep_ns;
	bench.lock_ns = lock_ns;
	mutex_unlock(&bench_lock);
	return 0;
}

int lab_bench_run(unsigned long fences)
{
	struct lab_timeline tl;
	struct bench_pair *pair;
	int ret;

	if (!fences)
		fences = LAB_BENCH_DEFAULT;
	if (fences > LAB_BENCH_MAX)
		return -ERANGE;
	pair = kmalloc(sizeof(*pair), GFP_KERNEL);
	if (!pair)
		return -ENOMEM;
	lab_timeline_init(&tl, "bench", 0);
	ret = bench_pair_begin(pair);
	if (!ret) {
		/* Both of one priority: neither interrupts the other, and no instruction depends on the scheduler's mood. */
		sched_set_fifo_low(current);
		ret = bench_repeat(pair, &tl, fences, max(fences / LAB_BENCH_SLEEP_EVERY, 1UL));
		sched_set_normal(current, 0);
		bench_pair_end(pair);
	}
	kfree(pair);
	return ret;
}

void lab_bench_show(struct seq_file *seq)
{
	mutex_lock(&bench_lock);
	if (bench.fences) {
		seq_printf(seq, "fences %lu\nsleeps %lu\nrepetitions %d\n", bench.fences, bench.sleeps,
			   LAB_BENCH_REPETITIONS);
		seq_printf(seq, "unwaited_ns %llu\n", div64_u64(bench.signal_ns, bench.fences));
		seq_printf(seq, "waited_ns %llu\n", div64_u64(bench.wait_ns, bench.fences));
		seq_printf(seq, "slept_ns %llu\n", div64_u64(bench.sleep_ns, bench.sleeps));
		seq_printf(seq, "contended_ns %llu\n", div64_u64(bench.lock_ns, bench.sleeps));
	}
	mutex_unlock(&bench_lock);
}
