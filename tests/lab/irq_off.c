// SPDX-License-Identifier: GPL-2.0
/*
 * irq-off: a task turns an interrupt off with a mutex held, and so waits for the interrupt's thread, which wants the mutex.
 * irq-off-fine: the thread only has a lot to do.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "lab.h"

enum irq_off_variant { IRQ_OFF_LOCK, IRQ_OFF_LATE };

struct irq_off {
	struct lab_instance *inst;
	struct lab_irq *irq;
	struct lab_lock lock;
	struct lab_actor *thread;
	atomic_t lock_held;
};

static void irq_off_handle(void *data)
{
	struct irq_off *off = data;
	unsigned long end = jiffies + off->inst->params.seconds * HZ;

	lab_actor_adopt(off->thread);
	lab_actor_blocks(off->thread);
	if (off->inst->variant->value == IRQ_OFF_LOCK) {
		lab_lock_contend(&off->lock);
		lab_lock_contend_done(&off->lock);
	}
	while (off->inst->variant->value == IRQ_OFF_LATE && !lab_stopping(off->inst) && time_before(jiffies, end))
		msleep(100);
}

static int irq_off_holder_thread(struct lab_actor *actor)
{
	struct irq_off *off = actor->inst->priv;

	lab_lock_hold(&off->lock);
	atomic_set(&off->lock_held, 1);
	lab_irq_come_in(off->irq, 1);
	lab_actor_wait_blocking(off->thread);
	lab_actor_blocks(actor);
	lab_irq_disable(off->irq);
	if (atomic_xchg(&off->lock_held, 0))
		lab_lock_release(&off->lock);
	return 0;
}

static int irq_off_victim_thread(struct lab_actor *actor)
{
	struct irq_off *off = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&off->lock);
	lab_lock_contend_done(&off->lock);
	return 0;
}

static int irq_off_start(struct lab_instance *inst)
{
	enum lab_part part = inst->variant->value == IRQ_OFF_LATE ? LAB_HELPER : LAB_PARTICIPANT;
	struct irq_off *off = kzalloc(sizeof(*off), GFP_KERNEL);
	struct lab_actor *holder;
	int ret;

	if (!off)
		return -ENOMEM;
	inst->priv = off;
	off->inst = inst;
	lab_lock_init(&off->lock, LAB_MUTEX);
	lab_truth_lock(inst, &off->lock);
	off->thread = lab_actor_add(inst, "thread", part);
	off->irq = off->thread ? lab_irq_create("gpulab-vblank", inst->id, irq_off_handle, off) : NULL;
	if (!off->irq)
		return -ENOMEM;
	holder = lab_actor_run(inst, "holder", part, "gpulab-hold", irq_off_holder_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	return ret ?: lab_victims_run(inst, irq_off_victim_thread);
}

/* The thread gets the lock, and its end lets the holder go on. */
static void irq_off_release(struct lab_instance *inst)
{
	struct irq_off *off = inst->priv;

	if (off && inst->variant->value == IRQ_OFF_LOCK && atomic_xchg(&off->lock_held, 0))
		lab_lock_release_for_owner(&off->lock);
}

static void irq_off_finish(struct lab_instance *inst)
{
	struct irq_off *off = inst->priv;

	if (!off)
		return;
	lab_irq_destroy(off->irq);
	lab_lock_fini(&off->lock);
	kfree(off);
}

static const struct lab_variant irq_off_variants[] = { { "lock", IRQ_OFF_LOCK }, { "" } };

const struct lab_family lab_irq_off_family = {
	.name = "irq-off",
	.expected_class = "lock-cycle",
	.variants = irq_off_variants,
	.start = irq_off_start,
	.release = irq_off_release,
	.finish = irq_off_finish,
};

static const struct lab_variant irq_off_fine_variants[] = { { "late", IRQ_OFF_LATE }, { "" } };

const struct lab_family lab_irq_off_fine_family = {
	.name = "irq-off-fine",
	.expected_class = "none",
	.variants = irq_off_fine_variants,
	.start = irq_off_start,
	.release = irq_off_release,
	.finish = irq_off_finish,
};
