// SPDX-License-Identifier: GPL-2.0
/*
 * percpu-readers: a task that has a percpu_rw_semaphore for reading waits for a fence, whose signaller wants to write; others queue
 * up to read. percpu-readers-fine: the fence comes late; or the task reads another semaphore, and the reader is one that ends.
 */
#include <linux/delay.h>
#include <linux/percpu-rwsem.h>
#include <linux/slab.h>

#include "lab.h"

enum percpu_variant { PERCPU_CYCLE, PERCPU_LATE, PERCPU_OTHER };

struct percpu {
	struct percpu_rw_semaphore own, other;
	bool has_own, has_other;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct completion warm, has, go, wait, beside;
	struct lab_actor *reader, *writer;
	unsigned long end; /* jiffies */
};

static bool percpu_over(struct lab_instance *inst)
{
	struct percpu *percpu = inst->priv;

	return lab_stopping(inst) || time_after(jiffies, percpu->end);
}

static noinline void percpu_wait_for_job(struct lab_actor *actor)
{
	struct percpu *percpu = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(percpu->fence, false);
}

/* What readers are inside of. A victim comes when a writer waits. */
static noinline void percpu_section(struct lab_actor *actor, struct percpu_rw_semaphore *lock)
{
	struct percpu *percpu = actor->inst->priv;

	if (actor->part == LAB_VICTIM)
		lab_actor_blocks(actor);
	percpu_down_read(lock);
	complete_all(&percpu->has);
	if (actor->part != LAB_VICTIM && lab_thread_wait(actor->inst, &percpu->wait))
		percpu_wait_for_job(actor);
	percpu_up_read(lock);
}

/* Reads in another function, and only takes long. */
static noinline int percpu_slow_thread(struct lab_actor *actor)
{
	struct percpu *percpu = actor->inst->priv;

	percpu_down_read(&percpu->own);
	complete_all(&percpu->beside);
	while (!percpu_over(actor->inst))
		msleep(100);
	percpu_up_read(&percpu->own);
	return 0;
}

static int percpu_reader_thread(struct lab_actor *actor)
{
	struct percpu *percpu = actor->inst->priv;

	percpu_section(actor, actor->inst->variant->value == PERCPU_OTHER ? &percpu->other : &percpu->own);
	return 0;
}

static int percpu_victim_thread(struct lab_actor *actor)
{
	struct percpu *percpu = actor->inst->priv;

	percpu_section(actor, &percpu->own);
	return 0;
}

/* Wants to write before it signals. In /late it needs nothing, and another one writes. */
static int percpu_signaller_thread(struct lab_actor *actor)
{
	struct percpu *percpu = actor->inst->priv;

	lab_timeline_warmup(&percpu->timeline, actor->inst->params.warmup);
	complete_all(&percpu->warm);
	if (!lab_thread_wait(actor->inst, &percpu->go))
		return 0;
	if (actor->inst->variant->value == PERCPU_LATE) {
		while (!percpu_over(actor->inst))
			msleep(100);
		dma_fence_signal(percpu->fence);
		return 0;
	}
	lab_actor_blocks(actor);
	percpu_down_write(&percpu->own);
	dma_fence_signal(percpu->fence);
	percpu_up_write(&percpu->own);
	return 0;
}

static int percpu_writer_thread(struct lab_actor *actor)
{
	struct percpu *percpu = actor->inst->priv;

	if (!lab_thread_wait(actor->inst, &percpu->go))
		return 0;
	lab_actor_blocks(actor);
	percpu_down_write(&percpu->own);
	percpu_up_write(&percpu->own);
	return 0;
}

static int percpu_run(struct lab_instance *inst)
{
	struct percpu *percpu = inst->priv;
	struct lab_actor *signaller;
	int ret;

	signaller = lab_actor_run(inst, "signaller", inst->variant->value == PERCPU_LATE ? LAB_HELPER : LAB_PARTICIPANT,
				  "gpulab-sign", percpu_signaller_thread);
	percpu->writer = signaller;
	if (inst->variant->value == PERCPU_LATE)
		percpu->writer = lab_actor_run(inst, "writer", LAB_PARTICIPANT, "gpulab-write", percpu_writer_thread);
	if (inst->variant->value == PERCPU_OTHER &&
	    !lab_actor_run(inst, "beside", LAB_HELPER, "gpulab-slow", percpu_slow_thread))
		return -ENOMEM;
	percpu->reader = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-read", percpu_reader_thread);
	if (!signaller || !percpu->writer || !percpu->reader)
		return -ENOMEM;
	ret = lab_wait(&percpu->warm);
	percpu->fence = ret ? NULL : lab_fence_create(&percpu->timeline);
	if (!percpu->fence)
		return ret ?: -ENOMEM;
	lab_truth_lab_fence(inst, percpu->fence);
	lab_truth_lock_at(inst, "percpu-rwsem", &percpu->own);
	ret = lab_wait(&percpu->has);
	if (!ret && inst->variant->value == PERCPU_OTHER)
		ret = lab_wait(&percpu->beside);
	complete_all(&percpu->wait);
	ret = ret ?: lab_actor_wait_blocking(percpu->reader);
	complete_all(&percpu->go);
	return ret ?: lab_actor_wait_blocking(percpu->writer);
}

static int percpu_start(struct lab_instance *inst)
{
	struct percpu *percpu = kzalloc(sizeof(*percpu), GFP_KERNEL);
	int ret;

	if (!percpu)
		return -ENOMEM;
	inst->priv = percpu;
	percpu->has_own = !percpu_init_rwsem(&percpu->own);
	percpu->has_other = !percpu_init_rwsem(&percpu->other);
	init_completion(&percpu->warm);
	init_completion(&percpu->has);
	init_completion(&percpu->go);
	init_completion(&percpu->wait);
	init_completion(&percpu->beside);
	percpu->end = jiffies + inst->params.seconds * HZ;
	lab_timeline_init(&percpu->timeline, "gfx", inst->id);
	if (!percpu->has_own || !percpu->has_other)
		return -ENOMEM;
	ret = percpu_run(inst);
	return ret ?: lab_victims_run(inst, percpu_victim_thread);
}

static void percpu_release(struct lab_instance *inst)
{
	struct percpu *percpu = inst->priv;

	if (percpu)
		lab_fence_cancel(percpu->fence);
}

static void percpu_finish(struct lab_instance *inst)
{
	struct percpu *percpu = inst->priv;

	if (!percpu)
		return;
	if (percpu->has_own)
		percpu_free_rwsem(&percpu->own);
	if (percpu->has_other)
		percpu_free_rwsem(&percpu->other);
	dma_fence_put(percpu->fence);
	kfree(percpu);
}

static const struct lab_variant percpu_variants[] = { { "cycle", PERCPU_CYCLE }, { "" } };

const struct lab_family lab_percpu_family = {
	.name = "percpu-readers",
	.expected_class = "fence-lock-cycle",
	.variants = percpu_variants,
	.start = percpu_start,
	.release = percpu_release,
	.reset = percpu_release,
	.finish = percpu_finish,
};

static const struct lab_variant percpu_fine_variants[] = { { "late", PERCPU_LATE }, { "other", PERCPU_OTHER }, { "" } };

const struct lab_family lab_percpu_fine_family = {
	.name = "percpu-readers-fine",
	.expected_class = "none",
	.variants = percpu_fine_variants,
	.start = percpu_start,
	.release = percpu_release,
	.finish = percpu_finish,
};
