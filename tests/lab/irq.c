// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts of the lab's devices. They are real ones of the kernel's, with a thread each, behind no hardware: a timer's interrupt
 * raises them.
 */
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/slab.h>

#include "lab.h"

struct lab_irq {
	int number;
	bool requested;
	struct hrtimer timer;
	void (*handle)(void *data);
	void *data;
	char name[LAB_NAME_LEN];
};

static irqreturn_t irq_primary(int number, void *data)
{
	return IRQ_WAKE_THREAD;
}

static irqreturn_t irq_in_thread(int number, void *data)
{
	struct lab_irq *irq = data;

	irq->handle(irq->data);
	return IRQ_HANDLED;
}

static enum hrtimer_restart irq_raise(struct hrtimer *timer)
{
	generic_handle_irq_safe(container_of(timer, struct lab_irq, timer)->number);
	return HRTIMER_NORESTART;
}

struct lab_irq *lab_irq_create(const char *name, unsigned int id, void (*handle)(void *data), void *data)
{
	struct lab_irq *irq = kzalloc(sizeof(*irq), GFP_KERNEL);

	if (!irq)
		return NULL;
	irq->handle = handle;
	irq->data = data;
	snprintf(irq->name, sizeof(irq->name), "%s.%u", name, id);
	lab_hrtimer_setup(&irq->timer, irq_raise);
	irq->number = irq_alloc_desc(numa_node_id());
	if (irq->number < 0)
		goto fail;
	irq_set_chip_and_handler(irq->number, &dummy_irq_chip, handle_simple_irq);
	irq_clear_status_flags(irq->number, IRQ_NOREQUEST | IRQ_NOAUTOEN);
	irq->requested = !request_threaded_irq(irq->number, irq_primary, irq_in_thread, 0, irq->name, irq);
	if (irq->requested)
		return irq;
fail:
	lab_irq_destroy(irq);
	return NULL;
}

void lab_irq_come_in(struct lab_irq *irq, unsigned int ms)
{
	hrtimer_start(&irq->timer, ms_to_ktime(ms), HRTIMER_MODE_REL);
}

void lab_irq_disable(struct lab_irq *irq)
{
	disable_irq(irq->number);
}

void lab_irq_destroy(struct lab_irq *irq)
{
	if (!irq)
		return;
	hrtimer_cancel(&irq->timer);
	if (irq->requested)
		free_irq(irq->number, irq);
	if (irq->number >= 0)
		irq_free_desc(irq->number);
	kfree(irq);
}
