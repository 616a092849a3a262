// SPDX-License-Identifier: GPL-2.0
/*
 * Those of trust's scenarios that something ends which no chain of waits leads to. A task that signals waits for a lock whose holder waits
 * for its next fence, and
 *
 *  - many-timers: the driver's check for hangs ends that fence; its timer is the last one, behind so many others that a look has no
 *    room for it.
 *  - drm-fence: likewise, and the fence is one of DRM's own, which does not show its driver.
 *  - built-in: likewise, and the fence is that of a driver which is built into the kernel, as far as its functions show.
 *  - error-timer: the interrupt of a timer ends the fence with an error, as it has ended an earlier one.
 *  - queued-elsewhere: a work item signals. It has been queued on another workqueue meanwhile, where it begins when another one is done.
 *  - timer-runs: the same, and its timer runs, which queues it on that workqueue.
 *  - handler-held: that fence is a job's, and its scheduler's timeout handler ends it. The timer of that handler is stopped meanwhile, as
 *    drivers do while they reset another ring.
 *
 *  - owner-reused: a thread has exited with a lock, which somebody waits for who holds another one. A new task, whose task_struct is where
 *    the thread's was, waits for that one. Something of the driver releases the first lock.
 *  - left-put-off: a work item has left a lock to a timer, which is put off again and again before it releases that.
 */
#include <drm/drm_device.h>
#include <drm/drm_writeback.h>
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "trust.h"

/* A look has room for 127. */
#define OTHER_TIMERS 200
/* None of them comes. */
#define OTHERS_COME_IN (3600 * HZ)

/* So many tasks are made until one is where another one was. */
#define UNUSED_TASKS 400

struct trust_late {
	struct trust *trust;

	/* many-timers */
	struct drm_gpu_scheduler sched;
	bool has_sched;
	struct delayed_work check, others[OTHER_TIMERS];
	unsigned int armed;

	struct drm_writeback_connector writeback; /* drm-fence */

	/* left-put-off */
	struct timer_list timer;
	unsigned long end;
	atomic_t left;

	/* queued-elsewhere, timer-runs */
	struct workqueue_struct *elsewhere;
	struct delayed_work item;
	struct work_struct slow;
	unsigned int executed;

	/* owner-reused */
	struct lab_lock second;
	struct lab_actor *heir;
	struct task_struct *heir_task;
	struct task_struct *unused[UNUSED_TASKS];
	unsigned int n_unused;
};

/* ---- many-timers ---- */

static void late_check(struct work_struct *work)
{
	lab_fence_cancel(container_of(to_delayed_work(work), struct trust_late, check)->trust->fence);
}

static const struct drm_sched_backend_ops late_sched_ops;

/* As those of that many rings: what handles their timeouts is gpu_sched's, and not this driver's. */
static int others_begin(struct trust_late *late)
{
	int ret = lab_sched_init(&late->sched, &late_sched_ops, "gpulab-others", lab_drm_parent());

	if (ret)
		return ret;
	late->has_sched = true;
	for (; late->armed < OTHER_TIMERS; late->armed++) {
		struct delayed_work *other = &late->others[late->armed];

		INIT_DELAYED_WORK(other, late->sched.work_tdr.work.func);
		queue_delayed_work_on(0, late->trust->wq, other, OTHERS_COME_IN);
	}
	return 0;
}

/* A look walks over deferrable timers last, and over those of one CPU after those of another. */
static int many_timers(struct trust_late *late)
{
	struct trust *trust = late->trust;
	int ret;

	trust->wq = alloc_workqueue("gpulab-check/%u", WQ_UNBOUND, 0, trust->inst->id);
	if (!trust->wq)
		return -ENOMEM;
	ret = others_begin(late) ?: trust_needing_begin(trust) ?: trust_fence(trust);
	if (ret)
		return ret;
	queue_delayed_work_on(0, trust->wq, &late->check, trust_seconds(trust) * HZ);
	return trust_needing_hold(trust);
}

/* ---- drm-fence, built-in ---- */

struct built_in_fence {
	struct dma_fence base;
	spinlock_t lock;
};

/* NULL, too, where one that is signalled, as the stub is, has no functions any more, as on 7.2. */
static struct dma_fence *built_in_fence(struct trust *trust)
{
	struct dma_fence *stub = dma_fence_get_stub();
	const struct dma_fence_ops *ops = stub->ops;
	struct built_in_fence *fence = ops ? kzalloc(sizeof(*fence), GFP_KERNEL) : NULL;

	dma_fence_put(stub);
	if (!fence)
		return NULL;
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, ops, &fence->lock, trust->timeline.context,
		       atomic64_inc_return(&trust->timeline.seqno));
	return &fence->base;
}

/* Of a writeback connector: what DRM gives to user space for an image that is written back. Or one that has the kernel's own functions. */
static struct dma_fence *other_fence(struct trust *trust)
{
	if (trust->inst->variant->value == TRUST_BUILT_IN)
		return built_in_fence(trust);
	return drm_writeback_get_out_fence(&trust->late->writeback);
}

/* Signals these, as a driver does once the image is written. */
static int other_fences_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;
	unsigned int i;

	for (i = 0; i < actor->inst->params.warmup; i++) {
		struct dma_fence *fence = other_fence(trust);

		if (!fence)
			break;
		usleep_range(200, 400);
		dma_fence_signal(fence);
		dma_fence_put(fence);
	}
	complete(&trust->warm);
	if (lab_thread_wait(actor->inst, &trust->held))
		trust_need_lock(trust, actor);
	return 0;
}

static void writeback_init(struct drm_writeback_connector *writeback, const char *name)
{
	writeback->base.dev = lab_drm_device();
	writeback->base.connector_type = DRM_MODE_CONNECTOR_WRITEBACK;
	spin_lock_init(&writeback->fence_lock);
	writeback->fence_context = dma_fence_context_alloc(1);
	strscpy(writeback->timeline_name, name, sizeof(writeback->timeline_name));
}

static int drm_fence(struct trust_late *late)
{
	struct trust *trust = late->trust;
	int ret;

	writeback_init(&late->writeback, trust->timeline.name);
	trust->signaller = lab_actor_run(trust->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", other_fences_thread);
	ret = trust->signaller ? lab_wait(&trust->warm) : -ENOMEM;
	if (ret)
		return ret;
	trust->fence = other_fence(trust);
	if (!trust->fence)
		return -ENOMEM;
	lab_truth_fence(trust->inst, "signal", trust->fence, LAB_DRIVER_NAME, late->writeback.timeline_name);
	trust->first.fence = dma_fence_get(trust->fence);
	schedule_delayed_work(&trust->first.work, trust_seconds(trust) * HZ);
	return trust_needing_hold(trust);
}

/* ---- error-timer ---- */

static int end_one_with_error(struct trust *trust)
{
	struct dma_fence *fence = lab_fence_create(&trust->timeline);
	unsigned int seconds = trust->inst->params.seconds;

	if (!fence)
		return -ENOMEM;
	trust->inst->params.seconds = 1;
	trust_timer_begin(trust, fence);
	trust->inst->params.seconds = seconds;
	dma_fence_wait(fence, false);
	hrtimer_cancel(&trust->timer);
	trust->timed = NULL;
	dma_fence_put(fence);
	return 0;
}

static int error_timer(struct trust *trust)
{
	int ret = trust_needing_begin(trust) ?: end_one_with_error(trust) ?: trust_fence(trust);

	if (ret)
		return ret;
	trust_timer_begin(trust, trust->fence);
	return trust_needing_hold(trust);
}

/* ---- left-put-off ---- */

static void put_off(struct timer_list *timer)
{
	struct trust_late *late = container_of(timer, struct trust_late, timer);

	if (!lab_stopping(late->trust->inst) && time_before(jiffies, late->end))
		mod_timer(timer, jiffies + HZ / 5);
	else if (atomic_xchg(&late->left, 0))
		lab_lock_release_for_owner(&late->trust->lock);
}

static int left_put_off(struct trust_late *late)
{
	int ret = trust_leave_lock(late->trust);

	if (ret)
		return ret;
	late->end = jiffies + trust_seconds(late->trust) * HZ;
	atomic_set(&late->left, 1);
	mod_timer(&late->timer, jiffies + HZ / 5);
	return trust_need_left_lock(late->trust);
}

/* ---- queued-elsewhere, timer-runs ---- */

/* Signals at each execution, but that in which it needs the lock. */
static void late_item(struct work_struct *work)
{
	struct trust_late *late = container_of(to_delayed_work(work), struct trust_late, item);
	struct trust *trust = late->trust;

	if (late->executed < trust->inst->params.warmup) {
		lab_timeline_warmup(&trust->timeline, 1);
		late->executed++;
		return;
	}
	if (trust->fence && completion_done(&trust->signaller->blocking)) {
		dma_fence_signal(trust->fence);
		return;
	}
	lab_actor_adopt(trust->signaller);
	trust_need_lock(trust, trust->signaller);
}

static void late_slow(struct work_struct *work)
{
	struct trust_late *late = container_of(work, struct trust_late, slow);
	unsigned long end = jiffies + trust_seconds(late->trust) * HZ;

	while (!lab_stopping(late->trust->inst) && time_before(jiffies, end))
		msleep(50);
}

/* A workqueue of another pool of workers: in the same one the item would wait for itself. */
static int late_queues(struct trust_late *late)
{
	struct trust *trust = late->trust;

	trust->wq = alloc_workqueue("gpulab-sign/%u", WQ_UNBOUND, 0, trust->inst->id);
	late->elsewhere = alloc_workqueue("gpulab-other/%u", WQ_UNBOUND | WQ_HIGHPRI, 1, trust->inst->id);
	trust->signaller = lab_actor_add(trust->inst, "signaller", LAB_PARTICIPANT);
	return trust->wq && late->elsewhere && trust->signaller ? 0 : -ENOMEM;
}

static int queued_again(struct trust_late *late)
{
	struct trust *trust = late->trust;
	unsigned int i;
	int ret = late_queues(late);

	for (i = 0; !ret && i < trust->inst->params.warmup; i++) {
		queue_delayed_work(trust->wq, &late->item, 0);
		flush_delayed_work(&late->item);
	}
	ret = ret ?: trust_fence(trust);
	ret = ret ?: trust_run(trust, &trust->holder, "holder", "gpulab-hold", trust_holder_thread);
	if (ret)
		return ret;
	queue_delayed_work(trust->wq, &late->item, 0);
	ret = lab_actor_wait_blocking(trust->signaller);
	if (ret)
		return ret;
	if (trust->inst->variant->value == TRUST_TIMER_RUNS) {
		queue_delayed_work(late->elsewhere, &late->item, trust_seconds(trust) * HZ);
		return 0;
	}
	queue_work(late->elsewhere, &late->slow);
	queue_delayed_work(late->elsewhere, &late->item, 0);
	return 0;
}

/* ---- handler-held ---- */

static int job_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;
	unsigned int i;

	for (i = 0; i < actor->inst->params.warmup; i++) {
		struct dma_fence *finished = lab_irq_ring_submit(trust->ring, NULL);

		if (!finished)
			break;
		lab_irq_ring_signal(trust->ring);
		dma_fence_wait(finished, false);
		dma_fence_put(finished);
	}
	complete(&trust->warm);
	if (lab_thread_wait(actor->inst, &trust->held))
		trust_need_lock(trust, actor);
	return 0;
}

/* Resets another ring of the device, and then has the timer of this one's handler go on. */
static int resetting_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	wait_for_completion_interruptible_timeout(&actor->inst->stop, trust_seconds(trust) * HZ);
	lab_irq_ring_start_timer(trust->ring);
	return 0;
}

static int handler_held(struct trust *trust)
{
	static const struct lab_irq_ring_params params = { .timeout = 30 * HZ };
	int ret;

	trust->ring = lab_irq_ring_create("held", trust->inst->id, &params);
	if (!trust->ring)
		return -ENOMEM;
	lab_irq_ring_go_silent(trust->ring);
	trust->signaller = lab_actor_run(trust->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", job_thread);
	ret = trust->signaller ? lab_wait(&trust->warm) : -ENOMEM;
	if (ret)
		return ret;
	trust->fence = lab_irq_ring_submit(trust->ring, NULL);
	if (!trust->fence)
		return -ENOMEM;
	lab_truth_fence(trust->inst, "signal", trust->fence, "drm_sched", lab_irq_ring_name(trust->ring));
	msleep(100); /* until it runs */
	lab_irq_ring_stop_timer(trust->ring);
	if (!lab_actor_run(trust->inst, "resetter", LAB_HELPER, "gpulab-reset", resetting_thread))
		return -ENOMEM;
	return trust_needing_hold(trust);
}

/* ---- owner-reused ---- */

static int exiting_thread(void *data)
{
	struct trust *trust = data;

	lab_lock_hold(&trust->lock);
	complete(&trust->warm);
	return 0;
}

/* Where the task_struct of the thread was that has exited with the lock; NULL: it could not be had. */
static void *exited_owner(struct trust *trust)
{
	struct task_struct *task = kthread_run(exiting_thread, trust, "gpulab-owner/%u", trust->inst->id);

	if (IS_ERR(task) || lab_wait(&trust->warm))
		return NULL;
	msleep(300); /* until its memory is free: a grace period or two */
	return task;
}

static int second_holder_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	lab_lock_hold(&trust->late->second);
	trust_need_lock(trust, actor);
	lab_lock_release(&trust->late->second);
	return 0;
}

static int heir_of_memory_thread(void *data)
{
	struct trust_late *late = data;

	lab_actor_adopt(late->heir);
	lab_actor_blocks(late->heir);
	lab_lock_contend(&late->second);
	lab_lock_contend_done(&late->second);
	return 0;
}

/* The others are kept until the end: the next one would only get their memory. */
static struct task_struct *task_at(struct trust_late *late, const void *where)
{
	while (late->n_unused < UNUSED_TASKS) {
		struct task_struct *task = kthread_create(heir_of_memory_thread, late, "gpulab-new");

		if (IS_ERR(task))
			return NULL;
		if (task == where)
			return task;
		late->unused[late->n_unused++] = task;
	}
	return NULL;
}

static int releasing_thread(struct lab_actor *actor)
{
	struct trust *trust = actor->inst->priv;

	wait_for_completion_interruptible_timeout(&actor->inst->stop, trust_seconds(trust) * HZ);
	lab_lock_release_for_owner(&trust->lock);
	return 0;
}

static int owner_reused(struct trust_late *late)
{
	struct trust *trust = late->trust;
	struct task_struct *heir;
	const void *where;
	int ret;

	if (!lab_lock_can_be_leaked())
		return -EOPNOTSUPP;
	where = exited_owner(trust);
	if (!where)
		return -ENOMEM;
	if (!lab_actor_run(trust->inst, "releaser", LAB_HELPER, "gpulab-heir", releasing_thread))
		return -ENOMEM;
	ret = trust_run(trust, &trust->holder, "holder", "gpulab-hold", second_holder_thread);
	late->heir = lab_actor_add(trust->inst, "heir", LAB_PARTICIPANT);
	heir = ret || !late->heir ? NULL : task_at(late, where);
	if (!heir) {
		pr_err("gpulab: none of %u tasks was where the owner had been\n", late->n_unused);
		return ret ?: -ENOMEM;
	}
	late->heir_task = get_task_struct(heir);
	wake_up_process(heir);
	return lab_actor_wait_blocking(late->heir);
}

/* ---- for the family ---- */

static int late_start(struct trust_late *late)
{
	switch (late->trust->inst->variant->value) {
	case TRUST_MANY_TIMERS:
		return many_timers(late);
	case TRUST_DRM_FENCE:
	case TRUST_BUILT_IN:
		return drm_fence(late);
	case TRUST_ERROR_TIMER:
		return error_timer(late->trust);
	case TRUST_LEFT_PUT_OFF:
		return left_put_off(late);
	case TRUST_QUEUED_ELSEWHERE:
	case TRUST_TIMER_RUNS:
		return queued_again(late);
	case TRUST_HANDLER_HELD:
		return handler_held(late->trust);
	case TRUST_OWNER_REUSED:
		return owner_reused(late);
	default:
		return -EINVAL;
	}
}

int trust_late_start(struct trust *trust)
{
	struct trust_late *late = kvzalloc(sizeof(*late), GFP_KERNEL);

	if (!late)
		return -ENOMEM;
	trust->late = late;
	late->trust = trust;
	INIT_DEFERRABLE_WORK(&late->check, late_check);
	INIT_DELAYED_WORK(&late->item, late_item);
	INIT_WORK(&late->slow, late_slow);
	timer_setup(&late->timer, put_off, 0);
	lab_lock_init(&late->second, LAB_MUTEX);
	return late_start(late);
}

/* A timer that releases a lock comes at once. */
void trust_late_release(struct trust *trust)
{
	struct trust_late *late = trust->late;

	if (late && atomic_read(&late->left))
		mod_timer(&late->timer, jiffies);
}

void trust_late_stop(struct trust *trust)
{
	struct trust_late *late = trust->late;

	if (!late)
		return;
	while (late->armed)
		cancel_delayed_work_sync(&late->others[--late->armed]);
	while (late->n_unused)
		kthread_stop(late->unused[--late->n_unused]);
	if (late->heir_task) {
		kthread_stop(late->heir_task);
		put_task_struct(late->heir_task);
	}
	cancel_delayed_work_sync(&late->check);
	cancel_delayed_work_sync(&late->item);
	cancel_work_sync(&late->slow);
	lab_timer_stop(&late->timer);
	if (late->elsewhere)
		destroy_workqueue(late->elsewhere);
	if (late->has_sched)
		drm_sched_fini(&late->sched);
}

void trust_late_finish(struct trust *trust)
{
	if (!trust->late)
		return;
	lab_lock_fini(&trust->late->second);
	kvfree(trust->late);
}
