// SPDX-License-Identifier: GPL-2.0
/*
 * own-reset: a driver without drm_sched. A timer's interrupt, or an interrupt's thread, signals its fences, until the device falls
 * silent; a work item of its own resets it, and wants the mutex of who waits for the fence. own-reset-fine: the reset only takes long; or the item that
 * wants the mutex resets nothing, and the interrupt comes late.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum own_reset_variant { OWN_RESET_LOCK, OWN_RESET_THREADED, OWN_RESET_LATE, OWN_RESET_OTHER };

struct own_reset {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct hrtimer irq;
	struct lab_irq *threaded; /* instead of it */
	struct dma_fence *outstanding, *fence; /* what the interrupt signals; what is waited for */
	struct lab_lock lock;
	struct workqueue_struct *wq;
	struct delayed_work reset, idle;
	struct lab_actor *holder, *worker;
};

static enum hrtimer_restart own_irq(struct hrtimer *timer)
{
	dma_fence_signal(container_of(timer, struct own_reset, irq)->outstanding);
	return HRTIMER_NORESTART;
}

static void own_threaded_irq(void *data)
{
	dma_fence_signal(((struct own_reset *)data)->outstanding);
}

static int own_warmup(struct own_reset *own, unsigned int count)
{
	while (count--) {
		own->outstanding = lab_fence_create(&own->timeline);
		if (!own->outstanding)
			return -ENOMEM;
		if (own->threaded)
			lab_irq_come_in(own->threaded, 1);
		else
			hrtimer_start(&own->irq, ms_to_ktime(1), HRTIMER_MODE_REL);
		dma_fence_wait(own->outstanding, false);
		hrtimer_cancel(&own->irq);
		dma_fence_put(own->outstanding);
		own->outstanding = NULL;
	}
	return 0;
}

static void own_use_lock(struct own_reset *own)
{
	lab_actor_adopt(own->worker);
	lab_actor_blocks(own->worker);
	lab_lock_contend(&own->lock);
	lab_lock_contend_done(&own->lock);
}

static void own_reset_work(struct work_struct *work)
{
	struct own_reset *own = container_of(to_delayed_work(work), struct own_reset, reset);
	unsigned long end = jiffies + own->inst->params.seconds * HZ;

	if (own->inst->variant->value == OWN_RESET_LOCK || own->threaded) {
		own_use_lock(own);
	} else {
		lab_actor_adopt(own->worker);
		lab_actor_blocks(own->worker);
		while (!lab_stopping(own->inst) && time_before(jiffies, end))
			msleep(100);
	}
	lab_fence_cancel(own->fence);
}

static void own_idle_work(struct work_struct *work)
{
	own_use_lock(container_of(to_delayed_work(work), struct own_reset, idle));
}

static int own_holder_thread(struct lab_actor *actor)
{
	struct own_reset *own = actor->inst->priv;

	lab_lock_hold(&own->lock);
	queue_delayed_work(own->wq, actor->inst->variant->value == OWN_RESET_OTHER ? &own->idle : &own->reset,
			   msecs_to_jiffies(actor->inst->params.stagger_ms));
	if (actor->inst->variant->value == OWN_RESET_OTHER)
		hrtimer_start(&own->irq, ktime_set(actor->inst->params.seconds, 0), HRTIMER_MODE_REL);
	lab_actor_blocks(actor);
	dma_fence_wait(own->fence, false);
	lab_lock_release(&own->lock);
	return 0;
}

static int own_victim_thread(struct lab_actor *actor)
{
	struct own_reset *own = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&own->lock);
	lab_lock_contend_done(&own->lock);
	return 0;
}

static int own_reset_start(struct lab_instance *inst)
{
	struct own_reset *own = kzalloc(sizeof(*own), GFP_KERNEL);
	int ret;

	if (!own)
		return -ENOMEM;
	inst->priv = own;
	own->inst = inst;
	lab_lock_init(&own->lock, LAB_MUTEX);
	lab_timeline_init(&own->timeline, "queue", inst->id);
	lab_hrtimer_setup(&own->irq, own_irq);
	INIT_DELAYED_WORK(&own->reset, own_reset_work);
	INIT_DELAYED_WORK(&own->idle, own_idle_work);
	own->wq = alloc_workqueue("gpulab-queue/%u", WQ_UNBOUND, 0, inst->id);
	if (inst->variant->value == OWN_RESET_THREADED)
		own->threaded = lab_irq_create("gpulab-queue", inst->id, own_threaded_irq, own);
	if (!own->wq || (inst->variant->value == OWN_RESET_THREADED && !own->threaded))
		return -ENOMEM;
	ret = own_warmup(own, inst->params.warmup);
	own->fence = ret ? NULL : lab_fence_create(&own->timeline);
	own->outstanding = own->fence;
	own->worker = lab_actor_add(inst, "reset", LAB_PARTICIPANT);
	if (!own->fence || !own->worker)
		return -ENOMEM;
	lab_truth_lab_fence(inst, own->fence);
	lab_truth_lock(inst, &own->lock);
	own->holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", own_holder_thread);
	ret = own->holder ? lab_actor_wait_blocking(own->worker) : -ENOMEM;
	return ret ?: lab_victims_run(inst, own_victim_thread);
}

static void own_reset_release(struct lab_instance *inst)
{
	struct own_reset *own = inst->priv;

	if (own)
		lab_fence_cancel(own->fence);
}

static void own_reset_finish(struct lab_instance *inst)
{
	struct own_reset *own = inst->priv;

	if (!own)
		return;
	hrtimer_cancel(&own->irq);
	lab_irq_destroy(own->threaded);
	cancel_delayed_work_sync(&own->reset);
	cancel_delayed_work_sync(&own->idle);
	if (own->wq)
		destroy_workqueue(own->wq);
	dma_fence_put(own->fence);
	lab_lock_fini(&own->lock);
	kfree(own);
}

static const struct lab_variant own_variants[] = { { "lock", OWN_RESET_LOCK },
						   { "threaded", OWN_RESET_THREADED },
						   { "" } };

const struct lab_family lab_own_reset_family = {
	.name = "own-reset",
	.expected_class = "reset-cycle",
	.variants = own_variants,
	.start = own_reset_start,
	.release = own_reset_release,
	.finish = own_reset_finish,
};

static const struct lab_variant own_fine_variants[] = { { "late", OWN_RESET_LATE },
							{ "other", OWN_RESET_OTHER },
							{ "" } };

const struct lab_family lab_own_reset_fine_family = {
	.name = "own-reset-fine",
	.expected_class = "none",
	.variants = own_fine_variants,
	.start = own_reset_start,
	.release = own_reset_release,
	.finish = own_reset_finish,
};
