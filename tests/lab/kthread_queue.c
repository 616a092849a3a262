// SPDX-License-Identifier: GPL-2.0
/*
 * kthread-queue: a thread works off a queue; who flushes that queue holds the mutex that the item being executed needs.
 * kthread-queue-own: likewise, with a queue as some drivers make it themselves, of a list, a semaphore and a thread.
 * kthread-queue-fine: the item only takes long; or it leaves a mutex to the next one, which an interrupt queues, or a timer.
 */
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/semaphore.h>
#include <linux/slab.h>

#include "lab.h"

enum queue_variant { QUEUE_FLUSH, QUEUE_FLUSH_ITEM, QUEUE_CANCEL, QUEUE_OWN, QUEUE_LATE, QUEUE_KEPT, QUEUE_DELAYED };

struct own_item {
	struct list_head node;
	void (*function)(void *data);
	void *data;
};

/* Its thread sleeps on the semaphore, which counts the items. */
struct own_queue {
	struct list_head items;
	spinlock_t lock;
	struct semaphore count;
	bool closing;
};

struct queue_lab {
	struct lab_instance *inst;
	struct lab_lock lock;
	atomic_t held;
	struct lab_actor *executor, *flusher;
	struct kthread_worker *worker;
	struct kthread_work work;
	struct kthread_delayed_work next;
	struct hrtimer timer;
	struct own_queue own;
	struct own_item item;
};

/* ---- a queue of one's own ---- */

static void own_queue_add(struct own_queue *queue, struct own_item *item)
{
	spin_lock(&queue->lock);
	list_add_tail(&item->node, &queue->items);
	spin_unlock(&queue->lock);
	up(&queue->count);
}

static int own_queue_thread(struct lab_actor *actor)
{
	struct own_queue *queue = &((struct queue_lab *)actor->inst->priv)->own;

	while (!READ_ONCE(queue->closing)) {
		struct own_item *item;

		if (down_interruptible(&queue->count))
			continue;
		spin_lock(&queue->lock);
		item = list_first_entry_or_null(&queue->items, struct own_item, node);
		if (item)
			list_del(&item->node);
		spin_unlock(&queue->lock);
		if (item)
			item->function(item->data);
	}
	return 0;
}

static void own_queue_flushed(void *done)
{
	complete(done);
}

static noinline void own_queue_flush(struct own_queue *queue)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct own_item item = { .function = own_queue_flushed, .data = &done };

	own_queue_add(queue, &item);
	wait_for_completion(&done);
}

/* ---- the item, and who waits for it ---- */

static void execute(void *data)
{
	struct queue_lab *lab = data;
	unsigned long end = jiffies + lab->inst->params.seconds * HZ;

	lab_actor_adopt(lab->executor);
	lab_actor_blocks(lab->executor);
	if (lab->inst->variant->value == QUEUE_LATE) {
		while (!lab_stopping(lab->inst) && time_before(jiffies, end))
			msleep(100);
		return;
	}
	lab_lock_contend(&lab->lock);
	lab_lock_contend_done(&lab->lock);
}

static void execute_work(struct kthread_work *work)
{
	execute(container_of(work, struct queue_lab, work));
}

/* ---- a mutex that is kept from one item to the next ---- */

static void keep_work(struct kthread_work *work)
{
	struct queue_lab *lab = container_of(work, struct queue_lab, work);

	lab_actor_adopt(lab->executor);
	lab_lock_hold(&lab->lock);
	atomic_set(&lab->held, 1);
}

static void release_work(struct kthread_work *work)
{
	struct queue_lab *lab = container_of(work, struct queue_lab, next.work);

	if (atomic_xchg(&lab->held, 0))
		lab_lock_release(&lab->lock);
}

static enum hrtimer_restart queue_interrupt(struct hrtimer *timer)
{
	struct queue_lab *lab = container_of(timer, struct queue_lab, timer);

	kthread_queue_work(lab->worker, &lab->next.work);
	return HRTIMER_NORESTART;
}

static bool queue_keeps(const struct lab_instance *inst)
{
	return inst->variant->value == QUEUE_KEPT || inst->variant->value == QUEUE_DELAYED;
}

static int queue_victim_thread(struct lab_actor *actor);

static int queue_keep(struct queue_lab *lab)
{
	struct lab_actor *waiter;

	kthread_queue_work(lab->worker, &lab->work);
	kthread_flush_work(&lab->work);
	lab->executor->state = "idle";
	if (lab->inst->variant->value == QUEUE_DELAYED)
		kthread_queue_delayed_work(lab->worker, &lab->next, lab->inst->params.seconds * HZ);
	else
		hrtimer_start(&lab->timer, ms_to_ktime(1000 * lab->inst->params.seconds), HRTIMER_MODE_REL);
	waiter = lab_actor_run(lab->inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", queue_victim_thread);
	return waiter ? lab_actor_wait_blocking(waiter) : -ENOMEM;
}

static void queue_flush(struct queue_lab *lab)
{
	switch (lab->inst->variant->value) {
	case QUEUE_FLUSH_ITEM:
		kthread_flush_work(&lab->work);
		break;
	case QUEUE_CANCEL:
		kthread_cancel_work_sync(&lab->work);
		break;
	case QUEUE_OWN:
		own_queue_flush(&lab->own);
		break;
	default:
		kthread_flush_worker(lab->worker);
	}
}

static int queue_flusher_thread(struct lab_actor *actor)
{
	struct queue_lab *lab = actor->inst->priv;

	lab_lock_hold(&lab->lock);
	atomic_set(&lab->held, 1);
	if (actor->inst->variant->value == QUEUE_OWN)
		own_queue_add(&lab->own, &lab->item);
	else
		kthread_queue_work(lab->worker, &lab->work);
	lab_actor_wait_blocking(lab->executor);
	lab_actor_blocks(actor);
	queue_flush(lab);
	if (atomic_xchg(&lab->held, 0))
		lab_lock_release(&lab->lock);
	return 0;
}

static int queue_victim_thread(struct lab_actor *actor)
{
	struct queue_lab *lab = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&lab->lock);
	lab_lock_contend_done(&lab->lock);
	return 0;
}

static int queue_create(struct queue_lab *lab)
{
	if (lab->inst->variant->value == QUEUE_OWN) {
		lab->executor = lab_actor_run(lab->inst, "executor", LAB_PARTICIPANT, "gpulab-queue", own_queue_thread);
		return lab->executor ? 0 : -ENOMEM;
	}
	lab->executor = lab_actor_add(lab->inst, "executor", LAB_PARTICIPANT);
	lab->worker = lab_kthread_worker_create("gpulab-queue/%u", lab->inst->id);
	if (IS_ERR(lab->worker))
		lab->worker = NULL;
	return lab->executor && lab->worker ? 0 : -ENOMEM;
}

static int queue_start(struct lab_instance *inst)
{
	struct queue_lab *lab = kzalloc(sizeof(*lab), GFP_KERNEL);
	int ret;

	if (!lab)
		return -ENOMEM;
	inst->priv = lab;
	lab->inst = inst;
	lab_lock_init(&lab->lock, LAB_MUTEX);
	lab_truth_lock(inst, &lab->lock);
	kthread_init_work(&lab->work, queue_keeps(inst) ? keep_work : execute_work);
	kthread_init_delayed_work(&lab->next, release_work);
	lab_hrtimer_setup(&lab->timer, queue_interrupt);
	INIT_LIST_HEAD(&lab->own.items);
	spin_lock_init(&lab->own.lock);
	sema_init(&lab->own.count, 0);
	lab->item.function = execute;
	lab->item.data = lab;
	ret = queue_create(lab);
	if (ret)
		return ret;
	if (queue_keeps(inst))
		return queue_keep(lab);
	lab->flusher = lab_actor_run(inst, "flusher", LAB_PARTICIPANT, "gpulab-flush", queue_flusher_thread);
	ret = lab->flusher ? lab_actor_wait_blocking(lab->flusher) : -ENOMEM;
	return ret ?: lab_victims_run(inst, queue_victim_thread);
}

static void queue_release(struct lab_instance *inst)
{
	struct queue_lab *lab = inst->priv;

	if (!lab)
		return;
	if (queue_keeps(inst) && lab->worker) {
		hrtimer_cancel(&lab->timer);
		kthread_mod_delayed_work(lab->worker, &lab->next, 0);
		return;
	}
	if (inst->variant->value != QUEUE_LATE && atomic_xchg(&lab->held, 0))
		lab_lock_release_for_owner(&lab->lock);
	if (inst->variant->value == QUEUE_OWN && lab->flusher)
		wait_for_completion_timeout(&lab->flusher->left, 5 * HZ);
	WRITE_ONCE(lab->own.closing, true);
	up(&lab->own.count);
}

static void queue_finish(struct lab_instance *inst)
{
	struct queue_lab *lab = inst->priv;

	if (!lab)
		return;
	hrtimer_cancel(&lab->timer);
	if (lab->worker)
		kthread_destroy_worker(lab->worker);
	lab_lock_fini(&lab->lock);
	kfree(lab);
}

static const struct lab_variant queue_variants[] = {
	{ "flush", QUEUE_FLUSH },
	{ "flush-item", QUEUE_FLUSH_ITEM },
	{ "cancel", QUEUE_CANCEL },
	{ "" },
};

const struct lab_family lab_queue_family = {
	.name = "kthread-queue",
	.expected_class = "workqueue-cycle",
	.variants = queue_variants,
	.start = queue_start,
	.release = queue_release,
	.finish = queue_finish,
};

static const struct lab_variant own_queue_variants[] = { { "flush", QUEUE_OWN }, { "" } };

const struct lab_family lab_own_queue_family = {
	.name = "kthread-queue-own",
	.expected_class = "long-wait",
	.variants = own_queue_variants,
	.start = queue_start,
	.release = queue_release,
	.finish = queue_finish,
};

static const struct lab_variant queue_fine_variants[] = {
	{ "late", QUEUE_LATE },
	{ "kept", QUEUE_KEPT },
	{ "delayed", QUEUE_DELAYED },
	{ "" },
};

const struct lab_family lab_queue_fine_family = {
	.name = "kthread-queue-fine",
	.expected_class = "none",
	.variants = queue_fine_variants,
	.start = queue_start,
	.release = queue_release,
	.finish = queue_finish,
};
