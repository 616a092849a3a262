// SPDX-License-Identifier: GPL-2.0
/*
 * trust: what looks like a deadlock to whoever draws conclusions from too little, and ends by itself after `seconds`.
 *
 *  - first-submit: a task that submits signals a timeline's first fence, an interrupt the others. The task then waits for a lock
 *    whose holder waits for the second fence.
 *  - work-cleanup: a work item has signalled its fence and cleans up, for which it needs a lock whose holder waits for the next
 *    fence of the timeline, which another item signals.
 *  - thread-replaced: the thread that signalled has ended, and another one has taken its place.
 *  - madvise-vma: a process is in an invalidate callback of madvise() with the lock of one VMA (since 6.17), and waits for a fence
 *    whose signaller wants its mmap_lock, which somebody else holds for reading. Before 6.17 this is a deadlock.
 *  - pipe-fault: a task takes a page fault in the middle of read() from a pipe, with the pipe's mutex held. User space serves it in
 *    the end (userfaultfd). Another task signals fences, and now wants to write into the pipe.
 *  - syncobj-point: a process waits for the first point of a syncobj's timeline, which a work item signals. The second one, the
 *    chain's head, is what that very task signals otherwise.
 *  - syncobj-replaced: a process waits for a syncobj, which gets another fence meanwhile. That one only the process itself signals;
 *    but the wait is for the fence that the syncobj had when it began.
 *  - missed-end: more tasks flush an entity at once than a return probe on drm_sched_entity_flush() has instances. The last one
 *    holds a lock, goes on and sleeps, and somebody else needs that lock in order to signal what the entity's next job needs.
 *  - hang-check: a task that signals waits for a lock whose holder waits for its next fence, and the driver's check for hangs, which
 *    had nothing to do before, ends that fence with an error.
 *  - own-wait: the same, but the driver's function that waits for the fence sees a lockup in the end, and gives up.
 *  - alarm, posix-timer: a process waits for the fence with the lock, and has set a timer, whose signal ends the wait.
 *  - watched: the same, and another thread of the process ends the process.
 *  - other-process: a process signals, and waits for a lock whose holder waits for the next fence. Its child, which has the file open,
 *    too, signals that one.
 *  - on-top: most of the fences that a task seemed to signal were signalled by an interrupt on top of it. The task then waits for a lock
 *    whose holder waits for the next fence, which an interrupt signals, too.
 *  - item-per-job: each job has a work item that signals its fence. One waits for a lock whose holder waits for another job's fence,
 *    whose item is queued by an interrupt.
 *  - left-asleep: a work item has left a lock to a thread, which sleeps until an interrupt wakes it up and then releases the lock.
 *  - queue-check, left-delayed: hang-check, and a lock that a work item has left, where a delayed item of a kthread_worker, which is idle
 *    until then, ends the fence or releases the lock.
 *  - check-thread: hang-check, by a thread that sleeps, looks, and sleeps again.
 *  - check-hrtimer: hang-check, by a high-resolution timer.
 *
 * trust_late.c has the others.
 */
#include <drm/drm_syncobj.h>
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "trust.h"

/* Return probes have ten instances, or two per CPU. */
#define FLUSHERS 24

/* ---- fences that an interrupt signals ---- */

static enum hrtimer_restart timer_fire(struct hrtimer *timer)
{
	struct trust *trust = container_of(timer, struct trust, timer);

	if (trust->inst->variant->value == TRUST_ITEM_PER_JOB)
		queue_delayed_work(trust->wq, &trust->second.work, 0);
	else if (trust->inst->variant->value == TRUST_ERROR_TIMER)
		lab_fence_cancel(trust->timed);
	else
		dma_fence_signal(trust->timed);
	wake_up_all(&trust->sleep);
	return HRTIMER_NORESTART;
}

void trust_timer_begin(struct trust *trust, struct dma_fence *fence)
{
	trust->timed = fence;
	trust->has_timer = true;
	lab_hrtimer_setup(&trust->timer, timer_fire);
	hrtimer_start(&trust->timer, ms_to_ktime(1000 * trust_seconds(trust)), HRTIMER_MODE_REL);
}

/* ---- what several do ---- */

void trust_need_lock(struct trust *trust, struct lab_actor *actor)
{
	lab_actor_blocks(actor);
	lab_lock_contend(&trust->lock);
	lab_lock_contend_done(&trust->lock);
	atomic_inc(&trust->ended);
}

static int waiter_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(trust->fence, false);
	atomic_inc(&trust->ended);
	return 0;
}

int trust_holder_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_lock_hold(&trust->lock);
	lab_actor_blocks(actor);
	dma_fence_wait(trust->fence, false);
	lab_lock_release(&trust->lock);
	atomic_inc(&trust->ended);
	return 0;
}

int trust_fence(struct trust *trust)
{
	trust->fence = lab_fence_create(&trust->timeline);
	if (!trust->fence)
		return -ENOMEM;
	lab_truth_lab_fence(trust->inst, trust->fence);
	return 0;
}

int trust_run(struct trust *trust, struct lab_actor **ret, const char *role, const char *name,
	      int (*fn)(struct lab_actor *actor))
{
	*ret = lab_actor_run(trust->inst, role, LAB_PARTICIPANT, name, fn);
	return *ret ? lab_actor_wait_blocking(*ret) : -ENOMEM;
}

/* ---- first-submit ---- */

static int submitter_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_timeline_warmup(&trust->timeline, 1);
	complete(&trust->warm);
	if (!lab_thread_wait(actor->inst, &trust->held))
		return 0;
	trust_need_lock(trust, actor);
	return 0;
}

static int first_submit(struct trust *trust)
{
	int ret;

	trust->signaller = lab_actor_run(trust->inst, "submitter", LAB_PARTICIPANT, "gpulab-submit", submitter_thread);
	if (!trust->signaller)
		return -ENOMEM;
	ret = lab_wait(&trust->warm) ?: trust_fence(trust);
	if (ret)
		return ret;
	trust_timer_begin(trust, trust->fence);
	ret = trust_run(trust, &trust->holder, "holder", "gpulab-hold", trust_holder_thread);
	complete_all(&trust->held);
	return ret ?: lab_actor_wait_blocking(trust->signaller);
}

/* ---- thread-replaced ---- */

static int first_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_timeline_warmup(&trust->timeline, actor->inst->params.warmup);
	return 0;
}

static int second_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	wait_for_completion_interruptible_timeout(&actor->inst->stop, trust_seconds(trust) * HZ);
	dma_fence_signal(trust->fence);
	return 0;
}

static int thread_replaced(struct trust *trust)
{
	int ret;

	trust->signaller = lab_actor_run(trust->inst, "signaller", LAB_ROOT, "gpulab-sign", first_thread);
	if (!trust->signaller)
		return -ENOMEM;
	lab_actor_join(trust->signaller);
	trust->signaller->state = "exited";
	ret = trust_fence(trust);
	if (!ret && !lab_actor_run(trust->inst, "second signaller", LAB_HELPER, "gpulab-sign", second_thread))
		ret = -ENOMEM;
	return ret ?: trust_run(trust, &trust->holder, "waiter", "gpulab-wait", waiter_thread);
}

/* ---- work-cleanup, item-per-job ---- */

static void item_run(struct work_struct *work)
{
	struct trust_item *item = container_of(to_delayed_work(work), struct trust_item, work);
	struct trust *trust = item->trust;
	bool late = item->cleans_up && trust->inst->variant->value == TRUST_ITEM_PER_JOB;

	if (!late)
		dma_fence_signal(item->fence);
	if (!item->cleans_up)
		return;
	lab_actor_adopt(trust->signaller);
	lab_actor_blocks(trust->signaller);
	lab_lock_contend(&trust->lock);
	lab_lock_contend_done(&trust->lock);
	if (late)
		dma_fence_signal(item->fence);
	atomic_inc(&trust->ended);
}

static int item_begin(struct trust *trust, struct trust_item *item, struct dma_fence *fence, unsigned int seconds)
{
	if (!fence)
		return -ENOMEM;
	dma_fence_put(item->fence);
	item->fence = fence;
	queue_delayed_work(trust->wq, &item->work, seconds * HZ);
	return 0;
}

static int warm_item(struct trust *trust, struct trust_item *item)
{
	int ret = item_begin(trust, item, lab_fence_create(&trust->timeline), 0);

	flush_delayed_work(&item->work);
	return ret;
}

/* Those of two jobs take turns, the first one comes last. */
static int warm_items(struct trust *trust)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < trust->inst->params.warmup; i++) {
		if (trust->inst->variant->value == TRUST_ITEM_PER_JOB)
			ret = warm_item(trust, &trust->second);
		ret = ret ?: warm_item(trust, &trust->first);
	}
	return ret;
}

static int work_cleanup(struct trust *trust)
{
	int ret;

	trust->wq = alloc_workqueue("gpulab-sign/%u", WQ_UNBOUND, 0, trust->inst->id);
	trust->signaller = lab_actor_add(trust->inst, "signaller", LAB_PARTICIPANT);
	if (!trust->wq || !trust->signaller)
		return -ENOMEM;
	ret = warm_items(trust) ?: trust_fence(trust);
	if (!ret && trust->inst->variant->value == TRUST_ITEM_PER_JOB) {
		dma_fence_put(trust->second.fence);
		trust->second.fence = dma_fence_get(trust->fence);
		trust_timer_begin(trust, NULL);
	} else if (!ret) {
		ret = item_begin(trust, &trust->second, dma_fence_get(trust->fence), trust_seconds(trust));
	}
	if (!ret)
		ret = trust_run(trust, &trust->holder, "holder", "gpulab-hold", trust_holder_thread);
	if (ret)
		return ret;
	trust->first.cleans_up = true;
	ret = item_begin(trust, &trust->first, lab_fence_create(&trust->timeline), 0);
	return ret ?: lab_actor_wait_blocking(trust->signaller);
}

/* ---- madvise-vma ---- */

static bool invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range,
		       unsigned long cur_seq)
{
	struct trust *trust = container_of(notifier, struct trust, notifier);

	if (!mmu_notifier_range_blockable(range))
		return false;
	mutex_lock(&trust->update_lock);
	mmu_interval_set_seq(notifier, cur_seq);
	mutex_unlock(&trust->update_lock);
	if (range->event == MMU_NOTIFY_RELEASE || current->mm != trust->mm || lab_stopping(trust->inst) ||
	    trust->holder->task)
		return true;
	lab_actor_adopt(trust->holder);
	lab_actor_blocks(trust->holder);
	dma_fence_wait(trust->fence, false);
	atomic_inc(&trust->ended);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* Another reader of the mmap_lock, whose fence an interrupt signals. */
static int reader_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	if (!lab_thread_wait(actor->inst, &trust->holder->blocking))
		return 0;
	lab_actor_wait_blocking(trust->holder); /* for its pause */
	mmap_read_lock(trust->mm);
	trust_timer_begin(trust, trust->timed);
	lab_actor_blocks(actor);
	dma_fence_wait(trust->timed, false);
	mmap_read_unlock(trust->mm);
	return 0;
}

static int mmap_signaller_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_timeline_warmup(&trust->timeline, actor->inst->params.warmup);
	complete(&trust->warm);
	if (!lab_thread_wait(actor->inst, &trust->reader->blocking))
		return 0;
	lab_actor_wait_blocking(trust->reader);
	lab_actor_blocks(actor);
	mmap_write_lock(trust->mm);
	mmap_write_unlock(trust->mm);
	dma_fence_signal(trust->fence);
	return 0;
}

static int madvise_vma(struct trust *trust)
{
	struct lab_instance *inst = trust->inst;
	int ret;

	trust->mm = current->mm;
	mmgrab(trust->mm);
	trust->timed = lab_fence_create(&trust->other);
	trust->holder = lab_actor_add(inst, "holder", LAB_PARTICIPANT);
	if (!trust->timed || !trust->holder)
		return -ENOMEM;
	trust->reader = lab_actor_run(inst, "reader", LAB_PARTICIPANT, "gpulab-read", reader_thread);
	trust->signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", mmap_signaller_thread);
	if (!trust->reader || !trust->signaller)
		return -ENOMEM;
	ret = lab_wait(&trust->warm) ?: trust_fence(trust);
	if (!ret)
		ret = mmu_interval_notifier_insert(&trust->notifier, trust->mm, inst->request.address,
						   inst->request.length, &notifier_ops);
	trust->registered = !ret;
	return ret;
}

/* ---- pipe-fault ---- */

int lab_trust_signal(struct lab_instance *inst, unsigned int count)
{
	struct trust *trust = inst->priv;

	if (inst->family != &lab_trust_family || inst->variant->value < TRUST_OTHER_PROCESS ||
	    inst->variant->value > TRUST_SYNCOBJ_REPLACED || !trust || count > 64)
		return -EINVAL;
	if (!count) {
		dma_fence_signal(trust->fence);
		return 0;
	}
	lab_timeline_warmup(&trust->timeline, count);
	complete_all(&trust->warm);
	return 0;
}

/* The waiter comes when a task of the process has shown that it signals. */
static int pipe_waiter_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	return lab_thread_wait(actor->inst, &trust->warm) ? waiter_thread(actor) : 0;
}

static int pipe_fault(struct trust *trust)
{
	int ret = trust_fence(trust);

	if (!ret && !lab_actor_run(trust->inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", pipe_waiter_thread))
		ret = -ENOMEM;
	return ret;
}

/* ---- syncobj-point ---- */

/* The fence of the process's timeline becomes that of a syncobj of its, which it shows by a file. */
static int syncobj_point(struct trust *trust)
{
	struct file *file = fget(trust->inst->request.address);
	int ret = file ? pipe_fault(trust) : -EBADF;

	if (!ret)
		drm_syncobj_replace_fence(file->private_data, trust->fence);
	if (file)
		fput(file);
	return ret;
}

/* ---- syncobj-replaced ---- */

/* Once the process waits. Who waits for the other fence comes before, as in syncobj-point. */
static int replacing_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	if (!lab_thread_wait(actor->inst, &trust->warm))
		return 0;
	wait_for_completion_interruptible_timeout(&actor->inst->stop, HZ);
	drm_syncobj_replace_fence(trust->syncobj->private_data, trust->fence);
	return 0;
}

static int syncobj_replaced(struct trust *trust)
{
	trust->syncobj = fget(trust->inst->request.address);
	if (!trust->syncobj)
		return -EBADF;
	if (!lab_actor_run(trust->inst, "replacer", LAB_HELPER, "gpulab-replace", replacing_thread))
		return -ENOMEM;
	return pipe_fault(trust);
}

/* ---- missed-end ---- */

static long flush_ring(struct trust *trust)
{
	return drm_sched_entity_flush(lab_irq_ring_entity(trust->ring), MAX_SCHEDULE_TIMEOUT);
}

static int flusher_thread(struct lab_actor *actor)
{
	lab_actor_blocks(actor);
	flush_ring(actor->inst->priv);
	return 0;
}

/* Deeper in the stack than where the flush began. */
static noinline void sleep_elsewhere(struct trust *trust)
{
	wait_event(trust->sleep, lab_stopping(trust->inst) || dma_fence_is_signaled(trust->timed));
}

static int last_flusher_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_lock_hold(&trust->lock);
	complete(&trust->held);
	flush_ring(trust);
	complete(&trust->flushed);
	lab_actor_blocks(actor);
	sleep_elsewhere(trust);
	lab_lock_release(&trust->lock);
	atomic_inc(&trust->ended);
	return 0;
}

static int lock_signaller_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_timeline_warmup(&trust->timeline, actor->inst->params.warmup);
	complete(&trust->warm);
	if (!lab_thread_wait(actor->inst, &trust->flushed))
		return 0;
	lab_actor_blocks(actor);
	lab_lock_contend(&trust->lock);
	lab_lock_contend_done(&trust->lock);
	dma_fence_signal(trust->fence);
	atomic_inc(&trust->ended);
	return 0;
}

static int flushers_run(struct trust *trust)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < FLUSHERS && !ret; i++) {
		struct lab_actor *flusher =
			lab_actor_run_index(trust->inst, "flusher", LAB_HELPER, i, "gpulab-flush", flusher_thread);

		ret = flusher ? lab_actor_wait_blocking(flusher) : -ENOMEM;
	}
	if (ret)
		return ret;
	trust->holder = lab_actor_run(trust->inst, "holder", LAB_PARTICIPANT, "gpulab-hold", last_flusher_thread);
	ret = trust->holder ? lab_wait(&trust->held) : -ENOMEM;
	msleep(100); /* until it flushes */
	return ret;
}

static int missed_end(struct trust *trust)
{
	static const struct lab_irq_ring_params params = { .timeout = MAX_SCHEDULE_TIMEOUT, .job_us = 200 };
	int ret;

	trust->ring = lab_irq_ring_create("flush", trust->inst->id, &params);
	trust->first.fence = lab_fence_create(&trust->other);
	trust->timed = lab_fence_create(&trust->other);
	if (!trust->ring || !trust->first.fence || !trust->timed)
		return -ENOMEM;
	trust->signaller =
		lab_actor_run(trust->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", lock_signaller_thread);
	ret = trust->signaller ? lab_wait(&trust->warm) : -ENOMEM;
	ret = ret ?: trust_fence(trust);
	if (ret)
		return ret;
	trust->jobs[0] = lab_irq_ring_submit(trust->ring, trust->first.fence);
	ret = trust->jobs[0] ? flushers_run(trust) : -ENOMEM;
	dma_fence_signal(trust->first.fence);
	ret = ret ?: lab_actor_wait_blocking(trust->holder) ?: lab_actor_wait_blocking(trust->signaller);
	if (ret)
		return ret;
	trust->jobs[1] = lab_irq_ring_submit(trust->ring, trust->fence);
	trust_timer_begin(trust, trust->timed);
	return trust->jobs[1] ? 0 : -ENOMEM;
}

/* ---- hang-check ---- */

/* Signals as long as it is needed, and then needs the holder. */
static int needing_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_timeline_warmup(&trust->timeline, actor->inst->params.warmup);
	complete(&trust->warm);
	if (!lab_thread_wait(actor->inst, &trust->held))
		return 0;
	trust_need_lock(trust, actor);
	return 0;
}

int trust_needing_begin(struct trust *trust)
{
	trust->signaller = lab_actor_run(trust->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", needing_thread);
	return trust->signaller ? lab_wait(&trust->warm) : -ENOMEM;
}

int trust_needing_hold(struct trust *trust)
{
	int ret = trust_run(trust, &trust->holder, "holder", "gpulab-hold", trust_holder_thread);

	complete_all(&trust->held);
	return ret ?: lab_actor_wait_blocking(trust->signaller);
}

static void check_run(struct work_struct *work)
{
	lab_fence_cancel(container_of(to_delayed_work(work), struct trust_item, work)->fence);
}

static int hang_check(struct trust *trust)
{
	int ret = trust_needing_begin(trust) ?: trust_fence(trust);

	if (ret)
		return ret;
	trust->first.fence = dma_fence_get(trust->fence);
	schedule_delayed_work(&trust->first.work, trust_seconds(trust) * HZ);
	return trust_needing_hold(trust);
}

/* ---- queue-check ---- */

static void later_check(struct kthread_work *work)
{
	lab_fence_cancel(container_of(work, struct trust, later.work)->fence);
}

/* The item is executed when the time has come. */
static int later_begin(struct trust *trust)
{
	struct kthread_worker *queue = lab_kthread_worker_create("gpulab-later/%u", trust->inst->id);

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	trust->queue = queue;
	kthread_queue_delayed_work(queue, &trust->later, trust_seconds(trust) * HZ);
	return 0;
}

static int queue_check(struct trust *trust)
{
	return trust_needing_begin(trust) ?: trust_fence(trust) ?: later_begin(trust) ?: trust_needing_hold(trust);
}

/* ---- check-thread, check-hrtimer ---- */

static int checking_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;
	unsigned long end = jiffies + trust_seconds(trust) * HZ;

	while (!dma_fence_is_signaled(trust->fence) && time_before(jiffies, end))
		msleep_interruptible(400);
	lab_fence_cancel(trust->fence);
	return 0;
}

static int check_thread(struct trust *trust)
{
	int ret = trust_needing_begin(trust) ?: trust_fence(trust);

	if (ret)
		return ret;
	if (!lab_actor_run(trust->inst, "check", LAB_HELPER, "gpulab-check", checking_thread))
		return -ENOMEM;
	return trust_needing_hold(trust);
}

static int check_hrtimer(struct trust *trust)
{
	int ret = trust_needing_begin(trust) ?: trust_fence(trust);

	if (ret)
		return ret;
	trust_timer_begin(trust, trust->fence);
	return trust_needing_hold(trust);
}

/* ---- own-wait ---- */

struct own_fence {
	struct dma_fence base;
	spinlock_t lock;
	struct trust *trust;
};

static const char *own_fence_name(struct dma_fence *fence)
{
	return LAB_DRIVER_NAME;
}

static noinline signed long own_fence_wait(struct dma_fence *fence, bool interruptible, signed long timeout)
{
	struct trust *trust = container_of(fence, struct own_fence, base)->trust;

	wait_event(trust->sleep, dma_fence_is_signaled(fence) || dma_fence_is_signaled(trust->timed));
	return dma_fence_is_signaled(fence) ? timeout : -EDEADLK;
}

static const struct dma_fence_ops own_fence_ops = {
	.get_driver_name = own_fence_name,
	.get_timeline_name = own_fence_name,
	.wait = own_fence_wait,
};

static int own_wait(struct trust *trust)
{
	struct own_fence *fence;
	int ret = trust_needing_begin(trust);

	if (ret)
		return ret;
	fence = kzalloc(sizeof(*fence), GFP_KERNEL);
	trust->timed = lab_fence_create(&trust->other);
	if (!fence || !trust->timed) {
		kfree(fence);
		return -ENOMEM;
	}
	fence->trust = trust;
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &own_fence_ops, &fence->lock, trust->timeline.context,
		       atomic64_inc_return(&trust->timeline.seqno));
	trust->fence = &fence->base;
	trust_timer_begin(trust, trust->timed);
	return trust_needing_hold(trust);
}

/* ---- alarm, posix-timer ---- */

static int alarm_begin(struct trust *trust)
{
	trust->holder = lab_actor_add(trust->inst, "holder", LAB_PARTICIPANT);
	return trust->holder ? trust_needing_begin(trust) ?: trust_fence(trust) : -ENOMEM;
}

/* In an ioctl of the process, which has set a timer, or whose other thread ends it. */
static int alarm_enter(struct trust *trust)
{
	int ret;

	lab_lock_hold(&trust->lock);
	lab_actor_adopt(trust->holder);
	lab_actor_blocks(trust->holder);
	complete_all(&trust->held);
	ret = dma_fence_wait(trust->fence, true);
	lab_lock_release(&trust->lock);
	atomic_inc(&trust->ended);
	complete_all(&trust->holder->left);
	return ret;
}

/* ---- other-process ---- */

/* Comes when the process has shown that it signals. */
static int other_holder_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	if (!lab_thread_wait(actor->inst, &trust->warm))
		return 0;
	lab_lock_hold(&trust->lock);
	complete_all(&trust->held);
	lab_actor_blocks(actor);
	dma_fence_wait(trust->fence, false);
	lab_lock_release(&trust->lock);
	return 0;
}

static int other_process(struct trust *trust)
{
	trust->signaller = lab_actor_add(trust->inst, "signaller", LAB_PARTICIPANT);
	if (!trust->signaller)
		return -ENOMEM;
	trust->holder = lab_actor_run(trust->inst, "holder", LAB_PARTICIPANT, "gpulab-hold", other_holder_thread);
	return trust->holder ? trust_fence(trust) : -ENOMEM;
}

static int other_enter(struct trust *trust)
{
	int ret = lab_wait(&trust->held);

	if (ret)
		return ret;
	lab_actor_adopt(trust->signaller);
	trust_need_lock(trust, trust->signaller);
	complete_all(&trust->signaller->left);
	return 0;
}

static int trust_enter(struct lab_instance *inst)
{
	struct trust *trust = inst->priv;

	switch (inst->variant->value) {
	case TRUST_ALARM:
		return alarm_enter(trust);
	case TRUST_OTHER_PROCESS:
		return other_enter(trust);
	default:
		return -EINVAL;
	}
}

/* ---- on-top ---- */

/* So many of a task's signals make gpuwatch ask no more about each of them, and of those then one in eight. */
#define HABIT_SIGNALS 96
#define ON_TOP_SIGNALS 40

/* On this CPU while the task runs; the task has no part in it. */
static void signal_on_top(struct trust *trust)
{
	ktime_t end = ktime_add_ms(ktime_get(), 100);

	preempt_disable();
	hrtimer_start(&trust->timer, ns_to_ktime(100000), HRTIMER_MODE_REL_PINNED);
	while (!dma_fence_is_signaled(trust->timed) && ktime_before(ktime_get(), end))
		cpu_relax();
	preempt_enable();
	hrtimer_cancel(&trust->timer);
}

static void seem_to_signal(struct trust *trust)
{
	unsigned int i;

	lab_hrtimer_setup(&trust->timer, timer_fire);
	lab_timeline_warmup(&trust->timeline, HABIT_SIGNALS);
	for (i = 0; i < ON_TOP_SIGNALS; i++) {
		trust->timed = lab_fence_create(&trust->timeline);
		if (!trust->timed)
			return;
		if (i % 8)
			signal_on_top(trust);
		dma_fence_signal(trust->timed); /* unless that has been done */
		dma_fence_put(trust->timed);
		trust->timed = NULL;
	}
}

static int on_top_thread(struct lab_actor *actor)
{
	seem_to_signal(actor->inst->priv);
	return needing_thread(actor);
}

static int on_top(struct trust *trust)
{
	int ret;

	trust->inst->params.warmup = 0;
	trust->signaller = lab_actor_run(trust->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", on_top_thread);
	ret = trust->signaller ? lab_wait(&trust->warm) ?: trust_fence(trust) : -ENOMEM;
	if (ret)
		return ret;
	trust_timer_begin(trust, trust->fence);
	return trust_needing_hold(trust);
}

/* ---- left-asleep ---- */

static void leaving_run(struct work_struct *work)
{
	struct trust_item *item = container_of(to_delayed_work(work), struct trust_item, work);

	lab_actor_adopt(item->trust->holder);
	lab_lock_hold(&item->trust->lock);
}

static int heir_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	while (!lab_stopping(actor->inst) && !dma_fence_is_signaled(trust->timed))
		wait_event_interruptible(trust->sleep,
					 lab_stopping(actor->inst) || dma_fence_is_signaled(trust->timed));
	lab_lock_release_for_owner(&trust->lock);
	return 0;
}

/* A work item takes the lock and returns. */
int trust_leave_lock(struct trust *trust)
{
	if (!lab_lock_can_be_leaked())
		return -EOPNOTSUPP;
	trust->holder = lab_actor_add(trust->inst, "owner", LAB_ROOT);
	trust->wq = alloc_workqueue("gpulab-owner/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, trust->inst->id);
	if (!trust->holder || !trust->wq)
		return -ENOMEM;
	queue_delayed_work(trust->wq, &trust->first.work, 0);
	flush_delayed_work(&trust->first.work);
	trust->holder->state = "idle";
	return 0;
}

int trust_need_left_lock(struct trust *trust)
{
	complete_all(&trust->held);
	trust->inst->params.warmup = 0;
	return trust_needing_begin(trust) ?: lab_actor_wait_blocking(trust->signaller);
}

static int left_asleep(struct trust *trust)
{
	int ret = trust_leave_lock(trust);

	if (ret)
		return ret;
	trust->timed = lab_fence_create(&trust->other);
	if (!trust->timed)
		return -ENOMEM;
	trust_timer_begin(trust, trust->timed);
	if (!lab_actor_run(trust->inst, "heir", LAB_HELPER, "gpulab-heir", heir_thread))
		return -ENOMEM;
	return trust_need_left_lock(trust);
}

/* ---- left-delayed ---- */

static void later_release(struct kthread_work *work)
{
	lab_lock_release_for_owner(&container_of(work, struct trust, later.work)->lock);
}

static int left_delayed(struct trust *trust)
{
	return trust_leave_lock(trust) ?: later_begin(trust) ?: trust_need_left_lock(trust);
}

/* ---- the family ---- */

static void item_init(struct trust *trust, struct trust_item *item)
{
	int variant = trust->inst->variant->value;

	item->trust = trust;
	if (variant == TRUST_HANG_CHECK || variant == TRUST_DRM_FENCE || variant == TRUST_BUILT_IN)
		INIT_DELAYED_WORK(&item->work, check_run);
	else if (variant == TRUST_LEFT_ASLEEP || variant == TRUST_LEFT_DELAYED || variant == TRUST_LEFT_PUT_OFF)
		INIT_DELAYED_WORK(&item->work, leaving_run);
	else
		INIT_DELAYED_WORK(&item->work, item_run);
}

static int trust_start(struct lab_instance *inst)
{
	struct trust *trust = kzalloc(sizeof(*trust), GFP_KERNEL);

	if (!trust)
		return -ENOMEM;
	inst->priv = trust;
	trust->inst = inst;
	init_completion(&trust->warm);
	init_completion(&trust->held);
	init_completion(&trust->flushed);
	init_waitqueue_head(&trust->sleep);
	mutex_init(&trust->update_lock);
	lab_lock_init(&trust->lock, LAB_MUTEX);
	lab_timeline_init(&trust->timeline, "gfx", inst->id);
	lab_timeline_init(&trust->other, "sdma", inst->id);
	item_init(trust, &trust->first);
	item_init(trust, &trust->second);
	kthread_init_delayed_work(&trust->later,
				  inst->variant->value == TRUST_LEFT_DELAYED ? later_release : later_check);
	switch (inst->variant->value) {
	case TRUST_FIRST_SUBMIT:
		return first_submit(trust);
	case TRUST_WORK_CLEANUP:
	case TRUST_ITEM_PER_JOB:
		return work_cleanup(trust);
	case TRUST_THREAD_REPLACED:
		return thread_replaced(trust);
	case TRUST_MADVISE_VMA:
		return madvise_vma(trust);
	case TRUST_SYNCOBJ_POINT:
		return syncobj_point(trust);
	case TRUST_SYNCOBJ_REPLACED:
		return syncobj_replaced(trust);
	case TRUST_MISSED_END:
		return missed_end(trust);
	case TRUST_HANG_CHECK:
		return hang_check(trust);
	case TRUST_OWN_WAIT:
		return own_wait(trust);
	case TRUST_ALARM:
		return alarm_begin(trust);
	case TRUST_ON_TOP:
		return on_top(trust);
	case TRUST_LEFT_ASLEEP:
		return left_asleep(trust);
	case TRUST_QUEUE_CHECK:
		return queue_check(trust);
	case TRUST_LEFT_DELAYED:
		return left_delayed(trust);
	case TRUST_CHECK_THREAD:
		return check_thread(trust);
	case TRUST_CHECK_HRTIMER:
		return check_hrtimer(trust);
	case TRUST_OTHER_PROCESS:
		return other_process(trust);
	case TRUST_PIPE_FAULT:
		return pipe_fault(trust);
	default:
		return trust_late_start(trust);
	}
}

static void trust_release(struct lab_instance *inst)
{
	struct trust *trust = inst->priv;

	if (!trust)
		return;
	if (inst->variant->value == TRUST_HANDLER_HELD && trust->ring)
		lab_irq_ring_recover(trust->ring); /* the job's fence comes with that of the hardware */
	else
		lab_fence_cancel(trust->fence);
	if (trust->timed != trust->fence)
		lab_fence_cancel(trust->timed);
	wake_up_all(&trust->sleep);
	trust_late_release(trust);
	if (trust->queue && kthread_cancel_delayed_work_sync(&trust->later))
		kthread_mod_delayed_work(trust->queue, &trust->later, 0);
}

static void trust_finish(struct lab_instance *inst)
{
	struct trust *trust = inst->priv;

	if (!trust)
		return;
	/* A process that never came into the kernel does not leave it. */
	if (trust->inst->variant->value == TRUST_ALARM && trust->holder && trust->holder->task)
		wait_for_completion(&trust->holder->left);
	if (trust->inst->variant->value == TRUST_OTHER_PROCESS && trust->signaller && trust->signaller->task)
		wait_for_completion(&trust->signaller->left);
	trust_late_stop(trust);
	if (trust->syncobj)
		fput(trust->syncobj);
	if (trust->registered)
		mmu_interval_notifier_remove(&trust->notifier);
	if (trust->mm)
		mmdrop(trust->mm);
	if (trust->has_timer)
		hrtimer_cancel(&trust->timer);
	if (trust->queue)
		kthread_destroy_worker(trust->queue);
	cancel_delayed_work_sync(&trust->first.work);
	cancel_delayed_work_sync(&trust->second.work);
	if (trust->wq)
		destroy_workqueue(trust->wq);
	if (trust->ring)
		lab_irq_ring_destroy(trust->ring);
	dma_fence_put(trust->jobs[0]);
	dma_fence_put(trust->jobs[1]);
	dma_fence_put(trust->first.fence);
	dma_fence_put(trust->second.fence);
	if (trust->timed != trust->fence)
		dma_fence_put(trust->timed);
	dma_fence_put(trust->fence);
	trust_late_finish(trust);
	lab_lock_fini(&trust->lock);
	kfree(trust);
}

static void trust_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct trust *trust = inst->priv;

	if (trust)
		seq_printf(seq, ",\"ended\":%d", atomic_read(&trust->ended));
}

static const struct lab_variant trust_variants[] = {
	{ "first-submit", TRUST_FIRST_SUBMIT },
	{ "work-cleanup", TRUST_WORK_CLEANUP },
	{ "thread-replaced", TRUST_THREAD_REPLACED },
	{ "madvise-vma", TRUST_MADVISE_VMA, true },
	{ "pipe-fault", TRUST_PIPE_FAULT, true },
	{ "syncobj-point", TRUST_SYNCOBJ_POINT, true },
	{ "syncobj-replaced", TRUST_SYNCOBJ_REPLACED, true },
	{ "missed-end", TRUST_MISSED_END },
	{ "hang-check", TRUST_HANG_CHECK },
	{ "own-wait", TRUST_OWN_WAIT },
	{ "alarm", TRUST_ALARM, true },
	{ "posix-timer", TRUST_ALARM, true },
	{ "on-top", TRUST_ON_TOP },
	{ "item-per-job", TRUST_ITEM_PER_JOB },
	{ "left-asleep", TRUST_LEFT_ASLEEP },
	{ "queue-check", TRUST_QUEUE_CHECK },
	{ "left-delayed", TRUST_LEFT_DELAYED },
	{ "check-thread", TRUST_CHECK_THREAD },
	{ "check-hrtimer", TRUST_CHECK_HRTIMER },
	{ "many-timers", TRUST_MANY_TIMERS },
	{ "drm-fence", TRUST_DRM_FENCE },
	{ "built-in", TRUST_BUILT_IN },
	{ "error-timer", TRUST_ERROR_TIMER },
	{ "left-put-off", TRUST_LEFT_PUT_OFF },
	{ "queued-elsewhere", TRUST_QUEUED_ELSEWHERE },
	{ "timer-runs", TRUST_TIMER_RUNS },
	{ "handler-held", TRUST_HANDLER_HELD },
	{ "owner-reused", TRUST_OWNER_REUSED },
	{ "watched", TRUST_ALARM, true },
	{ "other-process", TRUST_OTHER_PROCESS, true },
	{ "" },
};

const struct lab_family lab_trust_family = {
	.name = "trust",
	.expected_class = "none",
	.variants = trust_variants,
	.start = trust_start,
	.enter = trust_enter,
	.release = trust_release,
	.finish = trust_finish,
	.show = trust_show,
};
