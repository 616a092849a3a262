// SPDX-License-Identifier: GPL-2.0
/*
 * A job that the device never ends, and the timeout handler of its scheduler. reset-cycle: the handler needs whoever
 * waits for the job. late-reset: the handler comes in time, or the device is only
 * slow. silent-device: there is no handler, or it comes much later, or again and again in vain.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <drm/drm_print.h>

#include "lab.h"

#define TIMEOUT_MS 1000

enum tdr_variant {
	TDR_LOCK,
	TDR_FLUSH,
	TDR_QUEUED,
	TDR_ROOM,
	TDR_ROOM_LATE,
	TDR_TIMER,
	TDR_RUNNING,
	TDR_BOUNDED,
	TDR_NEVER,
	TDR_MUCH_LATER,
	TDR_IN_VAIN,
	TDR_SECOND,
	TDR_SLOW
};

struct tdr {
	struct lab_instance *inst;
	struct lab_irq_ring *ring;
	struct workqueue_struct *timeout_wq, *wq;
	struct lab_lock lock;
	struct dma_fence *finished;
	struct work_struct restore;
	struct lab_actor *handler, *waiter;
	struct completion go;
	unsigned int resets;
};

static void wait_for_job(struct lab_actor *actor)
{
	struct tdr *tdr = actor->inst->priv;

	lab_actor_blocks(actor);
	if (actor->inst->variant->value == TDR_BOUNDED)
		dma_fence_wait_timeout(tdr->finished, false, actor->inst->params.seconds * HZ);
	else
		dma_fence_wait(tdr->finished, false);
}

static int holder_thread(struct lab_actor *actor)
{
	struct tdr *tdr = actor->inst->priv;

	lab_lock_hold(&tdr->lock);
	wait_for_job(actor);
	lab_lock_release(&tdr->lock);
	return 0;
}

static void restore_work(struct work_struct *work)
{
	struct tdr *tdr = container_of(work, struct tdr, restore);

	lab_actor_adopt(tdr->waiter);
	wait_for_job(tdr->waiter);
}

static int victim_thread(struct lab_actor *actor)
{
	struct tdr *tdr = actor->inst->priv;

	lab_actor_blocks(actor);
	if (actor->index % 2 == 0 && actor->inst->variant->value == TDR_LOCK) {
		lab_lock_contend(&tdr->lock);
		lab_lock_contend_done(&tdr->lock);
	} else {
		dma_fence_wait(tdr->finished, false);
	}
	return 0;
}

/* In the timeout handler, before it resets anything. */
static void before_reset(void *data)
{
	struct tdr *tdr = data;
	unsigned int tenths = tdr->inst->params.seconds * 10;

	/* As drivers do. */
	DRM_ERROR("ring gfx.%u timeout\n", tdr->inst->id);
	switch (tdr->inst->variant->value) {
	case TDR_LOCK:
	case TDR_ROOM:
	case TDR_BOUNDED:
		lab_actor_adopt(tdr->handler);
		lab_actor_blocks(tdr->handler);
		lab_lock_contend(&tdr->lock);
		lab_lock_contend_done(&tdr->lock);
		break;
	case TDR_FLUSH:
		lab_actor_adopt(tdr->handler);
		lab_actor_blocks(tdr->handler);
		flush_work(&tdr->restore);
		break;
	case TDR_RUNNING:
	case TDR_ROOM_LATE:
		while (tenths-- && !lab_stopping(tdr->inst))
			msleep(100);
		if (tdr->inst->variant->value == TDR_ROOM_LATE)
			lab_irq_ring_recover(tdr->ring);
		break;
	}
}

/* Whether the reset brings the device back to life. */
static bool reset_helps(void *data)
{
	struct tdr *tdr = data;

	switch (tdr->inst->variant->value) {
	case TDR_IN_VAIN:
		return false;
	case TDR_SECOND:
		return ++tdr->resets == 2;
	default:
		return true;
	}
}

static long tdr_timeout(const struct lab_instance *inst)
{
	switch (inst->variant->value) {
	case TDR_TIMER:
	case TDR_SECOND:
		return inst->params.seconds * HZ;
	case TDR_NEVER:
	case TDR_SLOW:
		return MAX_SCHEDULE_TIMEOUT;
	case TDR_MUCH_LATER:
		return 600 * HZ;
	default:
		return msecs_to_jiffies(TIMEOUT_MS);
	}
}

static int start_waiter(struct tdr *tdr)
{
	switch (tdr->inst->variant->value) {
	case TDR_FLUSH:
	case TDR_QUEUED:
		tdr->waiter = lab_actor_add(tdr->inst, "restore", LAB_PARTICIPANT);
		if (!tdr->waiter)
			return -ENOMEM;
		queue_work(tdr->inst->variant->value == TDR_QUEUED ? tdr->timeout_wq : tdr->wq, &tdr->restore);
		break;
	default:
		tdr->waiter = lab_actor_run(tdr->inst, "holder", LAB_PARTICIPANT, "gpulab-hold", holder_thread);
		if (!tdr->waiter)
			return -ENOMEM;
	}
	return lab_actor_wait_blocking(tdr->waiter);
}

static int start_handler(struct tdr *tdr)
{
	switch (tdr->inst->variant->value) {
	case TDR_LOCK:
	case TDR_FLUSH:
	case TDR_ROOM:
	case TDR_BOUNDED:
		return lab_actor_wait_blocking(tdr->handler);
	case TDR_QUEUED:
		msleep(TIMEOUT_MS + 100);
		WRITE_ONCE(tdr->inst->formed_ns, ktime_get_ns());
		return 0;
	default:
		return 0;
	}
}

static bool has_handler(int variant)
{
	return variant == TDR_LOCK || variant == TDR_FLUSH || variant == TDR_ROOM || variant == TDR_BOUNDED;
}

static bool needs_room(int variant)
{
	return variant == TDR_ROOM || variant == TDR_ROOM_LATE;
}

static int tdr_prepare(struct tdr *tdr)
{
	struct lab_instance *inst = tdr->inst;
	struct lab_irq_ring_params params = {
		.timeout = tdr_timeout(inst),
		.job_us = 300,
		.before_reset = before_reset,
		.reset_helps = reset_helps,
		.data = tdr,
	};

	tdr->timeout_wq = alloc_ordered_workqueue("gpulab-tdr/%u", WQ_MEM_RECLAIM, inst->id);
	tdr->wq = alloc_workqueue("gpulab-evict/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, inst->id);
	if (!tdr->timeout_wq || !tdr->wq)
		return -ENOMEM;
	params.timeout_wq = tdr->timeout_wq;
	if (inst->variant->value == TDR_SLOW)
		params.job_us = 3000000;
	if (needs_room(inst->variant->value))
		params.limit = 1;
	if (has_handler(inst->variant->value)) {
		tdr->handler = lab_actor_add(inst, "handler", LAB_PARTICIPANT);
		if (!tdr->handler)
			return -ENOMEM;
	}
	tdr->ring = lab_irq_ring_create("gpulab-gfx", inst->id, &params);
	if (!tdr->ring)
		return -ENOMEM;
	return inst->variant->value == TDR_SLOW ? 0 : lab_irq_ring_warmup(tdr->ring, inst->params.warmup);
}

static unsigned int tdr_jobs(const struct lab_instance *inst)
{
	if (inst->variant->value == TDR_SLOW)
		return inst->params.seconds / 3;
	return needs_room(inst->variant->value) ? 2 : 1;
}

/* The job that nobody ends, and one for which there is no room beside it; of /slow the last one of several that take long. */
static int tdr_submit(struct tdr *tdr)
{
	unsigned int i;

	if (tdr->inst->variant->value != TDR_SLOW)
		lab_irq_ring_go_silent(tdr->ring);
	for (i = 0; i < tdr_jobs(tdr->inst); i++) {
		struct dma_fence *before = tdr->finished;

		tdr->finished = lab_irq_ring_submit(tdr->ring, needs_room(tdr->inst->variant->value) ? NULL : before);
		dma_fence_put(before);
		if (!tdr->finished)
			return -ENOMEM;
	}
	lab_truth_fence(tdr->inst, "signal", tdr->finished, "drm_sched", lab_irq_ring_name(tdr->ring));
	return 0;
}

static int tdr_start(struct lab_instance *inst)
{
	struct tdr *tdr = kzalloc(sizeof(*tdr), GFP_KERNEL);

	if (!tdr)
		return -ENOMEM;
	inst->priv = tdr;
	tdr->inst = inst;
	INIT_WORK(&tdr->restore, restore_work);
	lab_lock_init(&tdr->lock, LAB_MUTEX);
	if (inst->variant->value == TDR_LOCK || inst->variant->value == TDR_ROOM)
		lab_truth_lock(inst, &tdr->lock);
	return tdr_prepare(tdr) ?: tdr_submit(tdr) ?: start_waiter(tdr) ?: start_handler(tdr) ?:
	       lab_victims_run(inst, victim_thread);
}

/*
 * A driver's reset waits until no timeout handler runs. It does what the handler does: a driver that has none cannot reset, and
 * what the handler does in vain is in vain again.
 */
static bool has_reset(int variant)
{
	switch (variant) {
	case TDR_LOCK:
	case TDR_FLUSH:
	case TDR_QUEUED:
	case TDR_ROOM:
	case TDR_NEVER:
	case TDR_IN_VAIN:
		return false;
	default:
		return true;
	}
}

static void tdr_reset(struct lab_instance *inst)
{
	struct tdr *tdr = inst->priv;

	if (tdr && tdr->ring && has_reset(inst->variant->value))
		lab_irq_ring_recover(tdr->ring);
}

static void tdr_release(struct lab_instance *inst)
{
	struct tdr *tdr = inst->priv;

	if (tdr && tdr->ring)
		lab_irq_ring_recover(tdr->ring);
}

static void tdr_finish(struct lab_instance *inst)
{
	struct tdr *tdr = inst->priv;

	if (!tdr)
		return;
	flush_work(&tdr->restore);
	lab_irq_ring_destroy(tdr->ring);
	if (tdr->wq)
		destroy_workqueue(tdr->wq);
	if (tdr->timeout_wq)
		destroy_workqueue(tdr->timeout_wq);
	dma_fence_put(tdr->finished);
	lab_lock_fini(&tdr->lock);
	kfree(tdr);
}

static const struct lab_variant reset_cycle_variants[] = {
	{ "lock", TDR_LOCK }, { "flush", TDR_FLUSH }, { "queued", TDR_QUEUED }, { "room", TDR_ROOM }, { "" },
};

const struct lab_family lab_reset_cycle_family = {
	.name = "reset-cycle",
	.expected_class = "reset-cycle",
	.variants = reset_cycle_variants,
	.start = tdr_start,
	.release = tdr_release,
	.reset = tdr_reset,
	.finish = tdr_finish,
};

static const struct lab_variant late_reset_variants[] = {
	{ "timer", TDR_TIMER },
	{ "running", TDR_RUNNING },
	{ "bounded", TDR_BOUNDED },
	{ "slow", TDR_SLOW },
	{ "room", TDR_ROOM_LATE },
	{ "second", TDR_SECOND },
	{ "" },
};

const struct lab_family lab_late_reset_family = {
	.name = "late-reset",
	.expected_class = "none",
	.variants = late_reset_variants,
	.start = tdr_start,
	.release = tdr_release,
	.reset = tdr_reset,
	.finish = tdr_finish,
};

static const struct lab_variant silent_variants[] = {
	{ "no-timeout", TDR_NEVER },
	{ "late-timeout", TDR_MUCH_LATER },
	{ "resets-in-vain", TDR_IN_VAIN },
	{ "" },
};

const struct lab_family lab_silent_family = {
	.name = "silent-device",
	.expected_class = "silent-device",
	.variants = silent_variants,
	.start = tdr_start,
	.release = tdr_release,
	.reset = tdr_reset,
	.unbind = tdr_release,
	.finish = tdr_finish,
};
