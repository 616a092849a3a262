// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim-cycle: a task allocates, enters direct reclaim, and a shrinker there waits for a fence that cannot be signalled
 * before: by that very task, or, in /retries, by one that needs a lock which the task holds. There the shrinker waits for
 * 10 jiffies, again and again. reclaim-late: nobody needs the lock, and the fence is only late; in /queued that lock is an rwsem,
 * as an mmap_lock, which the task has for writing, and readers queue behind it.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

enum reclaim_variant { RECLAIM_DIRECT, RECLAIM_RETRIES, RECLAIM_LATE, RECLAIM_QUEUED };

/* The largest order that a hoard starts with; smaller ones follow when it runs out. */
#define HOARD_ORDER 9

struct reclaim_cycle {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct shrinker *shrinker;
	struct mutex lock; /* of the GPU: whoever submits has it, the ring's thread wants it */
	struct rw_semaphore memory; /* /queued: has it, too, for writing */
	struct lab_actor *signaller, *reclaimer; /* one and the same in /direct */
	struct completion warm, go, ring;
	struct list_head hoard; /* pages, by their lru member; the reclaimer's own */
	bool caught;
};

/* One instance at a time: a shrinker has nothing to tell instances apart by. */
static struct reclaim_cycle *the_cycle;

static void drop_hoard(struct reclaim_cycle *rc)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &rc->hoard, lru) {
		list_del(&page->lru);
		__free_pages(page, page_private(page));
	}
}

static bool is_reclaimer(struct reclaim_cycle *rc)
{
	return rc && rc->reclaimer && current == rc->reclaimer->task;
}

static unsigned long count_objects(struct shrinker *shrinker, struct shrink_control *sc)
{
	/* Everybody else's reclaim passes by. */
	return is_reclaimer(READ_ONCE(the_cycle)) ? 1 << 20 : 0;
}

/* As if each were another object's. */
static noinline void wait_for_objects(struct reclaim_cycle *rc)
{
	while (!dma_fence_is_signaled(rc->fence))
		dma_fence_wait_timeout(rc->fence, false, 10);
}

/*
 * What drivers' shrinkers do: give up what is idle, then wait for the GPU to be done with the rest. The first part
 * also keeps the machine usable while the deadlock stands.
 */
static unsigned long scan_objects(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct reclaim_cycle *rc = READ_ONCE(the_cycle);

	if (!is_reclaimer(rc))
		return SHRINK_STOP;
	drop_hoard(rc);
	if (rc->caught || !(current->flags & PF_MEMALLOC))
		return SHRINK_STOP;
	rc->caught = true;
	lab_actor_blocks(rc->reclaimer);
	if (rc->inst->variant->value == RECLAIM_DIRECT)
		dma_fence_wait(rc->fence, false);
	else
		wait_for_objects(rc);
	return SHRINK_STOP;
}

/* Takes what is free until an allocation has to reclaim. Gives up rather than have anybody killed. */
static void allocate_until_caught(struct reclaim_cycle *rc)
{
	int order = HOARD_ORDER;

	while (!rc->caught && !lab_stopping(rc->inst)) {
		gfp_t gfp = order ? GFP_NOWAIT | __GFP_NOWARN : GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
		struct page *page = alloc_pages(gfp, order);

		if (!page) {
			if (order)
				order--;
			else
				drop_hoard(rc);
			continue;
		}
		set_page_private(page, order);
		list_add(&page->lru, &rc->hoard);
		if (!order)
			cond_resched();
	}
	drop_hoard(rc);
}

static int signaller_thread(struct lab_actor *actor)
{
	struct reclaim_cycle *rc = actor->inst->priv;

	lab_timeline_warmup(&rc->timeline, actor->inst->params.warmup);
	complete(&rc->warm);
	if (!lab_thread_wait(actor->inst, &rc->go))
		return 0;
	allocate_until_caught(rc);
	dma_fence_signal(rc->fence);
	return 0;
}

/* Submits, and allocates under the lock. */
static int reclaimer_thread(struct lab_actor *actor)
{
	struct reclaim_cycle *rc = actor->inst->priv;

	mutex_lock(&rc->lock);
	down_write(&rc->memory);
	if (lab_thread_wait(actor->inst, &rc->go))
		allocate_until_caught(rc);
	up_write(&rc->memory);
	mutex_unlock(&rc->lock);
	return 0;
}

/* Retires what the ring has done, under the lock; in /late and /queued without it, after a while. */
static int ring_thread(struct lab_actor *actor)
{
	struct reclaim_cycle *rc = actor->inst->priv;
	unsigned int tenths = actor->inst->params.seconds * 10;

	lab_timeline_warmup(&rc->timeline, actor->inst->params.warmup);
	complete(&rc->warm);
	if (!lab_thread_wait(actor->inst, &rc->ring))
		return 0;
	lab_actor_blocks(actor);
	if (actor->inst->variant->value != RECLAIM_RETRIES) {
		while (tenths-- && !lab_stopping(actor->inst))
			msleep(100);
		dma_fence_signal(rc->fence);
		return 0;
	}
	mutex_lock(&rc->lock);
	dma_fence_signal(rc->fence);
	mutex_unlock(&rc->lock);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct reclaim_cycle *rc = actor->inst->priv;

	lab_actor_blocks(actor);
	if (actor->inst->variant->value == RECLAIM_QUEUED) {
		down_read(&rc->memory);
		up_read(&rc->memory);
	} else {
		dma_fence_wait(rc->fence, false);
	}
	return 0;
}

static int reclaim_start(struct lab_instance *inst)
{
	struct reclaim_cycle *rc;
	int ret;

	if (the_cycle)
		return -EBUSY;
	rc = kzalloc(sizeof(*rc), GFP_KERNEL);
	if (!rc)
		return -ENOMEM;
	inst->priv = rc;
	rc->inst = inst;
	INIT_LIST_HEAD(&rc->hoard);
	init_completion(&rc->warm);
	init_completion(&rc->go);
	lab_timeline_init(&rc->timeline, "copy", inst->id);
	mutex_init(&rc->lock);
	init_rwsem(&rc->memory);
	init_completion(&rc->ring);
	rc->signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign",
				      inst->variant->value == RECLAIM_DIRECT ? signaller_thread : ring_thread);
	rc->reclaimer = inst->variant->value == RECLAIM_DIRECT
				? rc->signaller
				: lab_actor_run(inst, "submitter", LAB_PARTICIPANT, "gpulab-sub", reclaimer_thread);
	if (!rc->signaller || !rc->reclaimer)
		return -ENOMEM;
	ret = lab_wait(&rc->warm);
	if (ret)
		return ret;
	rc->fence = lab_fence_create(&rc->timeline);
	if (!rc->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, rc->fence);
	WRITE_ONCE(the_cycle, rc);
	rc->shrinker = lab_shrinker_create(count_objects, scan_objects);
	if (!rc->shrinker)
		return -ENOMEM;
	complete(&rc->go);
	ret = lab_actor_wait_blocking(rc->reclaimer);
	complete(&rc->ring);
	ret = ret ?: lab_actor_wait_blocking(rc->signaller);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void reclaim_release(struct lab_instance *inst)
{
	struct reclaim_cycle *rc = inst->priv;

	if (rc)
		lab_fence_cancel(rc->fence);
}

static void reclaim_finish(struct lab_instance *inst)
{
	struct reclaim_cycle *rc = inst->priv;

	if (!rc)
		return;
	lab_shrinker_destroy(rc->shrinker);
	if (the_cycle == rc)
		WRITE_ONCE(the_cycle, NULL);
	dma_fence_put(rc->fence);
	kfree(rc);
}

static const struct lab_variant reclaim_variants[] = {
	{ "direct", RECLAIM_DIRECT },
	{ "retries", RECLAIM_RETRIES },
	{ "" },
};
static const struct lab_variant late_variants[] = { { "late", RECLAIM_LATE }, { "queued", RECLAIM_QUEUED }, { "" } };

const struct lab_family lab_reclaim_family = {
	.name = "reclaim-cycle",
	.expected_class = "reclaim-cycle",
	.variants = reclaim_variants,
	.start = reclaim_start,
	.release = reclaim_release,
	.reset = reclaim_release,
	.finish = reclaim_finish,
};

const struct lab_family lab_reclaim_late_family = {
	.name = "reclaim-late",
	.expected_class = "none",
	.variants = late_variants,
	.start = reclaim_start,
	.release = reclaim_release,
	.finish = reclaim_finish,
};
