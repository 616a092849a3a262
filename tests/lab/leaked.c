// SPDX-License-Identifier: GPL-2.0
/*
 * leaked-lock: the owner has gone back to user space, has exited, has died by an oops or has returned from its work, and still
 * holds it.
 */
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum leaked_variant {
	LEAKED_EXITED,
	LEAKED_RESV,
	LEAKED_OOPSED,
	LEAKED_WORKER,
	LEAKED_RWSEM,
	LEAKED_RWSEM_READ,
	LEAKED_QUEUE,
	LEAKED_INTERRUPT,
	LEAKED_USER
};

struct leaked {
	struct lab_lock lock;
	atomic_t held;
	struct lab_actor *owner;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct kthread_worker *queue;
	struct kthread_work item;
	int irq; /* 0: none */
	struct completion handled;
};

static int owner_thread(struct lab_actor *actor)
{
	struct leaked *leaked = actor->inst->priv;

	lab_lock_hold(&leaked->lock);
	atomic_set(&leaked->held, 1);
	if (actor->inst->variant->value == LEAKED_OOPSED) {
		complete_all(&actor->left);
		BUG();
	}
	return 0;
}

static void owner_takes(struct leaked *leaked)
{
	lab_actor_adopt(leaked->owner);
	lab_lock_hold(&leaked->lock);
	atomic_set(&leaked->held, 1);
}

static void owner_work(struct work_struct *work)
{
	owner_takes(container_of(work, struct leaked, work));
}

static void owner_item(struct kthread_work *item)
{
	owner_takes(container_of(item, struct leaked, item));
}

static irqreturn_t owner_interrupt(int irq, void *data)
{
	struct leaked *leaked = data;

	owner_takes(leaked);
	complete(&leaked->handled);
	return IRQ_HANDLED;
}

static int waiter_thread(struct lab_actor *actor)
{
	struct leaked *leaked = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&leaked->lock);
	lab_lock_contend_done(&leaked->lock);
	return 0;
}

static int leak_in_thread(struct lab_instance *inst, struct leaked *leaked)
{
	leaked->owner = lab_actor_run(inst, "owner", LAB_ROOT, "gpulab-owner", owner_thread);
	if (!leaked->owner)
		return -ENOMEM;
	lab_actor_join(leaked->owner);
	leaked->owner->state = "exited";
	if (!inst->params.keep_task) {
		/* As it is in life: the owner field dangles. */
		spin_lock(&inst->actors_lock);
		put_task_struct(leaked->owner->task);
		leaked->owner->task = NULL;
		spin_unlock(&inst->actors_lock);
	}
	return 0;
}

static int leak_in_work(struct lab_instance *inst, struct leaked *leaked)
{
	leaked->owner = lab_actor_add(inst, "owner", LAB_ROOT);
	leaked->wq = alloc_workqueue("gpulab-owner/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, inst->id);
	if (!leaked->owner || !leaked->wq)
		return -ENOMEM;
	queue_work(leaked->wq, &leaked->work);
	flush_work(&leaked->work);
	leaked->owner->state = "idle";
	return 0;
}

static int leak_in_queue(struct lab_instance *inst, struct leaked *leaked)
{
	leaked->owner = lab_actor_add(inst, "owner", LAB_ROOT);
	leaked->queue = lab_kthread_worker_create("gpulab-owner/%u", inst->id);
	if (IS_ERR(leaked->queue))
		leaked->queue = NULL;
	if (!leaked->owner || !leaked->queue)
		return -ENOMEM;
	kthread_queue_work(leaked->queue, &leaked->item);
	kthread_flush_work(&leaked->item);
	leaked->owner->state = "idle";
	return 0;
}

/* An interrupt of no device: its thread is woken up as the first half of a handler would do it. */
static int leak_in_interrupt(struct lab_instance *inst, struct leaked *leaked)
{
	int irq = irq_alloc_desc(NUMA_NO_NODE), ret;

	if (irq < 0)
		return irq;
	leaked->owner = lab_actor_add(inst, "owner", LAB_ROOT);
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_clear_status_flags(irq, IRQ_NOREQUEST);
	ret = leaked->owner ? request_threaded_irq(irq, NULL, owner_interrupt, IRQF_ONESHOT, "gpulab-owner", leaked)
			    : -ENOMEM;
	if (ret) {
		irq_free_desc(irq);
		return ret;
	}
	leaked->irq = irq;
	irq_wake_thread(irq, leaked);
	ret = lab_wait(&leaked->handled);
	leaked->owner->state = "idle";
	return ret;
}

/* In the ioctl of the process, which returns to user space after this. */
static int leak_in_process(struct lab_instance *inst, struct leaked *leaked)
{
	leaked->owner = lab_actor_add(inst, "owner", LAB_ROOT);
	if (!leaked->owner)
		return -ENOMEM;
	lab_actor_adopt(leaked->owner);
	leaked->owner->state = "user";
	lab_lock_hold(&leaked->lock);
	atomic_set(&leaked->held, 1);
	return 0;
}

static int leaked_start(struct lab_instance *inst)
{
	static const enum lab_lock_type types[] = {
		[LEAKED_EXITED] = LAB_MUTEX, [LEAKED_RESV] = LAB_RESV,	     [LEAKED_OOPSED] = LAB_MUTEX,
		[LEAKED_WORKER] = LAB_MUTEX, [LEAKED_RWSEM] = LAB_RWSEM,     [LEAKED_USER] = LAB_MUTEX,
		[LEAKED_QUEUE] = LAB_MUTEX,  [LEAKED_INTERRUPT] = LAB_MUTEX, [LEAKED_RWSEM_READ] = LAB_RWSEM_READ,
	};
	struct leaked *leaked = kzalloc(sizeof(*leaked), GFP_KERNEL);
	struct lab_actor *waiter;
	int ret;

	if (!leaked)
		return -ENOMEM;
	inst->priv = leaked;
	lab_lock_init(&leaked->lock, types[inst->variant->value]);
	if (inst->variant->value != LEAKED_USER && !lab_lock_can_be_leaked())
		return -EOPNOTSUPP;
	INIT_WORK(&leaked->work, owner_work);
	kthread_init_work(&leaked->item, owner_item);
	init_completion(&leaked->handled);
	lab_truth_lock(inst, &leaked->lock);
	if (inst->variant->value == LEAKED_USER)
		ret = leak_in_process(inst, leaked);
	else if (inst->variant->value == LEAKED_WORKER || inst->variant->value == LEAKED_RWSEM)
		ret = leak_in_work(inst, leaked);
	else if (inst->variant->value == LEAKED_QUEUE)
		ret = leak_in_queue(inst, leaked);
	else if (inst->variant->value == LEAKED_INTERRUPT)
		ret = leak_in_interrupt(inst, leaked);
	else
		ret = leak_in_thread(inst, leaked);
	if (ret)
		return ret;
	waiter = lab_actor_run(inst, "waiter", LAB_PARTICIPANT, "gpulab-wait", waiter_thread);
	ret = waiter ? lab_actor_wait_blocking(waiter) : -ENOMEM;
	return ret ?: lab_victims_run(inst, waiter_thread);
}

static int leaked_unlock(struct lab_instance *inst)
{
	struct leaked *leaked = inst->priv;

	if (inst->variant->value != LEAKED_USER || !leaked)
		return -EINVAL;
	if (current != leaked->owner->task)
		return -EPERM;
	if (atomic_xchg(&leaked->held, 0))
		lab_lock_release(&leaked->lock);
	complete_all(&leaked->owner->left);
	return 0;
}

/* A process is asked to release its lock; who is gone has it released for them. */
static void leaked_release(struct lab_instance *inst)
{
	struct leaked *leaked = inst->priv;

	if (!leaked)
		return;
	if (inst->variant->value == LEAKED_USER && leaked->owner && !completion_done(&inst->client->closed)) {
		kill_pid(task_pid(leaked->owner->task), SIGUSR1, 1);
		wait_for_completion_timeout(&leaked->owner->left, 5 * HZ);
	}
	if (atomic_xchg(&leaked->held, 0))
		lab_lock_release_for_owner(&leaked->lock);
}

static void leaked_finish(struct lab_instance *inst)
{
	struct leaked *leaked = inst->priv;

	if (!leaked)
		return;
	if (leaked->wq)
		destroy_workqueue(leaked->wq);
	if (leaked->queue)
		kthread_destroy_worker(leaked->queue);
	if (leaked->irq) {
		free_irq(leaked->irq, leaked);
		irq_free_desc(leaked->irq);
	}
	lab_lock_fini(&leaked->lock);
	kfree(leaked);
}

static const struct lab_variant leaked_variants[] = {
	{ "exited", LEAKED_EXITED },
	{ "resv", LEAKED_RESV },
	{ "worker", LEAKED_WORKER },
	{ "rwsem", LEAKED_RWSEM },
	{ "rwsem-read", LEAKED_RWSEM_READ },
	{ "oopsed", LEAKED_OOPSED },
	{ "user-sleep", LEAKED_USER, true },
	{ "user-spin", LEAKED_USER, true },
	{ "queue", LEAKED_QUEUE },
	{ "interrupt", LEAKED_INTERRUPT },
	{ "" },
};

const struct lab_family lab_leaked_family = {
	.name = "leaked-lock",
	.expected_class = "leaked-lock",
	.variants = leaked_variants,
	.start = leaked_start,
	.release = leaked_release,
	.finish = leaked_finish,
	.unlock = leaked_unlock,
};
