// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim-cycle: the signaller allocates, enters direct reclaim, and a shrinker there waits for the signaller's fence.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

/* The largest order that a hoard starts with; smaller ones follow when it runs out. */
#define HOARD_ORDER 9

struct reclaim_cycle {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct shrinker *shrinker;
	struct lab_actor *signaller;
	struct completion warm, go;
	struct list_head hoard; /* pages, by their lru member; the signaller's own */
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

static bool is_signaller(struct reclaim_cycle *rc)
{
	return rc && rc->signaller && current == rc->signaller->task;
}

static unsigned long count_objects(struct shrinker *shrinker, struct shrink_control *sc)
{
	/* Everybody else's reclaim passes by. */
	return is_signaller(READ_ONCE(the_cycle)) ? 1 << 20 : 0;
}

/*
 * What drivers' shrinkers do: give up what is idle, then wait for the GPU to be done with the rest. The first part
 * also keeps the machine usable while the deadlock stands.
 */
static unsigned long scan_objects(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct reclaim_cycle *rc = READ_ONCE(the_cycle);

	if (!is_signaller(rc))
		return SHRINK_STOP;
	drop_hoard(rc);
	if (rc->caught || !(current->flags & PF_MEMALLOC))
		return SHRINK_STOP;
	rc->caught = true;
	lab_actor_blocks(rc->signaller);
	dma_fence_wait(rc->fence, false);
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

static int victim_thread(struct lab_actor *actor)
{
	struct reclaim_cycle *rc = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(rc->fence, false);
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
	rc->signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", signaller_thread);
	if (!rc->signaller)
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
	return lab_actor_wait_blocking(rc->signaller) ?: lab_victims_run(inst, victim_thread);
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

static const struct lab_variant reclaim_variants[] = { { "direct" }, { "" } };

const struct lab_family lab_reclaim_family = {
	.name = "reclaim-cycle",
	.expected_class = "reclaim-cycle",
	.variants = reclaim_variants,
	.start = reclaim_start,
	.release = reclaim_release,
	.finish = reclaim_finish,
};
