// SPDX-License-Identifier: GPL-2.0
/*
 * teardown: schedulers, timelines and devices that go while fences of theirs are still waited for, over and over. Whoever
 * asks such a fence for its names reads memory that is gone: the kernel itself does not.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "lab.h"

#define TEARDOWN_POISON 0x6b

struct teardown {
	atomic64_t name_calls; /* of the getters of the fences below */
	atomic64_t fences, schedulers, devices;
	struct lab_timeline timeline;
};

/* As in many drivers, its names are those of what it belongs to; that goes first. */
struct teardown_fence {
	struct dma_fence base;
	spinlock_t lock;
	struct teardown *teardown;
	struct lab_timeline *timeline; /* freed while the fence stands */
};

static struct teardown_fence *to_teardown_fence(struct dma_fence *fence)
{
	return container_of(fence, struct teardown_fence, base);
}

static const char *teardown_driver_name(struct dma_fence *fence)
{
	atomic64_inc(&to_teardown_fence(fence)->teardown->name_calls);
	return LAB_DRIVER_NAME;
}

static const char *teardown_timeline_name(struct dma_fence *fence)
{
	atomic64_inc(&to_teardown_fence(fence)->teardown->name_calls);
	return to_teardown_fence(fence)->timeline->name;
}

/* The kernel's event of the same name is for fences that have this. */
static bool teardown_enable_signaling(struct dma_fence *fence)
{
	return true;
}

static const struct dma_fence_ops teardown_fence_ops = {
	.enable_signaling = teardown_enable_signaling,
	.get_driver_name = teardown_driver_name,
	.get_timeline_name = teardown_timeline_name,
};

static struct dma_fence *teardown_fence_create(struct teardown *teardown)
{
	struct teardown_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);
	struct lab_timeline *timeline = kzalloc(sizeof(*timeline), GFP_KERNEL);

	if (!fence || !timeline) {
		kfree(fence);
		kfree(timeline);
		return NULL;
	}
	lab_timeline_init(timeline, "gone", 0);
	spin_lock_init(&fence->lock);
	fence->teardown = teardown;
	fence->timeline = timeline;
	dma_fence_init(&fence->base, &teardown_fence_ops, &fence->lock, timeline->context, 1);
	memset(timeline, TEARDOWN_POISON, sizeof(*timeline));
	barrier_data(timeline);
	kfree(timeline);
	return &fence->base;
}

/* A wait that is the first one, so that signalling is enabled by it; then the fence is given up. */
static void teardown_wait(struct dma_fence *fence)
{
	dma_fence_wait_timeout(fence, true, msecs_to_jiffies(30));
	lab_fence_cancel(fence);
	dma_fence_put(fence);
}

static int fence_thread(struct lab_actor *actor)
{
	struct teardown *teardown = actor->inst->priv;
	struct dma_fence *fence;

	while (!lab_stopping(actor->inst)) {
		fence = teardown_fence_create(teardown);
		if (!fence)
			return -ENOMEM;
		teardown_wait(fence);
		atomic64_inc(&teardown->fences);
	}
	return 0;
}

/* A scheduler with jobs that have run and one that never will; its finished fence outlives the scheduler. */
static struct dma_fence *scheduler_orphan(struct lab_instance *inst, unsigned int index)
{
	struct lab_ring *ring = lab_ring_create("gpulab-gone", inst->id * 16 + index);
	struct dma_fence *finished, *orphan = NULL;
	struct lab_job *job;
	unsigned int i;

	for (i = 0; ring && i < 4; i++) {
		job = lab_job_create(ring, NULL, NULL, &finished);
		if (!job)
			break;
		lab_job_push(job);
		dma_fence_wait(finished, false);
		dma_fence_put(finished);
	}
	job = ring ? lab_job_create(ring, NULL, NULL, &orphan) : NULL;
	if (job)
		lab_job_abandon(job);
	lab_ring_destroy(ring);
	return job ? orphan : NULL;
}

static int scheduler_thread(struct lab_actor *actor)
{
	struct teardown *teardown = actor->inst->priv;
	struct dma_fence *orphan;

	while (!lab_stopping(actor->inst)) {
		orphan = scheduler_orphan(actor->inst, actor->index);
		if (!orphan)
			return -ENOMEM;
		teardown_wait(orphan);
		atomic64_inc(&teardown->schedulers);
	}
	return 0;
}

/* Inside of a section, and waiting for a fence, when the device is unplugged. */
static int device_thread(struct lab_actor *actor)
{
	struct teardown *teardown = actor->inst->priv;
	struct drm_device *drm;
	struct dma_fence *fence;
	int section;

	while (!lab_stopping(actor->inst)) {
		drm = lab_drm_create("gpulab-gone");
		if (IS_ERR(drm))
			return PTR_ERR(drm);
		fence = lab_fence_create(&teardown->timeline);
		if (fence && drm_dev_enter(drm, &section)) {
			teardown_wait(fence);
			drm_dev_exit(section);
		}
		drm_dev_unplug(drm);
		lab_drm_destroy(drm, true);
		atomic64_inc(&teardown->devices);
	}
	return 0;
}

static int teardown_start(struct lab_instance *inst)
{
	struct teardown *teardown = kzalloc(sizeof(*teardown), GFP_KERNEL);
	unsigned int i;

	if (!teardown)
		return -ENOMEM;
	inst->priv = teardown;
	lab_timeline_init(&teardown->timeline, "unplugged", inst->id);
	for (i = 0; i < clamp(inst->params.threads, 1u, 16u); i++)
		if (!lab_actor_run_index(inst, "fences", LAB_HELPER, i, "gpulab-fenc", fence_thread) ||
		    !lab_actor_run_index(inst, "schedulers", LAB_HELPER, i, "gpulab-sche", scheduler_thread))
			return -ENOMEM;
	return lab_actor_run(inst, "devices", LAB_HELPER, "gpulab-devi", device_thread) ? 0 : -ENOMEM;
}

static void teardown_finish(struct lab_instance *inst)
{
	kfree(inst->priv);
}

static void teardown_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct teardown *teardown = inst->priv;

	if (teardown)
		seq_printf(seq,
			   ",\"fences_gone\":%lld,\"schedulers_gone\":%lld,\"devices_gone\":%lld,\"name_calls\":%lld",
			   atomic64_read(&teardown->fences), atomic64_read(&teardown->schedulers),
			   atomic64_read(&teardown->devices), atomic64_read(&teardown->name_calls));
}

static const struct lab_variant teardown_variants[] = { { "load" }, { "" } };

const struct lab_family lab_teardown_family = {
	.name = "teardown",
	.expected_class = "none",
	.variants = teardown_variants,
	.start = teardown_start,
	.finish = teardown_finish,
	.show = teardown_show,
};
