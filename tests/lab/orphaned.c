// SPDX-License-Identifier: GPL-2.0
/*
 * orphaned-fence: nobody is left who could signal.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum orphan_variant { ORPHAN_THREAD, ORPHAN_WORK, ORPHAN_UNPLUGGED };

struct orphan {
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct workqueue_struct *wq; /* /work-gone, until it is gone */
	struct work_struct work;
	struct drm_device *drm; /* /unplugged */
	struct lab_actor *signaller;
	struct lab_actor *unplugger;
};

static int signaller_thread(struct lab_actor *actor)
{
	struct orphan *orphan = actor->inst->priv;

	lab_timeline_warmup(&orphan->timeline, actor->inst->params.warmup);
	return 0;
}

static void signaller_work(struct work_struct *work)
{
	struct orphan *orphan = container_of(work, struct orphan, work);

	lab_actor_adopt(orphan->signaller);
	lab_timeline_warmup(&orphan->timeline, 1);
}

static int waiter_thread(struct lab_actor *actor)
{
	struct orphan *orphan = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(orphan->fence, false);
	return 0;
}

/* In a thread of its own: the unplug waits for every drm_dev_enter() section, also those that unplug-srcu blocks. */
static int unplug_thread(struct lab_actor *actor)
{
	struct orphan *orphan = actor->inst->priv;

	drm_dev_unplug(orphan->drm);
	return 0;
}

static void stop_signaller_thread(struct lab_actor *signaller)
{
	lab_actor_join(signaller);
	signaller->state = "exited";
}

static int run_signaller_work(struct lab_instance *inst, struct orphan *orphan)
{
	unsigned int i;

	orphan->wq = alloc_workqueue("gpulab-sign/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, inst->id);
	if (!orphan->wq)
		return -ENOMEM;
	for (i = 0; i < inst->params.warmup; i++) {
		queue_work(orphan->wq, &orphan->work);
		flush_work(&orphan->work);
	}
	return 0;
}

static int orphan_start(struct lab_instance *inst)
{
	struct orphan *orphan = kzalloc(sizeof(*orphan), GFP_KERNEL);
	int variant = inst->variant->value;
	struct lab_actor *waiter;
	int ret;

	if (!orphan)
		return -ENOMEM;
	inst->priv = orphan;
	lab_timeline_init(&orphan->timeline, "compute", inst->id);
	INIT_WORK(&orphan->work, signaller_work);
	if (variant == ORPHAN_UNPLUGGED) {
		struct drm_device *drm = lab_drm_create("gpulab-unplug");

		if (IS_ERR(drm))
			return PTR_ERR(drm);
		orphan->drm = drm;
	}
	if (variant == ORPHAN_WORK) {
		orphan->signaller = lab_actor_add(inst, "signaller", LAB_ROOT);
		ret = orphan->signaller ? run_signaller_work(inst, orphan) : -ENOMEM;
	} else {
		orphan->signaller = lab_actor_run(inst, "signaller", LAB_ROOT, "gpulab-sign", signaller_thread);
		ret = orphan->signaller ? 0 : -ENOMEM;
	}
	if (ret)
		return ret;
	/* The last job has been submitted when its signaller goes away. */
	if (variant != ORPHAN_WORK)
		stop_signaller_thread(orphan->signaller);
	orphan->fence = lab_fence_create(&orphan->timeline);
	if (!orphan->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, orphan->fence);
	if (variant == ORPHAN_WORK) {
		destroy_workqueue(orphan->wq);
		orphan->wq = NULL;
		orphan->signaller->state = "idle";
	}
	waiter = lab_actor_run(inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", waiter_thread);
	ret = waiter ? lab_actor_wait_blocking(waiter) : -ENOMEM;
	if (!ret && variant == ORPHAN_UNPLUGGED) {
		orphan->unplugger = lab_actor_run(inst, "unplugger", LAB_HELPER, "gpulab-unpl", unplug_thread);
		ret = orphan->unplugger ? 0 : -ENOMEM;
	}
	return ret ?: lab_victims_run(inst, waiter_thread);
}

static void orphan_release(struct lab_instance *inst)
{
	struct orphan *orphan = inst->priv;

	if (orphan)
		lab_fence_cancel(orphan->fence);
}

static void orphan_finish(struct lab_instance *inst)
{
	struct orphan *orphan = inst->priv;

	if (!orphan)
		return;
	if (orphan->wq)
		destroy_workqueue(orphan->wq);
	if (orphan->drm)
		lab_drm_destroy(orphan->drm, orphan->unplugger); /* which has been joined */
	dma_fence_put(orphan->fence);
	kfree(orphan);
}

static void orphan_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct orphan *orphan = inst->priv;

	if (orphan && orphan->drm)
		seq_printf(seq, ",\"device\":{\"name\":\"%s\",\"driver\":\"%s\"}", dev_name(orphan->drm->dev),
			   LAB_DRIVER_NAME);
}

static const struct lab_variant orphan_variants[] = {
	{ "thread-gone", ORPHAN_THREAD },
	{ "work-gone", ORPHAN_WORK },
	{ "unplugged", ORPHAN_UNPLUGGED },
	{ "" },
};

const struct lab_family lab_orphaned_family = {
	.name = "orphaned-fence",
	.expected_class = "orphaned-fence",
	.variants = orphan_variants,
	.start = orphan_start,
	.release = orphan_release,
	.reset = orphan_release,
	.finish = orphan_finish,
	.show = orphan_show,
};
