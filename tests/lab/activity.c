// SPDX-License-Identifier: GPL-2.0
/*
 * fault-preempt and eviction: a deadlock one of whose tasks handles a GPU page fault, or evicts a process's queues. The
 * holder waits for F with a mutex held that F's signaller needs; one of the two says by trace events what it is doing.
 */
#include <linux/slab.h>
#include <linux/tracepoint.h>

#include "lab.h"

#define PASID 0x8001
#define FAULT_ADDRESS 0x7f0012345000
#define DEVICE 0x0300

struct activity {
	struct lab_lock lock;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct completion warm, go;
	struct tracepoint *begin, *end;
	u64 args[5]; /* of both events; the end's further ones are 0 */
	bool by_signaller;
};

struct activity_kind {
	const char *begin, *end;
	u64 args[5];
	bool by_signaller;
};

enum { ACTIVITY_PPR, ACTIVITY_SVM, ACTIVITY_EVICT };

static const struct activity_kind kinds[] = {
	[ACTIVITY_PPR] = { "amd_iommu_v2_fault_begin", "amd_iommu_v2_fault_end", { DEVICE, PASID, FAULT_ADDRESS, 7 } },
	[ACTIVITY_SVM] = { "kfd_svm_fault_begin", "kfd_svm_fault_end", { PASID, DEVICE, FAULT_ADDRESS, 1 } },
	[ACTIVITY_EVICT] = { "kfd_evict_worker_begin", "kfd_evict_worker_end", { 0, PASID }, true },
};

static int holder_thread(struct lab_actor *actor)
{
	struct activity *activity = actor->inst->priv;

	lab_lock_hold(&activity->lock);
	if (!activity->by_signaller)
		lab_event_fire(activity->begin, activity->args);
	lab_actor_blocks(actor);
	dma_fence_wait(activity->fence, false);
	if (!activity->by_signaller)
		lab_event_fire(activity->end, activity->args);
	lab_lock_release(&activity->lock);
	return 0;
}

static int signaller_thread(struct lab_actor *actor)
{
	struct activity *activity = actor->inst->priv;

	lab_timeline_warmup(&activity->timeline, actor->inst->params.warmup);
	complete(&activity->warm);
	if (!lab_thread_wait(actor->inst, &activity->go))
		return 0;
	if (activity->by_signaller)
		lab_event_fire(activity->begin, activity->args);
	lab_actor_blocks(actor);
	lab_lock_contend(&activity->lock);
	dma_fence_signal(activity->fence);
	lab_lock_contend_done(&activity->lock);
	if (activity->by_signaller)
		lab_event_fire(activity->end, activity->args);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct activity *activity = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(activity->fence, false);
	return 0;
}

static int prepare(struct lab_instance *inst, struct activity *activity)
{
	const struct activity_kind *kind = &kinds[inst->variant->value];
	int ret = lab_event_find(kind->begin, &activity->begin);

	if (!ret)
		ret = lab_event_find(kind->end, &activity->end);
	if (ret)
		return ret;
	memcpy(activity->args, kind->args, sizeof(activity->args));
	if (inst->variant->value == ACTIVITY_EVICT)
		activity->args[0] = task_tgid_nr(current);
	activity->by_signaller = kind->by_signaller;
	lab_lock_init(&activity->lock, LAB_MUTEX);
	lab_truth_lock(inst, &activity->lock);
	lab_timeline_init(&activity->timeline, "compute", inst->id);
	init_completion(&activity->warm);
	init_completion(&activity->go);
	activity->fence = lab_fence_create(&activity->timeline);
	if (!activity->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, activity->fence);
	return 0;
}

static int activity_start(struct lab_instance *inst)
{
	struct activity *activity = kzalloc(sizeof(*activity), GFP_KERNEL);
	struct lab_actor *holder, *signaller;
	int ret;

	if (!activity)
		return -ENOMEM;
	inst->priv = activity;
	ret = prepare(inst, activity);
	if (ret)
		return ret;
	signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", signaller_thread);
	ret = signaller ? lab_wait(&activity->warm) : -ENOMEM;
	if (ret)
		return ret;
	holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", holder_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	if (ret)
		return ret;
	complete(&activity->go);
	ret = lab_actor_wait_blocking(signaller);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void activity_release(struct lab_instance *inst)
{
	struct activity *activity = inst->priv;

	if (activity)
		lab_fence_cancel(activity->fence);
}

static void activity_finish(struct lab_instance *inst)
{
	struct activity *activity = inst->priv;

	if (!activity)
		return;
	if (activity->fence)
		lab_lock_fini(&activity->lock);
	dma_fence_put(activity->fence);
	kfree(activity);
}

static const struct lab_variant fault_variants[] = { { "ppr", ACTIVITY_PPR }, { "svm", ACTIVITY_SVM }, { "" } };
static const struct lab_variant eviction_variants[] = { { "worker", ACTIVITY_EVICT }, { "" } };

const struct lab_family lab_fault_family = {
	.name = "fault-preempt",
	.expected_class = "fault-preempt",
	.variants = fault_variants,
	.start = activity_start,
	.release = activity_release,
	.finish = activity_finish,
};

const struct lab_family lab_eviction_family = {
	.name = "eviction",
	.expected_class = "fence-lock-cycle",
	.variants = eviction_variants,
	.start = activity_start,
	.release = activity_release,
	.finish = activity_finish,
};
