// SPDX-License-Identifier: GPL-2.0
/*
 * healthy: heavy legitimate traffic and long waits that all end. Free of deadlock by construction:
 *
 *  - nobody waits for a fence under a lock that the fence's signaller takes, whatever the other threads do with it;
 *  - every fence that is waited for is in the hands of a timer, a running thread or a queued work before the wait;
 *  - locks are never nested.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "lab.h"

#define LANE_BATCH 16
#define LANE_TIMELINE_LIFE 32 /* batches */
#define MAX_LANES 32

enum healthy_variant { HEALTHY_KERNEL, HEALTHY_PROCESS };

struct healthy;

/* A submitter, and two signallers that share its timeline and contend with it for a lock. */
struct lane {
	struct healthy *healthy;
	struct lab_lock lock;
	struct lab_timeline timeline;
	spinlock_t queue_lock;
	struct list_head queue;
	wait_queue_head_t wait;
	bool done;
};

struct queued_fence {
	struct list_head node;
	struct dma_fence *fence;
};

/* A thread of a pool whose members signal each other's timeline: signals what it is given, or takes a lock. */
struct pool_thread {
	struct healthy *healthy;
	struct dma_fence *fence; /* to signal after delay_ms */
	unsigned int delay_ms;
	struct lab_lock *lock; /* to take for a moment */
	bool busy, done;
	wait_queue_head_t wait;
};

struct healthy {
	struct lab_instance *inst;
	unsigned long deadline; /* jiffies */
	struct lane *lanes;
	unsigned int num_lanes;
	struct workqueue_struct *wq, *ordered;
	struct lab_ring *ring;
	struct lab_timeline slow, any, pool_timeline;
	struct lab_lock slow_lock[3], pool_lock;
	struct pool_thread pool[2], slow_signaller;
	atomic64_t signalled, waited, long_waits, contended;
	atomic_t running;

	/* process */
	struct mm_struct *mm;
	struct mmu_interval_notifier notifier;
	bool registered;
	struct mutex update_lock;
	struct lab_timeline notifier_timeline;
	atomic64_t invalidated;
};

static bool goes_on(struct healthy *h)
{
	return !lab_stopping(h->inst) && time_before(jiffies, h->deadline);
}

/* In state S, cut short by a stop. */
static void pause_ms(struct healthy *h, unsigned int ms)
{
	wait_for_completion_interruptible_timeout(&h->inst->stop, msecs_to_jiffies(ms));
}

/* As a driver that has its signalling path annotated, and keeps what that promises. */
static void signal_in_section(struct dma_fence *fence)
{
	bool cookie = dma_fence_begin_signalling();

	kfree(kmalloc(64, GFP_NOWAIT));
	dma_fence_signal(fence);
	dma_fence_end_signalling(cookie);
}

static void signal_and_put(struct healthy *h, struct dma_fence *fence)
{
	signal_in_section(fence);
	dma_fence_put(fence);
	atomic64_inc(&h->signalled);
}

static void count_wait(struct healthy *h, unsigned int ms)
{
	atomic64_inc(&h->waited);
	if (ms >= 1000)
		atomic64_inc(&h->long_waits);
}

/* ---- a fence that a timer signals, in interrupt context ---- */

struct timed_fence {
	struct hrtimer timer;
	struct dma_fence *fence;
};

static enum hrtimer_restart timed_fence_fire(struct hrtimer *timer)
{
	signal_in_section(container_of(timer, struct timed_fence, timer)->fence);
	return HRTIMER_NORESTART;
}

static bool timed_fence_start(struct timed_fence *timed, struct lab_timeline *tl, unsigned int ms)
{
	timed->fence = lab_fence_create(tl);
	if (!timed->fence)
		return false;
	lab_hrtimer_setup(&timed->timer, timed_fence_fire);
	hrtimer_start(&timed->timer, ms_to_ktime(ms), HRTIMER_MODE_REL);
	return true;
}

/* The fence signals sooner or later whether it has been waited for or not. */
static void timed_fence_end(struct healthy *h, struct timed_fence *timed)
{
	dma_fence_wait(timed->fence, false);
	hrtimer_cancel(&timed->timer);
	dma_fence_put(timed->fence);
	atomic64_inc(&h->signalled);
}

/* ---- a fence that a work item signals ---- */

struct work_fence {
	struct work_struct work;
	struct dma_fence *fence;
	unsigned int delay_ms;
};

static void work_fence_run(struct work_struct *work)
{
	struct work_fence *wf = container_of(work, struct work_fence, work);

	if (wf->delay_ms)
		msleep(wf->delay_ms);
	signal_in_section(wf->fence);
}

static bool work_fence_start(struct work_fence *wf, struct workqueue_struct *wq, struct lab_timeline *tl,
			     unsigned int delay_ms)
{
	wf->fence = lab_fence_create(tl);
	if (!wf->fence)
		return false;
	wf->delay_ms = delay_ms;
	INIT_WORK_ONSTACK(&wf->work, work_fence_run);
	queue_work(wq, &wf->work);
	return true;
}

static void work_fence_end(struct healthy *h, struct work_fence *wf)
{
	flush_work(&wf->work);
	destroy_work_on_stack(&wf->work);
	dma_fence_put(wf->fence);
	atomic64_inc(&h->signalled);
}

/* ---- lanes ---- */

static struct dma_fence *lane_submit(struct lane *lane)
{
	struct queued_fence *queued = kmalloc(sizeof(*queued), GFP_KERNEL);
	struct dma_fence *fence = lab_fence_create(&lane->timeline);

	if (!queued || !fence) {
		kfree(queued);
		if (fence)
			dma_fence_put(fence);
		return NULL;
	}
	queued->fence = dma_fence_get(fence);
	spin_lock(&lane->queue_lock);
	list_add_tail(&queued->node, &lane->queue);
	spin_unlock(&lane->queue_lock);
	wake_up(&lane->wait);
	return fence;
}

static struct dma_fence *lane_take(struct lane *lane)
{
	struct queued_fence *queued;
	struct dma_fence *fence = NULL;

	spin_lock(&lane->queue_lock);
	queued = list_first_entry_or_null(&lane->queue, struct queued_fence, node);
	if (queued)
		list_del(&queued->node);
	spin_unlock(&lane->queue_lock);
	if (queued) {
		fence = queued->fence;
		kfree(queued);
	}
	return fence;
}

static void lane_batch(struct lane *lane, unsigned int round)
{
	struct dma_fence *last[2] = {};
	unsigned int i;

	for (i = 0; i < LANE_BATCH; i++) {
		struct dma_fence *fence = lane_submit(lane);

		if (!fence)
			continue;
		if (last[0])
			dma_fence_put(last[0]);
		last[0] = last[1];
		last[1] = fence;
	}
	lab_lock_hold(&lane->lock);
	usleep_range(50, 200);
	lab_lock_release(&lane->lock);
	atomic64_inc(&lane->healthy->contended);
	if (last[0] && last[1]) {
		if (round % 3 == 0)
			dma_fence_wait_any_timeout(last, 2, true, MAX_SCHEDULE_TIMEOUT, NULL);
		else if (round % 3 == 1)
			dma_fence_wait_timeout(last[1], true, HZ);
		dma_fence_wait(last[1], false);
		count_wait(lane->healthy, 0);
	}
	if (last[0])
		dma_fence_put(last[0]);
	if (last[1])
		dma_fence_put(last[1]);
}

static int submitter_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	struct lane *lane = &h->lanes[actor->index];
	unsigned int round;

	for (round = 0; goes_on(h); round++) {
		if (round % LANE_TIMELINE_LIFE == 0)
			lab_timeline_init(&lane->timeline, "lane", h->inst->id);
		lane_batch(lane, round);
		usleep_range(500, 2000);
	}
	WRITE_ONCE(lane->done, true);
	wake_up_all(&lane->wait);
	atomic_dec(&h->running);
	return 0;
}

/* Goes on until its submitter has nothing more: every fence is signalled. */
static int signaller_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	struct lane *lane = &h->lanes[actor->index];

	for (;;) {
		struct dma_fence *fence;

		wait_event_interruptible(lane->wait, !list_empty(&lane->queue) || READ_ONCE(lane->done));
		fence = lane_take(lane);
		if (!fence) {
			if (READ_ONCE(lane->done))
				break;
			continue;
		}
		if (fence->seqno % 4 == 0) {
			lab_lock_contend(&lane->lock);
			udelay(10);
			lab_lock_contend_done(&lane->lock);
		}
		signal_and_put(h, fence);
	}
	atomic_dec(&h->running);
	return 0;
}

/* ---- pool threads ---- */

static int pool_main(struct pool_thread *pt)
{
	while (!READ_ONCE(pt->done) || READ_ONCE(pt->busy)) {
		wait_event_interruptible(pt->wait, READ_ONCE(pt->busy) || READ_ONCE(pt->done));
		if (!smp_load_acquire(&pt->busy))
			continue;
		if (pt->fence) {
			pause_ms(pt->healthy, pt->delay_ms);
			signal_and_put(pt->healthy, pt->fence);
		}
		if (pt->lock) {
			lab_lock_contend(pt->lock);
			lab_lock_contend_done(pt->lock);
			atomic64_inc(&pt->healthy->contended);
		}
		smp_store_release(&pt->busy, false);
		wake_up_all(&pt->wait);
	}
	atomic_dec(&pt->healthy->running);
	return 0;
}

static void pool_give(struct pool_thread *pt, struct dma_fence *fence, unsigned int delay_ms, struct lab_lock *lock)
{
	wait_event(pt->wait, !READ_ONCE(pt->busy));
	pt->fence = fence ? dma_fence_get(fence) : NULL;
	pt->delay_ms = delay_ms;
	pt->lock = lock;
	smp_store_release(&pt->busy, true);
	wake_up_all(&pt->wait);
}

static void pool_end(struct pool_thread *pt)
{
	WRITE_ONCE(pt->done, true);
	wake_up_all(&pt->wait);
}

static int pool_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	return pool_main(&h->pool[actor->index]);
}

static int slow_signaller_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	return pool_main(&h->slow_signaller);
}

/*
 * Two threads take turns at signalling one timeline. Then one of them waits for the lock that the fence's waiter
 * holds, while the other one signals: whoever takes "the last signaller" for the only one sees a loop here.
 */
static void pool_round(struct healthy *h, unsigned int round)
{
	struct pool_thread *signaller = &h->pool[round % 2], *contender = &h->pool[!(round % 2)];
	struct dma_fence *fence;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		fence = lab_fence_create(&h->pool_timeline);
		if (!fence)
			return;
		pool_give(i % 2 ? contender : signaller, fence, 1, NULL);
		dma_fence_wait(fence, false);
		dma_fence_put(fence);
	}
	fence = lab_fence_create(&h->pool_timeline);
	if (!fence)
		return;
	lab_lock_hold(&h->pool_lock);
	pool_give(signaller, fence, 2500, NULL);
	pool_give(contender, NULL, 0, &h->pool_lock);
	dma_fence_wait(fence, false);
	lab_lock_release(&h->pool_lock);
	count_wait(h, 2500);
	dma_fence_put(fence);
}

static int pool_owner_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	unsigned int round;

	for (round = 0; goes_on(h); round++)
		pool_round(h, round);
	pool_end(&h->pool[0]);
	pool_end(&h->pool[1]);
	atomic_dec(&h->running);
	return 0;
}

/* ---- long waits ---- */

/* Fences that a sleeping thread signals after 3 to 5 s. */
static int slow_waiter_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	while (goes_on(h)) {
		struct dma_fence *fence = lab_fence_create(&h->slow);
		unsigned int ms = 3000 + get_random_u32() % 2000;

		if (!fence)
			break;
		pool_give(&h->slow_signaller, fence, ms, NULL);
		dma_fence_wait(fence, false);
		dma_fence_put(fence);
		count_wait(h, ms);
	}
	pool_end(&h->slow_signaller);
	atomic_dec(&h->running);
	return 0;
}

/* A lock held for 3 s while its owner waits for a fence that a timer signals. */
static int slow_owner_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	unsigned int round;

	for (round = 0; goes_on(h); round++) {
		struct lab_lock *lock = &h->slow_lock[round % ARRAY_SIZE(h->slow_lock)];
		struct timed_fence timed;

		lab_lock_hold(lock);
		if (timed_fence_start(&timed, &h->slow, 3000))
			timed_fence_end(h, &timed);
		lab_lock_release(lock);
		count_wait(h, 3000);
		pause_ms(h, 100);
	}
	atomic_dec(&h->running);
	return 0;
}

static int slow_contender_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	unsigned int round;

	for (round = 0; goes_on(h); round++) {
		struct lab_lock *lock = &h->slow_lock[round % ARRAY_SIZE(h->slow_lock)];

		lab_lock_contend(lock);
		usleep_range(100, 200);
		lab_lock_contend_done(lock);
		atomic64_inc(&h->contended);
		pause_ms(h, 50);
	}
	atomic_dec(&h->running);
	return 0;
}

/* A slow item on an ordered workqueue and, behind it, the one that is waited for. */
static int ordered_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	struct lab_timeline tl;

	lab_timeline_init(&tl, "ordered", h->inst->id);
	while (goes_on(h)) {
		struct work_fence slow, behind;

		if (!work_fence_start(&slow, h->ordered, &tl, 1500))
			break;
		if (work_fence_start(&behind, h->ordered, &tl, 0)) {
			dma_fence_wait(behind.fence, false);
			count_wait(h, 1500);
			work_fence_end(h, &behind);
		}
		work_fence_end(h, &slow);
	}
	atomic_dec(&h->running);
	return 0;
}

/* flush_work() of a slow item. */
static int flusher_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	struct lab_timeline tl;

	lab_timeline_init(&tl, "flushed", h->inst->id);
	while (goes_on(h)) {
		struct work_fence slow;

		if (!work_fence_start(&slow, h->wq, &tl, 1800))
			break;
		work_fence_end(h, &slow);
		count_wait(h, 1800);
	}
	atomic_dec(&h->running);
	return 0;
}

/* One of two signals; and a wait that times out before its fence signals. */
static int any_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	while (goes_on(h)) {
		struct timed_fence soon, late;

		if (!timed_fence_start(&soon, &h->any, 700))
			break;
		if (timed_fence_start(&late, &h->any, 1400)) {
			struct dma_fence *fences[] = { late.fence, soon.fence };

			dma_fence_wait_any_timeout(fences, 2, false, MAX_SCHEDULE_TIMEOUT, NULL);
			dma_fence_wait_timeout(late.fence, false, HZ / 10);
			dma_fence_wait_timeout(late.fence, true, HZ / 10);
			timed_fence_end(h, &late);
			count_wait(h, 1400);
		}
		timed_fence_end(h, &soon);
	}
	atomic_dec(&h->running);
	return 0;
}

/* ---- short waits from every kind of signaller, on timelines that live for one fence ---- */

static int irq_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	while (goes_on(h)) {
		struct timed_fence timed;
		struct lab_timeline tl;

		lab_timeline_init(&tl, "irq", h->inst->id);
		if (timed_fence_start(&timed, &tl, 1 + get_random_u32() % 20))
			timed_fence_end(h, &timed);
		count_wait(h, 0);
	}
	atomic_dec(&h->running);
	return 0;
}

static int work_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	while (goes_on(h)) {
		struct work_fence wf;
		struct lab_timeline tl;

		lab_timeline_init(&tl, "work", h->inst->id);
		if (work_fence_start(&wf, h->wq, &tl, 0)) {
			dma_fence_wait(wf.fence, false);
			work_fence_end(h, &wf);
		}
		count_wait(h, 0);
		usleep_range(500, 2000);
	}
	atomic_dec(&h->running);
	return 0;
}

static int sched_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	struct dma_fence *previous = NULL;

	while (goes_on(h)) {
		struct dma_fence *finished;
		struct lab_job *job = lab_job_create(h->ring, NULL, NULL, &finished);
		struct timed_fence timed;
		bool dependency;

		if (!job)
			break;
		/* A dependency outside of the scheduler makes the job wait in its queue. */
		dependency = timed_fence_start(&timed, &h->any, 5);
		if (dependency)
			lab_job_depend(job, dma_fence_get(timed.fence));
		lab_job_push(job);
		if (previous) {
			dma_fence_wait(previous, false);
			dma_fence_put(previous);
		}
		if (dependency)
			timed_fence_end(h, &timed);
		previous = finished;
		atomic64_inc(&h->signalled);
		count_wait(h, 0);
	}
	if (previous) {
		dma_fence_wait(previous, false);
		dma_fence_put(previous);
	}
	atomic_dec(&h->running);
	return 0;
}

/* ---- a process with an interval notifier that waits 1 to 2 s in its callback ---- */

static bool invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range,
		       unsigned long cur_seq)
{
	struct healthy *h = container_of(notifier, struct healthy, notifier);
	struct timed_fence timed;

	if (!mmu_notifier_range_blockable(range))
		return false;
	mutex_lock(&h->update_lock);
	mmu_interval_set_seq(notifier, cur_seq);
	mutex_unlock(&h->update_lock);
	if (range->event == MMU_NOTIFY_RELEASE || lab_stopping(h->inst))
		return true;
	if (timed_fence_start(&timed, &h->notifier_timeline, 1000 + get_random_u32() % 1000)) {
		timed_fence_end(h, &timed);
		count_wait(h, 1000);
		atomic64_inc(&h->invalidated);
	}
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* Needs the mmap_lock and signals fences, but none that the callback waits for. */
static int mm_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;
	struct lab_timeline tl;

	lab_timeline_init(&tl, "pager", h->inst->id);
	while (goes_on(h)) {
		struct dma_fence *fence = lab_fence_create(&tl);

		if (!fence)
			break;
		mmap_read_lock(h->mm);
		usleep_range(100, 200);
		mmap_read_unlock(h->mm);
		mmap_write_lock(h->mm);
		mmap_write_unlock(h->mm);
		signal_and_put(h, fence);
		atomic64_inc(&h->contended);
		pause_ms(h, 20);
	}
	atomic_dec(&h->running);
	return 0;
}

/* A GPU page fault's first half: waits out an invalidation. */
static int read_begin_thread(struct lab_actor *actor)
{
	struct healthy *h = actor->inst->priv;

	while (goes_on(h)) {
		unsigned long seq = mmu_interval_read_begin(&h->notifier);

		usleep_range(100, 200);
		mutex_lock(&h->update_lock);
		mmu_interval_read_retry(&h->notifier, seq);
		mutex_unlock(&h->update_lock);
		pause_ms(h, 20);
	}
	atomic_dec(&h->running);
	return 0;
}

/* ---- set-up ---- */

static int run_thread(struct healthy *h, unsigned int index, const char *name, int (*fn)(struct lab_actor *))
{
	atomic_inc(&h->running);
	if (lab_actor_run_index(h->inst, "worker", LAB_HELPER, index, name, fn))
		return 0;
	atomic_dec(&h->running);
	return -ENOMEM;
}

static void lane_init(struct healthy *h, struct lane *lane, unsigned int index)
{
	static const enum lab_lock_type types[] = { LAB_MUTEX, LAB_RESV, LAB_RWSEM, LAB_RWSEM_READ };

	lane->healthy = h;
	lab_lock_init(&lane->lock, types[index % ARRAY_SIZE(types)]);
	lab_timeline_init(&lane->timeline, "lane", h->inst->id);
	spin_lock_init(&lane->queue_lock);
	INIT_LIST_HEAD(&lane->queue);
	init_waitqueue_head(&lane->wait);
}

static void pool_init(struct healthy *h, struct pool_thread *pt)
{
	pt->healthy = h;
	init_waitqueue_head(&pt->wait);
}

static int run_lanes(struct healthy *h)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < h->num_lanes && !ret; i++) {
		ret = run_thread(h, i, "gpulab-sign", signaller_thread) ?:
			      run_thread(h, i, "gpulab-sign", signaller_thread) ?:
			      run_thread(h, i, "gpulab-subm", submitter_thread);
		/* A lane without a submitter would wait for one. */
		if (ret) {
			WRITE_ONCE(h->lanes[i].done, true);
			wake_up_all(&h->lanes[i].wait);
		}
	}
	return ret;
}

static int run_others(struct healthy *h)
{
	static const struct {
		const char *name;
		int (*fn)(struct lab_actor *actor);
	} threads[] = {
		{ "gpulab-slow", slow_owner_thread },
		{ "gpulab-cont", slow_contender_thread },
		{ "gpulab-cont", slow_contender_thread },
		{ "gpulab-ordr", ordered_thread },
		{ "gpulab-flush", flusher_thread },
		{ "gpulab-any", any_thread },
		{ "gpulab-irq", irq_thread },
		{ "gpulab-work", work_thread },
		{ "gpulab-sched", sched_thread },
	};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(threads) && !ret; i++)
		ret = run_thread(h, 0, threads[i].name, threads[i].fn);
	return ret;
}

/* The drivers last: they end their pool threads when they end. */
static int run_pools(struct healthy *h)
{
	int ret;

	ret = run_thread(h, 0, "gpulab-slsi", slow_signaller_thread)
		      ?: run_thread(h, 0, "gpulab-slwa", slow_waiter_thread);
	if (ret) {
		pool_end(&h->slow_signaller);
		return ret;
	}
	ret = run_thread(h, 0, "gpulab-pool", pool_thread) ?: run_thread(h, 1, "gpulab-pool", pool_thread) ?:
			run_thread(h, 0, "gpulab-pown", pool_owner_thread);
	if (ret) {
		pool_end(&h->pool[0]);
		pool_end(&h->pool[1]);
	}
	return ret;
}

static int run_process(struct healthy *h)
{
	int ret;

	h->mm = current->mm;
	mmgrab(h->mm);
	ret = mmu_interval_notifier_insert(&h->notifier, h->mm, h->inst->request.address, h->inst->request.length,
					   &notifier_ops);
	if (ret)
		return ret;
	h->registered = true;
	return run_thread(h, 0, "gpulab-mm", mm_thread) ?: run_thread(h, 0, "gpulab-rdbeg", read_begin_thread);
}

static int healthy_start(struct lab_instance *inst)
{
	struct healthy *h = kzalloc(sizeof(*h), GFP_KERNEL);
	static const enum lab_lock_type slow_types[] = { LAB_MUTEX, LAB_RESV, LAB_RWSEM };
	unsigned int i;
	int ret;

	if (!h)
		return -ENOMEM;
	inst->priv = h;
	h->inst = inst;
	h->deadline = jiffies + inst->params.seconds * HZ;
	mutex_init(&h->update_lock);
	lab_timeline_init(&h->slow, "slow", inst->id);
	lab_timeline_init(&h->any, "any", inst->id);
	lab_timeline_init(&h->pool_timeline, "pool", inst->id);
	lab_timeline_init(&h->notifier_timeline, "userptr", inst->id);
	for (i = 0; i < ARRAY_SIZE(h->slow_lock); i++)
		lab_lock_init(&h->slow_lock[i], slow_types[i]);
	lab_lock_init(&h->pool_lock, LAB_MUTEX);
	pool_init(h, &h->pool[0]);
	pool_init(h, &h->pool[1]);
	pool_init(h, &h->slow_signaller);
	h->num_lanes = clamp(inst->params.threads, 1u, (unsigned int)MAX_LANES);
	h->lanes = kcalloc(h->num_lanes, sizeof(*h->lanes), GFP_KERNEL);
	h->wq = alloc_workqueue("gpulab-healthy/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, inst->id);
	h->ordered = alloc_ordered_workqueue("gpulab-ordered/%u", WQ_MEM_RECLAIM, inst->id);
	h->ring = lab_ring_create("gpulab-ok", inst->id);
	if (!h->lanes || !h->wq || !h->ordered || !h->ring)
		return -ENOMEM;
	for (i = 0; i < h->num_lanes; i++)
		lane_init(h, &h->lanes[i], i);
	ret = run_lanes(h) ?: run_others(h) ?: run_pools(h);
	if (!ret && inst->variant->value == HEALTHY_PROCESS)
		ret = run_process(h);
	return ret;
}

static void healthy_finish(struct lab_instance *inst)
{
	struct healthy *h = inst->priv;
	unsigned int i;

	if (!h)
		return;
	if (h->registered)
		mmu_interval_notifier_remove(&h->notifier);
	if (h->mm)
		mmdrop(h->mm);
	lab_ring_destroy(h->ring);
	if (h->ordered)
		destroy_workqueue(h->ordered);
	if (h->wq)
		destroy_workqueue(h->wq);
	for (i = 0; h->lanes && i < h->num_lanes; i++)
		lab_lock_fini(&h->lanes[i].lock);
	for (i = 0; i < ARRAY_SIZE(h->slow_lock); i++)
		lab_lock_fini(&h->slow_lock[i]);
	lab_lock_fini(&h->pool_lock);
	kfree(h->lanes);
	kfree(h);
}

static void healthy_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct healthy *h = inst->priv;

	if (!h)
		return;
	seq_printf(seq,
		   ",\"threads_running\":%d,\"signalled\":%lld,\"waited\":%lld,\"long_waits\":%lld,\"contended\":%lld",
		   atomic_read(&h->running), atomic64_read(&h->signalled), atomic64_read(&h->waited),
		   atomic64_read(&h->long_waits), atomic64_read(&h->contended));
	if (inst->variant->value == HEALTHY_PROCESS)
		seq_printf(seq, ",\"invalidated\":%lld", atomic64_read(&h->invalidated));
}

static const struct lab_variant healthy_variants[] = {
	{ "kernel", HEALTHY_KERNEL },
	{ "process", HEALTHY_PROCESS, true },
	{ "" },
};

const struct lab_family lab_healthy_family = {
	.name = "healthy",
	.expected_class = "none",
	.variants = healthy_variants,
	.start = healthy_start,
	.finish = healthy_finish,
	.show = healthy_show,
};
