// SPDX-License-Identifier: GPL-2.0
/*
 * workqueue-cycle: the work that signals is queued behind, or flushed by, whoever waits for it. workqueue-fine: it is queued
 * behind items that take long.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum wq_variant {
	WQ_CYCLE_ORDERED,
	WQ_CYCLE_FLUSH,
	WQ_CYCLE_FLUSH_FENCE,
	WQ_CYCLE_CANCEL,
	WQ_CYCLE_FLUSH_WQ,
	WQ_CYCLE_FULL,
	WQ_CYCLE_FULL_BOUND,
	WQ_FINE_FULL,
};

#define WQ_SLOTS 2 /* max_active of /full */

struct wq_cycle;

struct wq_slot {
	struct wq_cycle *wc;
	struct work_struct work;
	struct lab_actor *worker;
};

struct wq_cycle {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct workqueue_struct *wq;
	char wq_name[LAB_NAME_LEN];
	bool closing; /* the works play their part; before, they only signal fences */

	struct work_struct waiter_work; /* /ordered */
	struct work_struct signal_work; /* /ordered, /flush */
	struct work_struct fence_work; /* the others: waits for the flusher's fence */
	struct lab_actor *worker; /* whoever runs the work that blocks */
	struct lab_actor *flusher;
	struct completion warm, go;

	struct wq_slot slots[WQ_SLOTS]; /* /full */

	struct lab_lock lock; /* /flush */
	atomic_t lock_held;
};

static void waiter_work(struct work_struct *work)
{
	struct wq_cycle *wc = container_of(work, struct wq_cycle, waiter_work);

	lab_actor_adopt(wc->worker);
	lab_actor_blocks(wc->worker);
	dma_fence_wait(wc->fence, false);
}

/* Takes one of the places that the workqueue has; in workqueue-fine the last one becomes free. */
static void slot_work(struct work_struct *work)
{
	struct wq_slot *slot = container_of(work, struct wq_slot, work);
	struct lab_instance *inst = slot->wc->inst;
	unsigned long end = jiffies + inst->params.seconds * HZ;

	lab_actor_adopt(slot->worker);
	lab_actor_blocks(slot->worker);
	if (inst->variant->value != WQ_FINE_FULL || slot == slot->wc->slots)
		dma_fence_wait(slot->wc->fence, false);
	while (inst->variant->value == WQ_FINE_FULL && !lab_stopping(inst) && time_before(jiffies, end))
		msleep(100);
}

static void signal_work(struct work_struct *work)
{
	struct wq_cycle *wc = container_of(work, struct wq_cycle, signal_work);

	if (!wc->closing) {
		lab_timeline_warmup(&wc->timeline, 1);
		return;
	}
	if (wc->inst->variant->value == WQ_CYCLE_FLUSH) {
		lab_actor_adopt(wc->worker);
		lab_actor_blocks(wc->worker);
		lab_lock_contend(&wc->lock);
		lab_lock_contend_done(&wc->lock);
	}
	dma_fence_signal(wc->fence);
}

static void fence_work(struct work_struct *work)
{
	struct wq_cycle *wc = container_of(work, struct wq_cycle, fence_work);

	lab_actor_adopt(wc->worker);
	lab_actor_blocks(wc->worker);
	dma_fence_wait(wc->fence, false);
}

/* Holds the lock that the signalling work needs, and flushes that work. */
static int lock_flusher_thread(struct lab_actor *actor)
{
	struct wq_cycle *wc = actor->inst->priv;

	lab_lock_hold(&wc->lock);
	atomic_set(&wc->lock_held, 1);
	queue_work(wc->wq, &wc->signal_work);
	lab_actor_wait_blocking(wc->worker);
	lab_actor_blocks(actor);
	flush_work(&wc->signal_work);
	if (atomic_xchg(&wc->lock_held, 0))
		lab_lock_release(&wc->lock);
	return 0;
}

/* Signals the timeline's fences, the next one only after the work that waits for it has ended. */
static int fence_flusher_thread(struct lab_actor *actor)
{
	struct wq_cycle *wc = actor->inst->priv;

	lab_timeline_warmup(&wc->timeline, actor->inst->params.warmup);
	complete(&wc->warm);
	if (!lab_thread_wait(actor->inst, &wc->go))
		return 0;
	queue_work(wc->wq, &wc->fence_work);
	lab_actor_wait_blocking(wc->worker);
	lab_actor_blocks(actor);
	switch (actor->inst->variant->value) {
	case WQ_CYCLE_CANCEL:
		cancel_work_sync(&wc->fence_work);
		break;
	case WQ_CYCLE_FLUSH_WQ:
		flush_workqueue(wc->wq);
		break;
	default:
		flush_work(&wc->fence_work);
		break;
	}
	dma_fence_signal(wc->fence);
	return 0;
}

static int victim_thread(struct lab_actor *actor)
{
	struct wq_cycle *wc = actor->inst->priv;

	lab_actor_blocks(actor);
	if (actor->index % 2 && actor->inst->variant->value == WQ_CYCLE_FLUSH) {
		lab_lock_contend(&wc->lock);
		lab_lock_contend_done(&wc->lock);
	} else {
		dma_fence_wait(wc->fence, false);
	}
	return 0;
}

static int create_fence(struct wq_cycle *wc)
{
	wc->fence = lab_fence_create(&wc->timeline);
	if (!wc->fence)
		return -ENOMEM;
	lab_truth_lab_fence(wc->inst, wc->fence);
	wc->closing = true;
	return 0;
}

static void warmup_by_work(struct wq_cycle *wc)
{
	unsigned int i;

	for (i = 0; i < wc->inst->params.warmup; i++) {
		queue_work(wc->wq, &wc->signal_work);
		flush_work(&wc->signal_work);
	}
}

static int start_ordered(struct wq_cycle *wc)
{
	int ret;

	warmup_by_work(wc);
	ret = create_fence(wc);
	if (ret)
		return ret;
	queue_work(wc->wq, &wc->waiter_work);
	ret = lab_actor_wait_blocking(wc->worker);
	queue_work(wc->wq, &wc->signal_work);
	WRITE_ONCE(wc->inst->formed_ns, ktime_get_ns());
	return ret;
}

static void queue_slot(struct wq_cycle *wc, struct work_struct *work)
{
	if (wc->inst->variant->value == WQ_CYCLE_FULL_BOUND)
		queue_work_on(0, wc->wq, work);
	else
		queue_work(wc->wq, work);
}

static int start_full(struct wq_cycle *wc)
{
	unsigned int i;
	int ret;

	warmup_by_work(wc);
	ret = create_fence(wc);
	for (i = 0; i < WQ_SLOTS && !ret; i++) {
		struct wq_slot *slot = &wc->slots[i];

		slot->wc = wc;
		/* The loop through the first one is the one that is shown. */
		slot->worker = i ? lab_actor_add(wc->inst, "waiter", LAB_VICTIM) : wc->worker;
		if (!slot->worker)
			return -ENOMEM;
		INIT_WORK(&slot->work, slot_work);
		queue_slot(wc, &slot->work);
		ret = lab_actor_wait_blocking(slot->worker);
	}
	queue_slot(wc, &wc->signal_work);
	WRITE_ONCE(wc->inst->formed_ns, ktime_get_ns());
	return ret;
}

static struct workqueue_struct *wq_create(struct wq_cycle *wc)
{
	switch (wc->inst->variant->value) {
	case WQ_CYCLE_ORDERED:
		return alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, wc->wq_name);
	case WQ_CYCLE_FULL_BOUND:
		return alloc_workqueue("%s", WQ_PERCPU | WQ_MEM_RECLAIM, WQ_SLOTS, wc->wq_name);
	case WQ_CYCLE_FULL:
	case WQ_FINE_FULL:
		return alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, WQ_SLOTS, wc->wq_name);
	default:
		return alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, wc->wq_name);
	}
}

static int start_flush(struct wq_cycle *wc)
{
	int ret;

	warmup_by_work(wc);
	ret = create_fence(wc);
	if (ret)
		return ret;
	wc->flusher = lab_actor_run(wc->inst, "flusher", LAB_PARTICIPANT, "gpulab-flush", lock_flusher_thread);
	return wc->flusher ? lab_actor_wait_blocking(wc->flusher) : -ENOMEM;
}

static int start_flush_fence(struct wq_cycle *wc)
{
	int ret;

	wc->flusher = lab_actor_run(wc->inst, "flusher", LAB_PARTICIPANT, "gpulab-flush", fence_flusher_thread);
	if (!wc->flusher)
		return -ENOMEM;
	ret = lab_wait(&wc->warm) ?: create_fence(wc);
	if (ret)
		return ret;
	complete(&wc->go);
	return lab_actor_wait_blocking(wc->flusher);
}

static int wq_start(struct lab_instance *inst)
{
	struct wq_cycle *wc = kzalloc(sizeof(*wc), GFP_KERNEL);
	int variant = inst->variant->value;
	int ret;

	if (!wc)
		return -ENOMEM;
	inst->priv = wc;
	wc->inst = inst;
	lab_timeline_init(&wc->timeline, "compute", inst->id);
	lab_lock_init(&wc->lock, LAB_MUTEX);
	init_completion(&wc->warm);
	init_completion(&wc->go);
	INIT_WORK(&wc->waiter_work, waiter_work);
	INIT_WORK(&wc->signal_work, signal_work);
	INIT_WORK(&wc->fence_work, fence_work);
	snprintf(wc->wq_name, sizeof(wc->wq_name), "gpulab-%s/%u", variant == WQ_CYCLE_ORDERED ? "ord" : "work",
		 inst->id);
	wc->wq = wq_create(wc);
	wc->worker = lab_actor_add(inst, variant == WQ_CYCLE_FLUSH ? "signaller" : "waiter", LAB_PARTICIPANT);
	if (!wc->wq || !wc->worker)
		return -ENOMEM;
	if (variant == WQ_CYCLE_FLUSH)
		lab_truth_lock(inst, &wc->lock);
	if (variant == WQ_CYCLE_ORDERED)
		ret = start_ordered(wc);
	else if (variant == WQ_CYCLE_FLUSH)
		ret = start_flush(wc);
	else if (variant >= WQ_CYCLE_FULL)
		ret = start_full(wc);
	else
		ret = start_flush_fence(wc);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void wq_release(struct lab_instance *inst)
{
	struct wq_cycle *wc = inst->priv;

	if (!wc)
		return;
	if (atomic_xchg(&wc->lock_held, 0))
		lab_lock_release_for_owner(&wc->lock);
	/* The work of /flush signals by itself, now that it can. */
	if (inst->variant->value != WQ_CYCLE_FLUSH)
		lab_fence_cancel(wc->fence);
}

/* Retires the fence; who holds the lock of /flush goes on holding it. */
static void wq_reset(struct lab_instance *inst)
{
	struct wq_cycle *wc = inst->priv;

	if (wc)
		lab_fence_cancel(wc->fence);
}

static void wq_finish(struct lab_instance *inst)
{
	struct wq_cycle *wc = inst->priv;

	if (!wc)
		return;
	if (wc->wq)
		destroy_workqueue(wc->wq);
	lab_fence_cancel(wc->fence);
	dma_fence_put(wc->fence);
	lab_lock_fini(&wc->lock);
	kfree(wc);
}

static void wq_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct wq_cycle *wc = inst->priv;
	struct work_struct *work;

	if (!wc)
		return;
	work = inst->variant->value >= WQ_CYCLE_FLUSH_FENCE && inst->variant->value <= WQ_CYCLE_FLUSH_WQ
		       ? &wc->fence_work
		       : &wc->signal_work;
	seq_printf(seq, ",\"work\":{\"address\":\"0x%px\",\"function\":\"%ps\",\"workqueue\":\"%s\"}", work, work->func,
		   wc->wq_name);
}

static const struct lab_variant wq_variants[] = {
	{ "ordered", WQ_CYCLE_ORDERED },	  { "flush", WQ_CYCLE_FLUSH },
	{ "flush-fence", WQ_CYCLE_FLUSH_FENCE },  { "cancel", WQ_CYCLE_CANCEL },
	{ "flush-workqueue", WQ_CYCLE_FLUSH_WQ }, { "full", WQ_CYCLE_FULL },
	{ "full-bound", WQ_CYCLE_FULL_BOUND },	  { "" },
};

const struct lab_family lab_workqueue_family = {
	.name = "workqueue-cycle",
	.expected_class = "workqueue-cycle",
	.variants = wq_variants,
	.start = wq_start,
	.release = wq_release,
	.reset = wq_reset,
	.finish = wq_finish,
	.show = wq_show,
};

static const struct lab_variant wq_fine_variants[] = { { "full", WQ_FINE_FULL }, { "" } };

const struct lab_family lab_workqueue_fine_family = {
	.name = "workqueue-fine",
	.expected_class = "none",
	.variants = wq_fine_variants,
	.start = wq_start,
	.release = wq_release,
	.finish = wq_finish,
	.show = wq_show,
};
