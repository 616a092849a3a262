// SPDX-License-Identifier: GPL-2.0
/*
 * stopped-signaller: a process that signals a timeline's fences has been stopped by a signal, the freezer or a debugger, and
 * others wait for its next fence.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "lab.h"

struct stopped {
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct lab_actor *signaller;
};

static int stopped_waiter_thread(struct lab_actor *actor)
{
	struct stopped *stopped = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(stopped->fence, false);
	return 0;
}

/* In the ioctl of the process, which stops itself after this. */
static int stopped_start(struct lab_instance *inst)
{
	struct stopped *stopped = kzalloc(sizeof(*stopped), GFP_KERNEL);
	struct lab_actor *waiter;
	int ret;

	if (!stopped)
		return -ENOMEM;
	inst->priv = stopped;
	stopped->signaller = lab_actor_add(inst, "signaller", LAB_ROOT);
	if (!stopped->signaller)
		return -ENOMEM;
	lab_actor_adopt(stopped->signaller);
	stopped->signaller->state = "user";
	lab_timeline_init(&stopped->timeline, "user", inst->id);
	lab_timeline_warmup(&stopped->timeline, inst->params.warmup);
	stopped->fence = lab_fence_create(&stopped->timeline);
	if (!stopped->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, stopped->fence);
	waiter = lab_actor_run(inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", stopped_waiter_thread);
	ret = waiter ? lab_actor_wait_blocking(waiter) : -ENOMEM;
	return ret ?: lab_victims_run(inst, stopped_waiter_thread);
}

static void stopped_release(struct lab_instance *inst)
{
	struct stopped *stopped = inst->priv;

	if (!stopped)
		return;
	lab_fence_cancel(stopped->fence);
	if (stopped->signaller && stopped->signaller->task)
		kill_pid(task_pid(stopped->signaller->task), SIGCONT, 1);
}

static void stopped_finish(struct lab_instance *inst)
{
	struct stopped *stopped = inst->priv;

	if (!stopped)
		return;
	dma_fence_put(stopped->fence);
	kfree(stopped);
}

static const struct lab_variant stopped_variants[] = {
	{ "signal", 0, true }, { "freezer", 1, true }, { "traced", 2, true }, { "" }
};

const struct lab_family lab_stopped_family = {
	.name = "stopped-signaller",
	.expected_class = "long-wait",
	.variants = stopped_variants,
	.start = stopped_start,
	.release = stopped_release,
	.finish = stopped_finish,
};
