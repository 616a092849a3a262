// SPDX-License-Identifier: GPL-2.0
/*
 * virtqueue: a submitter waits inside of drm_dev_enter(), with a lock held, for a slot of a queue that its host must
 * free; others want the lock.
 */
#include <drm/drm_drv.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "lab.h"

enum virtqueue_variant { SLOT_LOST, SLOT_LATE };

struct virtqueue_full {
	struct drm_device *drm;
	struct lab_lock lock;
	wait_queue_head_t wait;
	bool free_slot;
	struct delayed_work host;
};

static void host_frees_slot(struct virtqueue_full *vq)
{
	WRITE_ONCE(vq->free_slot, true);
	wake_up_all(&vq->wait);
}

static void host_work(struct work_struct *work)
{
	host_frees_slot(container_of(to_delayed_work(work), struct virtqueue_full, host));
}

static int submitter_thread(struct lab_actor *actor)
{
	struct virtqueue_full *vq = actor->inst->priv;
	int idx;

	lab_lock_hold(&vq->lock);
	if (drm_dev_enter(vq->drm, &idx)) {
		lab_actor_blocks(actor);
		wait_event(vq->wait, READ_ONCE(vq->free_slot));
		drm_dev_exit(idx);
	}
	lab_lock_release(&vq->lock);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct virtqueue_full *vq = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&vq->lock);
	lab_lock_contend_done(&vq->lock);
	return 0;
}

static int virtqueue_start(struct lab_instance *inst)
{
	struct virtqueue_full *vq = kzalloc(sizeof(*vq), GFP_KERNEL);
	struct lab_actor *submitter;
	struct drm_device *drm;
	int ret;

	if (!vq)
		return -ENOMEM;
	inst->priv = vq;
	init_waitqueue_head(&vq->wait);
	INIT_DELAYED_WORK(&vq->host, host_work);
	lab_lock_init(&vq->lock, LAB_MUTEX);
	lab_truth_lock(inst, &vq->lock);
	drm = lab_drm_create("gpulab-virt");
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	vq->drm = drm;
	if (inst->variant->value == SLOT_LATE)
		schedule_delayed_work(&vq->host, inst->params.seconds * HZ);
	submitter = lab_actor_run(inst, "submitter", LAB_PARTICIPANT, "gpulab-subm", submitter_thread);
	ret = submitter ? lab_actor_wait_blocking(submitter) : -ENOMEM;
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void virtqueue_release(struct lab_instance *inst)
{
	if (inst->priv)
		host_frees_slot(inst->priv);
}

static void virtqueue_finish(struct lab_instance *inst)
{
	struct virtqueue_full *vq = inst->priv;

	if (!vq)
		return;
	cancel_delayed_work_sync(&vq->host);
	if (vq->drm)
		lab_drm_destroy(vq->drm, false);
	lab_lock_fini(&vq->lock);
	kfree(vq);
}

static const struct lab_variant virtqueue_variants[] = {
	{ "full", SLOT_LOST },
	{ "late", SLOT_LATE },
	{ "" },
};

const struct lab_family lab_virtqueue_family = {
	.name = "virtqueue",
	.expected_class = "silent-device",
	.variants = virtqueue_variants,
	.start = virtqueue_start,
	.release = virtqueue_release,
	.finish = virtqueue_finish,
};
