// SPDX-License-Identifier: GPL-2.0
/*
 * flip-timeout: a commit worker waits for a page flip with a timeout, again and again, for its interrupt does not come;
 * the next commit is queued behind it, and somebody flushes that one.
 */
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "lab.h"

enum flip_variant { FLIP_LOST, FLIP_LATE };

struct flip {
	struct lab_instance *inst;
	struct workqueue_struct *wq;
	struct work_struct commit, next;
	struct completion flip_done;
	struct delayed_work vblank;
	struct lab_actor *worker;
};

static void commit_work(struct work_struct *work)
{
	struct flip *flip = container_of(work, struct flip, commit);

	lab_actor_adopt(flip->worker);
	lab_actor_blocks(flip->worker);
	while (!wait_for_completion_timeout(&flip->flip_done, 10 * HZ))
		pr_debug("gpulab: flip_done timed out\n");
}

static void next_work(struct work_struct *work)
{
}

static void vblank_work(struct work_struct *work)
{
	complete_all(&container_of(to_delayed_work(work), struct flip, vblank)->flip_done);
}

static int flusher_thread(struct lab_actor *actor)
{
	struct flip *flip = actor->inst->priv;

	lab_actor_blocks(actor);
	flush_work(&flip->next);
	return 0;
}

static int flip_start(struct lab_instance *inst)
{
	struct flip *flip = kzalloc(sizeof(*flip), GFP_KERNEL);
	int ret;

	if (!flip)
		return -ENOMEM;
	inst->priv = flip;
	flip->inst = inst;
	init_completion(&flip->flip_done);
	INIT_WORK(&flip->commit, commit_work);
	INIT_WORK(&flip->next, next_work);
	INIT_DELAYED_WORK(&flip->vblank, vblank_work);
	flip->wq = alloc_ordered_workqueue("gpulab-commit/%u", 0, inst->id);
	flip->worker = lab_actor_add(inst, "commit", LAB_PARTICIPANT);
	if (!flip->wq || !flip->worker)
		return -ENOMEM;
	queue_work(flip->wq, &flip->commit);
	queue_work(flip->wq, &flip->next);
	if (inst->variant->value == FLIP_LATE)
		schedule_delayed_work(&flip->vblank, inst->params.seconds * HZ);
	ret = lab_actor_wait_blocking(flip->worker);
	return ret ?: lab_victims_run(inst, flusher_thread);
}

static void flip_release(struct lab_instance *inst)
{
	struct flip *flip = inst->priv;

	if (flip)
		complete_all(&flip->flip_done);
}

static void flip_finish(struct lab_instance *inst)
{
	struct flip *flip = inst->priv;

	if (!flip)
		return;
	cancel_delayed_work_sync(&flip->vblank);
	if (flip->wq)
		destroy_workqueue(flip->wq);
	kfree(flip);
}

static const struct lab_variant flip_variants[] = {
	{ "lost", FLIP_LOST },
	{ "late", FLIP_LATE },
	{ "" },
};

const struct lab_family lab_flip_family = {
	.name = "flip-timeout",
	.expected_class = "silent-device",
	.variants = flip_variants,
	.start = flip_start,
	.release = flip_release,
	.reset = flip_release, /* no flip is outstanding after it */
	.finish = flip_finish,
};
