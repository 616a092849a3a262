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
	struct mutex lock;
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

/* Whoever comes first waits for the host, with the lock held that the others want. */
static noinline int submit_command(struct lab_actor *actor)
{
	struct virtqueue_full *vq = actor->inst->priv;
	int idx;

	lab_actor_blocks(actor);
	mutex_lock(&vq->lock);
	if (drm_dev_enter(vq->drm, &idx)) {
		wait_event(vq->wait, READ_ONCE(vq->free_slot));
		drm_dev_exit(idx);
	}
	mutex_unlock(&vq->lock);
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
	mutex_init(&vq->lock);
	inst->lock_taken_in = "submit_command";
	lab_truth_lock_at(inst, "mutex", &vq->lock);
	drm = lab_drm_create("gpulab-virt");
	if (IS_ERR(drm))
		return PTR_ERR(drm);
	vq->drm = drm;
	if (inst->variant->value == SLOT_LATE)
		schedule_delayed_work(&vq->host, inst->params.seconds * HZ);
	submitter = lab_actor_run(inst, "submitter", LAB_PARTICIPANT, "gpulab-subm", submit_command);
	ret = submitter ? lab_actor_wait_blocking(submitter) : -ENOMEM;
	return ret ?: lab_victims_run(inst, submit_command);
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
	.reset = virtqueue_release, /* the queue is empty after it */
	.finish = virtqueue_finish,
};
