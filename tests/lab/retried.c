// SPDX-License-Identifier: GPL-2.0
/*
 * retried-fence: a holder waits for a fence in short timeouts, again and again, under a lock that the fence's signaller needs
 * first. retried-fine: the fence comes, or the holder gives up. timed-fence: it waits once, with a timeout of two days;
 * timed-fine: with one of some seconds.
 */
#include <linux/delay.h>
#include <linux/slab.h>

#include "lab.h"

#define TURN msecs_to_jiffies(250)
#define FAR (48 * 60 * 60 * HZ)

enum retried_variant { RETRIED_LOCK, RETRIED_LATE, RETRIED_GIVES_UP, TIMED_FAR, TIMED_SHORT };

struct retried {
	struct lab_lock lock;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct completion warm, go;
	unsigned long end; /* jiffies */
};

static long retried_turn(struct lab_instance *inst)
{
	switch (inst->variant->value) {
	case TIMED_FAR:
		return FAR;
	case TIMED_SHORT:
		return inst->params.seconds * HZ;
	default:
		return TURN;
	}
}

/* After a turn. */
static bool retried_gives_up(struct lab_instance *inst)
{
	struct retried *retried = inst->priv;

	switch (inst->variant->value) {
	case TIMED_SHORT:
		return true;
	case RETRIED_GIVES_UP:
		return time_after(jiffies, retried->end);
	default:
		return false;
	}
}

static int retried_holder_thread(struct lab_actor *actor)
{
	struct retried *retried = actor->inst->priv;

	lab_lock_hold(&retried->lock);
	lab_actor_blocks(actor);
	while (dma_fence_wait_timeout(retried->fence, false, retried_turn(actor->inst)) == 0 &&
	       !retried_gives_up(actor->inst))
		;
	lab_lock_release(&retried->lock);
	return 0;
}

static int retried_signaller_thread(struct lab_actor *actor)
{
	struct retried *retried = actor->inst->priv;

	lab_timeline_warmup(&retried->timeline, actor->inst->params.warmup);
	complete(&retried->warm);
	if (!lab_thread_wait(actor->inst, &retried->go))
		return 0;
	lab_actor_blocks(actor);
	if (actor->inst->variant->value == RETRIED_LATE) {
		while (time_before(jiffies, retried->end) && !lab_stopping(actor->inst))
			msleep(50);
		dma_fence_signal(retried->fence);
		return 0;
	}
	lab_lock_contend(&retried->lock);
	dma_fence_signal(retried->fence);
	lab_lock_contend_done(&retried->lock);
	return 0;
}

static int retried_victim_thread(struct lab_actor *actor)
{
	struct retried *retried = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&retried->lock);
	lab_lock_contend_done(&retried->lock);
	return 0;
}

static int retried_start(struct lab_instance *inst)
{
	struct retried *retried = kzalloc(sizeof(*retried), GFP_KERNEL);
	struct lab_actor *signaller, *holder;
	int ret;

	if (!retried)
		return -ENOMEM;
	inst->priv = retried;
	init_completion(&retried->warm);
	init_completion(&retried->go);
	lab_lock_init(&retried->lock, LAB_MUTEX);
	lab_truth_lock(inst, &retried->lock);
	lab_timeline_init(&retried->timeline, "gfx", inst->id);
	retried->end = jiffies + inst->params.seconds * HZ;
	signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", retried_signaller_thread);
	ret = signaller ? lab_wait(&retried->warm) : -ENOMEM;
	if (ret)
		return ret;
	retried->fence = lab_fence_create(&retried->timeline);
	if (!retried->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, retried->fence);
	holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", retried_holder_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	complete(&retried->go);
	return ret ?: lab_actor_wait_blocking(signaller) ?: lab_victims_run(inst, retried_victim_thread);
}

static void retried_release(struct lab_instance *inst)
{
	struct retried *retried = inst->priv;

	if (retried)
		lab_fence_cancel(retried->fence);
}

static void retried_finish(struct lab_instance *inst)
{
	struct retried *retried = inst->priv;

	if (!retried)
		return;
	dma_fence_put(retried->fence);
	lab_lock_fini(&retried->lock);
	kfree(retried);
}

static const struct lab_variant retried_variants[] = { { "lock", RETRIED_LOCK }, { "" } };

const struct lab_family lab_retried_family = {
	.name = "retried-fence",
	.expected_class = "fence-lock-cycle",
	.variants = retried_variants,
	.start = retried_start,
	.release = retried_release,
	.reset = retried_release,
	.finish = retried_finish,
};

static const struct lab_variant retried_fine_variants[] = {
	{ "late", RETRIED_LATE },
	{ "gives-up", RETRIED_GIVES_UP },
	{ "" },
};

const struct lab_family lab_retried_fine_family = {
	.name = "retried-fine",
	.expected_class = "none",
	.variants = retried_fine_variants,
	.start = retried_start,
	.release = retried_release,
	.finish = retried_finish,
};

static const struct lab_variant timed_variants[] = { { "far", TIMED_FAR }, { "" } };

const struct lab_family lab_timed_family = {
	.name = "timed-fence",
	.expected_class = "fence-lock-cycle",
	.variants = timed_variants,
	.start = retried_start,
	.release = retried_release,
	.reset = retried_release,
	.finish = retried_finish,
};

static const struct lab_variant timed_fine_variants[] = { { "short", TIMED_SHORT }, { "" } };

const struct lab_family lab_timed_fine_family = {
	.name = "timed-fine",
	.expected_class = "none",
	.variants = timed_fine_variants,
	.start = retried_start,
	.release = retried_release,
	.finish = retried_finish,
};
