// SPDX-License-Identifier: GPL-2.0
/*
 * A process that holds a mutex in an ioctl. process-cycle: it waits for a fence whose signaller needs the mutex; in /killed
 * somebody has sent it SIGKILL meanwhile.
 * driver-sleep: it sleeps for an event of its own, as ioctls do, and others queue up behind it.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "lab.h"

enum process_variant { PROCESS_UNINTERRUPTIBLE, PROCESS_KILLABLE, PROCESS_KILLED };

struct process {
	struct lab_lock lock;
	struct lab_timeline timeline;
	struct dma_fence *fence; /* process-cycle */
	wait_queue_head_t queue; /* driver-sleep */
	bool woken;
	struct completion has;
	struct lab_actor *holder, *signaller;
};

static int process_signaller(struct lab_actor *actor)
{
	struct process *process = actor->inst->priv;

	lab_timeline_warmup(&process->timeline, actor->inst->params.warmup);
	if (!lab_thread_wait(actor->inst, &process->has))
		return 0;
	if (actor->inst->variant->value == PROCESS_KILLED) {
		lab_actor_wait_blocking(process->holder);
		send_sig(SIGKILL, process->holder->task, 1);
	}
	lab_actor_blocks(actor);
	lab_lock_contend(&process->lock);
	dma_fence_signal(process->fence);
	lab_lock_contend_done(&process->lock);
	return 0;
}

static int process_victim(struct lab_actor *actor)
{
	struct process *process = actor->inst->priv;

	if (!lab_thread_wait(actor->inst, &process->has))
		return 0;
	lab_actor_blocks(actor);
	lab_lock_contend(&process->lock);
	lab_lock_contend_done(&process->lock);
	return 0;
}

static int process_add(struct lab_instance *inst, enum lab_part holder)
{
	struct process *process = kzalloc(sizeof(*process), GFP_KERNEL);
	unsigned int i;

	if (!process)
		return -ENOMEM;
	lab_lock_init(&process->lock, LAB_MUTEX);
	lab_timeline_init(&process->timeline, "gfx", inst->id);
	init_waitqueue_head(&process->queue);
	init_completion(&process->has);
	inst->priv = process;
	lab_truth_lock(inst, &process->lock);
	process->holder = lab_actor_add(inst, "holder", holder);
	if (!process->holder)
		return -ENOMEM;
	for (i = 0; i < inst->params.victims; i++)
		if (!lab_actor_run_index(inst, "victim", LAB_VICTIM, i, "gpulab-vict", process_victim))
			return -ENOMEM;
	return 0;
}

static int cycle_start(struct lab_instance *inst)
{
	struct process *process;
	int ret = process_add(inst, LAB_PARTICIPANT);

	if (ret)
		return ret;
	process = inst->priv;
	process->signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", process_signaller);
	return process->signaller ? 0 : -ENOMEM;
}

/* What a signal ends is not waited for again: the ioctl returns, as drivers' ioctls do. */
static int cycle_enter(struct lab_instance *inst)
{
	struct process *process = inst->priv;
	int ret;

	lab_lock_hold(&process->lock);
	process->fence = lab_fence_create(&process->timeline);
	if (!process->fence) {
		lab_lock_release(&process->lock);
		return -ENOMEM;
	}
	lab_truth_lab_fence(inst, process->fence);
	lab_actor_adopt(process->holder);
	lab_actor_blocks(process->holder);
	complete_all(&process->has);
	ret = dma_fence_wait(process->fence, inst->variant->value == PROCESS_KILLABLE);
	lab_lock_release(&process->lock);
	complete_all(&process->holder->left);
	return ret;
}

static int sleep_enter(struct lab_instance *inst)
{
	struct process *process = inst->priv;
	unsigned long end = jiffies + inst->params.seconds * HZ;
	int ret = 0;

	lab_lock_hold(&process->lock);
	lab_actor_adopt(process->holder);
	lab_actor_blocks(process->holder);
	inst->formed_ns = ktime_get_ns();
	complete_all(&process->has);
	if (inst->variant->value == PROCESS_KILLABLE)
		ret = wait_event_killable(process->queue, process->woken || time_after(jiffies, end));
	else
		wait_event(process->queue, process->woken || time_after(jiffies, end));
	lab_lock_release(&process->lock);
	complete_all(&process->holder->left);
	return ret;
}

static int sleep_waker(struct lab_actor *actor)
{
	struct process *process = actor->inst->priv;
	unsigned long end = jiffies + actor->inst->params.seconds * HZ;

	while (!lab_stopping(actor->inst) && time_before(jiffies, end))
		schedule_timeout_interruptible(HZ / 10);
	WRITE_ONCE(process->woken, true);
	wake_up_all(&process->queue);
	return 0;
}

static int sleep_start(struct lab_instance *inst)
{
	int ret = process_add(inst, LAB_ROOT);

	if (ret)
		return ret;
	return lab_actor_run(inst, "waker", LAB_HELPER, "gpulab-wake", sleep_waker) ? 0 : -ENOMEM;
}

static void process_reset(struct lab_instance *inst)
{
	struct process *process = inst->priv;

	if (process && process->fence)
		lab_fence_cancel(process->fence);
}

static void process_release(struct lab_instance *inst)
{
	struct process *process = inst->priv;

	if (!process)
		return;
	if (process->fence)
		lab_fence_cancel(process->fence);
	WRITE_ONCE(process->woken, true);
	wake_up_all(&process->queue);
}

static void process_finish(struct lab_instance *inst)
{
	struct process *process = inst->priv;

	if (!process)
		return;
	/* Who never came into the kernel does not leave it. */
	if (process->holder && process->holder->task)
		wait_for_completion(&process->holder->left);
	dma_fence_put(process->fence);
	lab_lock_fini(&process->lock);
	kfree(process);
}

static const struct lab_variant process_variants[] = {
	{ "uninterruptible", PROCESS_UNINTERRUPTIBLE, true },
	{ "killable", PROCESS_KILLABLE, true },
	{ "killed", PROCESS_KILLED, true },
	{ "" },
};

static const struct lab_variant sleep_variants[] = {
	{ "uninterruptible", PROCESS_UNINTERRUPTIBLE, true },
	{ "killable", PROCESS_KILLABLE, true },
	{ "" },
};

const struct lab_family lab_process_cycle_family = {
	.name = "process-cycle",
	.expected_class = "fence-lock-cycle",
	.variants = process_variants,
	.start = cycle_start,
	.enter = cycle_enter,
	.release = process_release,
	.reset = process_reset,
	.finish = process_finish,
};

const struct lab_family lab_driver_sleep_family = {
	.name = "driver-sleep",
	.expected_class = "none",
	.variants = sleep_variants,
	.start = sleep_start,
	.enter = sleep_enter,
	.release = process_release,
	.reset = process_reset,
	.finish = process_finish,
};
