// SPDX-License-Identifier: GPL-2.0
/*
 * recovery: the loop of fence-lock-cycle forms, somebody else retires its fence, and the same loop forms again on the
 * same timeline. late-recovery: the second time, whoever retires fences is on its way: no deadlock, only late.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

#define MAX_SIGNALLERS 3

enum recovery_variant { BY_RESET, BY_RESET_WITHOUT_ERROR, BY_OPERATOR, OF_THREE, PER_JOB, LATE_WORK, LATE_THREAD };

struct recovery {
	struct lab_instance *inst;
	struct lab_lock lock;
	struct lab_timeline timeline;
	struct dma_fence *fence[2]; /* of each round */
	struct completion go[2], warm, over; /* over: of the first round */
	struct lab_actor *signaller[MAX_SIGNALLERS];
	unsigned int signallers, round;
	struct workqueue_struct *wq;
	struct delayed_work reset;
	struct completion retire, retired; /* late-recovery/thread */
};

static int holder_thread(struct lab_actor *actor)
{
	struct recovery *r = actor->inst->priv;

	lab_lock_hold(&r->lock);
	lab_actor_blocks(actor);
	dma_fence_wait(r->fence[actor->index], false);
	lab_lock_release(&r->lock);
	return 0;
}

/* Drivers have a fence context per ring, or per job. */
static void next_job(struct recovery *r)
{
	if (r->inst->variant->value == PER_JOB)
		lab_timeline_init(&r->timeline, "job", r->inst->id);
}

static int signaller_thread(struct lab_actor *actor)
{
	struct recovery *r = actor->inst->priv;
	unsigned int i;

	for (i = 0; i < actor->inst->params.warmup; i++) {
		next_job(r);
		lab_timeline_warmup(&r->timeline, 1);
	}
	complete(&r->warm);
	if (!lab_thread_wait(actor->inst, &r->go[0]))
		return 0;
	lab_lock_contend(&r->lock);
	lab_lock_contend_done(&r->lock);
	complete(&r->over);
	if (!lab_thread_wait(actor->inst, &r->go[1]))
		return 0;
	lab_actor_blocks(actor);
	lab_lock_contend(&r->lock);
	dma_fence_signal(r->fence[1]);
	lab_lock_contend_done(&r->lock);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct recovery *r = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(r->fence[1], false);
	return 0;
}

static void reset_work(struct work_struct *work)
{
	struct recovery *r = container_of(to_delayed_work(work), struct recovery, reset);

	if (r->inst->variant->value == BY_RESET_WITHOUT_ERROR)
		dma_fence_signal(r->fence[r->round]);
	else
		lab_fence_cancel(r->fence[r->round]);
}

/* Retires the first round's fence at once, and the second one's after a long sleep. */
static int recovery_thread(struct lab_actor *actor)
{
	struct recovery *r = actor->inst->priv;
	unsigned int tenths = actor->inst->params.seconds * 10;

	if (!lab_thread_wait(actor->inst, &r->retire))
		return 0;
	lab_fence_cancel(r->fence[0]);
	complete(&r->retired);
	while (tenths-- && !lab_stopping(actor->inst))
		msleep(100);
	lab_fence_cancel(READ_ONCE(r->fence[1]));
	return 0;
}

static int retire_first(struct recovery *r)
{
	switch (r->inst->variant->value) {
	case BY_OPERATOR:
		lab_fence_cancel(r->fence[0]);
		return 0;
	case LATE_THREAD:
		complete(&r->retire);
		return lab_wait(&r->retired);
	default:
		queue_delayed_work(r->wq, &r->reset, 0);
		flush_delayed_work(&r->reset);
		return 0;
	}
}

static int start_round(struct recovery *r, unsigned int round)
{
	struct lab_actor *holder;
	unsigned int i;
	int ret;

	r->round = round;
	next_job(r);
	r->fence[round] = lab_fence_create(&r->timeline);
	if (!r->fence[round])
		return -ENOMEM;
	holder = lab_actor_run_index(r->inst, "holder", round ? LAB_PARTICIPANT : LAB_HELPER, round, "gpulab-hold",
				     holder_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	for (i = 0; i < r->signallers; i++)
		complete(&r->go[round]);
	return ret;
}

static int first_round(struct recovery *r)
{
	unsigned int i;
	int ret = start_round(r, 0);

	if (ret)
		return ret;
	msleep(5 * r->inst->params.stagger_ms);
	ret = retire_first(r);
	for (i = 0; i < r->signallers && !ret; i++)
		ret = lab_wait(&r->over);
	return ret;
}

static int second_round(struct recovery *r)
{
	unsigned int i;
	int ret;

	if (r->inst->variant->value == LATE_WORK)
		queue_delayed_work(r->wq, &r->reset, r->inst->params.seconds * HZ);
	ret = start_round(r, 1);
	for (i = 0; i < r->signallers && !ret; i++)
		ret = lab_actor_wait_blocking(r->signaller[i]);
	if (!ret)
		lab_truth_lab_fence(r->inst, r->fence[1]);
	return ret;
}

static int start_signallers(struct recovery *r)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < r->signallers && !ret; i++) {
		/* Any of them would do: one loop is shown, through the latest. */
		r->signaller[i] =
			lab_actor_run_index(r->inst, "signaller", i + 1 == r->signallers ? LAB_PARTICIPANT : LAB_VICTIM,
					    i, "gpulab-sign", signaller_thread);
		ret = r->signaller[i] ? lab_wait(&r->warm) : -ENOMEM;
	}
	return ret;
}

static int recovery_start(struct lab_instance *inst)
{
	struct recovery *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	inst->priv = r;
	r->inst = inst;
	r->signallers = inst->variant->value == OF_THREE ? MAX_SIGNALLERS : 1;
	init_completion(&r->go[0]);
	init_completion(&r->go[1]);
	init_completion(&r->warm);
	init_completion(&r->over);
	init_completion(&r->retire);
	init_completion(&r->retired);
	INIT_DELAYED_WORK(&r->reset, reset_work);
	lab_timeline_init(&r->timeline, "gfx", inst->id);
	lab_lock_init(&r->lock, LAB_MUTEX);
	lab_truth_lock(inst, &r->lock);
	r->wq = alloc_workqueue("gpulab-reset/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, inst->id);
	if (!r->wq)
		return -ENOMEM;
	if (inst->variant->value == LATE_THREAD &&
	    !lab_actor_run(inst, "recovery", LAB_HELPER, "gpulab-reco", recovery_thread))
		return -ENOMEM;
	return start_signallers(r) ?: first_round(r) ?: second_round(r) ?: lab_victims_run(inst, victim_thread);
}

static void recovery_release(struct lab_instance *inst)
{
	struct recovery *r = inst->priv;

	if (!r)
		return;
	lab_fence_cancel(r->fence[0]);
	lab_fence_cancel(r->fence[1]);
}

static void recovery_finish(struct lab_instance *inst)
{
	struct recovery *r = inst->priv;

	if (!r)
		return;
	cancel_delayed_work_sync(&r->reset);
	if (r->wq)
		destroy_workqueue(r->wq);
	dma_fence_put(r->fence[0]);
	dma_fence_put(r->fence[1]);
	lab_lock_fini(&r->lock);
	kfree(r);
}

static const struct lab_variant recovery_variants[] = {
	{ "reset", BY_RESET },		{ "reset-without-error", BY_RESET_WITHOUT_ERROR },
	{ "operator", BY_OPERATOR },	{ "three-signallers", OF_THREE },
	{ "context-per-job", PER_JOB }, { "" },
};

const struct lab_family lab_recovery_family = {
	.name = "recovery",
	.expected_class = "fence-lock-cycle",
	.variants = recovery_variants,
	.start = recovery_start,
	.release = recovery_release,
	.reset = recovery_release,
	.finish = recovery_finish,
};

static const struct lab_variant late_recovery_variants[] = {
	{ "work", LATE_WORK },
	{ "thread", LATE_THREAD },
	{ "" },
};

const struct lab_family lab_late_recovery_family = {
	.name = "late-recovery",
	.expected_class = "none",
	.variants = late_recovery_variants,
	.start = recovery_start,
	.release = recovery_release,
	.reset = recovery_release,
	.finish = recovery_finish,
};
