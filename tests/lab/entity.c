// SPDX-License-Identifier: GPL-2.0
/*
 * entity-drain: a holder of a lock waits until a scheduler is done with an entity, whose next job needs somebody who
 * needs that lock. late-drain: the same wait for a job that comes late.
 */
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum entity_variant { ENTITY_DEPENDENCY, ENTITY_RUN, ENTITY_FINI, ENTITY_LATE };

struct entity_drain {
	struct lab_instance *inst;
	struct lab_irq_ring *ring;
	struct lab_lock lock;
	atomic_t lock_held;
	struct lab_timeline timeline; /* of what the job depends on */
	struct dma_fence *dependency, *finished[2];
	struct lab_actor *holder, *other; /* other: who needs the lock */
	struct completion warm, go, holding;
	bool closing;
	struct delayed_work signal; /* late-drain */
};

static void release_lock(struct entity_drain *ed, bool for_owner)
{
	if (!atomic_xchg(&ed->lock_held, 0))
		return;
	if (for_owner)
		lab_lock_release_for_owner(&ed->lock);
	else
		lab_lock_release(&ed->lock);
}

static int holder_thread(struct lab_actor *actor)
{
	struct entity_drain *ed = actor->inst->priv;
	struct drm_sched_entity *entity = lab_irq_ring_entity(ed->ring);

	lab_lock_hold(&ed->lock);
	atomic_set(&ed->lock_held, 1);
	complete_all(&ed->holding);
	if (!lab_thread_wait(actor->inst, &ed->go)) {
		release_lock(ed, false);
		return 0;
	}
	lab_actor_blocks(actor);
	if (actor->inst->variant->value == ENTITY_FINI)
		drm_sched_entity_fini(entity);
	else
		drm_sched_entity_flush(entity, MAX_SCHEDULE_TIMEOUT);
	release_lock(ed, false);
	return 0;
}

static int signaller_thread(struct lab_actor *actor)
{
	struct entity_drain *ed = actor->inst->priv;

	lab_timeline_warmup(&ed->timeline, actor->inst->params.warmup);
	complete(&ed->warm);
	if (lab_wait(&ed->holding))
		return 0;
	lab_actor_blocks(actor);
	lab_lock_contend(&ed->lock);
	dma_fence_signal(ed->dependency);
	lab_lock_contend_done(&ed->lock);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct entity_drain *ed = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(ed->finished[1], false);
	return 0;
}

/* In run_job(): of the first job after the warm-up, it needs the lock. */
static void run_needs_lock(void *data)
{
	struct entity_drain *ed = data;

	if (!ed->closing)
		return;
	ed->closing = false;
	lab_actor_adopt(ed->other);
	lab_actor_blocks(ed->other);
	lab_lock_contend(&ed->lock);
	lab_lock_contend_done(&ed->lock);
}

static void late_signal(struct work_struct *work)
{
	dma_fence_signal(container_of(to_delayed_work(work), struct entity_drain, signal)->dependency);
}

static int start_holder(struct entity_drain *ed)
{
	ed->holder = lab_actor_run(ed->inst, "holder", LAB_PARTICIPANT, "gpulab-hold", holder_thread);
	return ed->holder ? lab_wait(&ed->holding) : -ENOMEM;
}

/* One job stands in run_job(), another one in the queue. */
static int start_with_run_job(struct entity_drain *ed)
{
	int ret;

	ed->other = lab_actor_add(ed->inst, "scheduler", LAB_PARTICIPANT);
	ret = ed->other ? start_holder(ed) : -ENOMEM;
	if (ret)
		return ret;
	ed->closing = true;
	ed->finished[0] = lab_irq_ring_submit(ed->ring, NULL);
	ed->finished[1] = lab_irq_ring_submit(ed->ring, NULL);
	return lab_actor_wait_blocking(ed->other);
}

static int start_with_dependency(struct entity_drain *ed)
{
	bool late = ed->inst->variant->value == ENTITY_LATE;
	int ret = 0;

	if (!late) {
		ed->other = lab_actor_run(ed->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", signaller_thread);
		ret = ed->other ? lab_wait(&ed->warm) : -ENOMEM;
	}
	ed->dependency = lab_fence_create(&ed->timeline);
	if (ret || !ed->dependency)
		return ret ?: -ENOMEM;
	ed->finished[1] = lab_irq_ring_submit(ed->ring, ed->dependency);
	if (late)
		schedule_delayed_work(&ed->signal, ed->inst->params.seconds * HZ);
	ret = start_holder(ed);
	return ret || late ? ret : lab_actor_wait_blocking(ed->other);
}

static int entity_start(struct lab_instance *inst)
{
	struct entity_drain *ed = kzalloc(sizeof(*ed), GFP_KERNEL);
	struct lab_irq_ring_params params = {
		.timeout = MAX_SCHEDULE_TIMEOUT,
		.job_us = 300,
		.run = run_needs_lock,
		.data = ed,
	};
	bool run = inst->variant->value == ENTITY_RUN || inst->variant->value == ENTITY_FINI;
	int ret;

	if (!ed)
		return -ENOMEM;
	inst->priv = ed;
	ed->inst = inst;
	init_completion(&ed->warm);
	init_completion(&ed->go);
	init_completion(&ed->holding);
	INIT_DELAYED_WORK(&ed->signal, late_signal);
	lab_timeline_init(&ed->timeline, "copy", inst->id);
	lab_lock_init(&ed->lock, LAB_MUTEX);
	lab_truth_lock(inst, &ed->lock);
	ed->ring = lab_irq_ring_create("gpulab-gfx", inst->id, &params);
	if (!ed->ring)
		return -ENOMEM;
	ret = lab_irq_ring_warmup(ed->ring, inst->params.warmup);
	ret = ret ?: run ? start_with_run_job(ed) : start_with_dependency(ed);
	if (ret || !ed->finished[1])
		return ret ?: -ENOMEM;
	complete(&ed->go);
	return lab_actor_wait_blocking(ed->holder) ?: lab_victims_run(inst, victim_thread);
}

static void entity_release(struct lab_instance *inst)
{
	struct entity_drain *ed = inst->priv;

	if (!ed)
		return;
	lab_fence_cancel(ed->dependency);
	if (ed->holder && (inst->variant->value == ENTITY_RUN || inst->variant->value == ENTITY_FINI))
		release_lock(ed, true);
}

/* A driver's reset stops the scheduler first, and what stands in run_job() does not let it. */
static void entity_reset(struct lab_instance *inst)
{
	struct entity_drain *ed = inst->priv;

	if (ed)
		lab_fence_cancel(ed->dependency);
}

static void entity_finish(struct lab_instance *inst)
{
	struct entity_drain *ed = inst->priv;

	if (!ed)
		return;
	cancel_delayed_work_sync(&ed->signal);
	if (inst->variant->value == ENTITY_FINI && ed->holder && ed->holder->since_ns)
		lab_irq_ring_entity_gone(ed->ring);
	lab_irq_ring_destroy(ed->ring);
	dma_fence_put(ed->dependency);
	dma_fence_put(ed->finished[0]);
	dma_fence_put(ed->finished[1]);
	lab_lock_fini(&ed->lock);
	kfree(ed);
}

static const struct lab_variant entity_variants[] = {
	{ "dependency", ENTITY_DEPENDENCY },
	{ "run", ENTITY_RUN },
	{ "" },
};

const struct lab_family lab_entity_family = {
	.name = "entity-drain",
	.expected_class = "fence-lock-cycle",
	.variants = entity_variants,
	.start = entity_start,
	.release = entity_release,
	.reset = entity_reset,
	.finish = entity_finish,
};

static const struct lab_variant entity_fini_variants[] = {
	{ "run", ENTITY_FINI },
	{ "" },
};

const struct lab_family lab_entity_fini_family = {
	.name = "entity-fini",
	.expected_class = "workqueue-cycle",
	.variants = entity_fini_variants,
	.start = entity_start,
	.release = entity_release,
	.finish = entity_finish,
};

static const struct lab_variant late_entity_variants[] = {
	{ "flush", ENTITY_LATE },
	{ "" },
};

const struct lab_family lab_late_entity_family = {
	.name = "late-drain",
	.expected_class = "none",
	.variants = late_entity_variants,
	.start = entity_start,
	.release = entity_release,
	.finish = entity_finish,
};
