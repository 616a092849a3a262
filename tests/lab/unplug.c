// SPDX-License-Identifier: GPL-2.0
/*
 * unplug-srcu: drm_dev_unplug() waits for a drm_dev_enter() section that waits for a fence of the gone device.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <linux/device.h>
#include <linux/slab.h>

#include "lab.h"

struct unplug {
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct drm_device *drm;
	bool unplugged;
};

static int signaller_thread(struct lab_actor *actor)
{
	struct unplug *unplug = actor->inst->priv;

	lab_timeline_warmup(&unplug->timeline, actor->inst->params.warmup);
	return 0;
}

static int reader_thread(struct lab_actor *actor)
{
	struct unplug *unplug = actor->inst->priv;
	int idx;

	if (!drm_dev_enter(unplug->drm, &idx))
		return -ENODEV;
	lab_actor_blocks(actor);
	dma_fence_wait(unplug->fence, false);
	drm_dev_exit(idx);
	return 0;
}

static int unplug_thread(struct lab_actor *actor)
{
	struct unplug *unplug = actor->inst->priv;

	unplug->unplugged = true;
	lab_actor_blocks(actor);
	drm_dev_unplug(unplug->drm);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct unplug *unplug = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(unplug->fence, false);
	return 0;
}

static int unplug_start(struct lab_instance *inst)
{
	struct unplug *unplug = kzalloc(sizeof(*unplug), GFP_KERNEL);
	struct lab_actor *signaller, *reader, *unplugger;
	struct drm_device *drm;
	int ret;

	if (!unplug)
		return -ENOMEM;
	inst->priv = unplug;
	lab_timeline_init(&unplug->timeline, "gfx", inst->id);
	drm = lab_drm_create("gpulab-unplug");
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	unplug->drm = drm;
	signaller = lab_actor_run(inst, "signaller", LAB_ROOT, "gpulab-sign", signaller_thread);
	if (!signaller)
		return -ENOMEM;
	lab_actor_join(signaller);
	signaller->state = "exited";
	unplug->fence = lab_fence_create(&unplug->timeline);
	if (!unplug->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, unplug->fence);
	reader = lab_actor_run(inst, "reader", LAB_PARTICIPANT, "gpulab-read", reader_thread);
	ret = reader ? lab_actor_wait_blocking(reader) : -ENOMEM;
	if (ret)
		return ret;
	unplugger = lab_actor_run(inst, "unplugger", LAB_PARTICIPANT, "gpulab-unpl", unplug_thread);
	ret = unplugger ? lab_actor_wait_blocking(unplugger) : -ENOMEM;
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void unplug_release(struct lab_instance *inst)
{
	struct unplug *unplug = inst->priv;

	if (unplug)
		lab_fence_cancel(unplug->fence);
}

static void unplug_finish(struct lab_instance *inst)
{
	struct unplug *unplug = inst->priv;

	if (!unplug)
		return;
	if (unplug->drm)
		lab_drm_destroy(unplug->drm, unplug->unplugged);
	dma_fence_put(unplug->fence);
	kfree(unplug);
}

static void unplug_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct unplug *unplug = inst->priv;

	if (unplug && unplug->drm)
		seq_printf(seq, ",\"device\":{\"name\":\"%s\",\"driver\":\"%s\"}", dev_name(unplug->drm->dev),
			   LAB_DRIVER_NAME);
}

static const struct lab_variant unplug_variants[] = { { "reader" }, { "" } };

const struct lab_family lab_unplug_family = {
	.name = "unplug-srcu",
	.expected_class = "unplug-srcu",
	.variants = unplug_variants,
	.start = unplug_start,
	.release = unplug_release,
	.reset = unplug_release,
	.finish = unplug_finish,
	.show = unplug_show,
};
