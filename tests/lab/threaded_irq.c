// SPDX-License-Identifier: GPL-2.0
/*
 * A device whose interrupt has a thread, which signals the fences. threaded-irq: the device falls silent.
 * threaded-irq-fine: the interrupt only comes late, or its thread has a lot to do.
 */
#include <linux/delay.h>
#include <linux/slab.h>

#include "lab.h"

enum threaded_variant { THREADED_SILENT, THREADED_LATE, THREADED_SLOW };

struct threaded {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct lab_irq *irq;
	struct dma_fence *outstanding, *fence; /* what the interrupt signals; what is waited for */
	struct lab_lock lock;
	bool slow;
};

static void threaded_handle(void *data)
{
	struct threaded *threaded = data;
	unsigned long end = jiffies + threaded->inst->params.seconds * HZ;

	while (READ_ONCE(threaded->slow) && !lab_stopping(threaded->inst) && time_before(jiffies, end))
		msleep(100);
	dma_fence_signal(threaded->outstanding);
}

static int threaded_warmup(struct threaded *threaded, unsigned int count)
{
	while (count--) {
		threaded->outstanding = lab_fence_create(&threaded->timeline);
		if (!threaded->outstanding)
			return -ENOMEM;
		lab_irq_come_in(threaded->irq, 1);
		dma_fence_wait(threaded->outstanding, false);
		dma_fence_put(threaded->outstanding);
		threaded->outstanding = NULL;
	}
	return 0;
}

static int threaded_holder_thread(struct lab_actor *actor)
{
	struct threaded *threaded = actor->inst->priv;

	lab_lock_hold(&threaded->lock);
	lab_actor_blocks(actor);
	dma_fence_wait(threaded->fence, false);
	lab_lock_release(&threaded->lock);
	return 0;
}

static int threaded_victim_thread(struct lab_actor *actor)
{
	struct threaded *threaded = actor->inst->priv;

	lab_actor_blocks(actor);
	lab_lock_contend(&threaded->lock);
	lab_lock_contend_done(&threaded->lock);
	return 0;
}

static int threaded_start(struct lab_instance *inst)
{
	struct threaded *threaded = kzalloc(sizeof(*threaded), GFP_KERNEL);
	struct lab_actor *holder;
	int ret;

	if (!threaded)
		return -ENOMEM;
	inst->priv = threaded;
	threaded->inst = inst;
	lab_lock_init(&threaded->lock, LAB_MUTEX);
	lab_timeline_init(&threaded->timeline, "gfx", inst->id);
	threaded->irq = lab_irq_create("gpulab-gfx", inst->id, threaded_handle, threaded);
	ret = threaded->irq ? threaded_warmup(threaded, inst->params.warmup) : -ENOMEM;
	threaded->fence = ret ? NULL : lab_fence_create(&threaded->timeline);
	if (!threaded->fence)
		return ret ?: -ENOMEM;
	threaded->outstanding = threaded->fence;
	lab_truth_lab_fence(inst, threaded->fence);
	lab_truth_lock(inst, &threaded->lock);
	WRITE_ONCE(threaded->slow, inst->variant->value == THREADED_SLOW);
	if (inst->variant->value != THREADED_SILENT)
		lab_irq_come_in(threaded->irq, threaded->slow ? 1 : inst->params.seconds * 1000);
	holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", threaded_holder_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	return ret ?: lab_victims_run(inst, threaded_victim_thread);
}

static void threaded_release(struct lab_instance *inst)
{
	struct threaded *threaded = inst->priv;

	if (threaded)
		lab_fence_cancel(threaded->fence);
}

static void threaded_finish(struct lab_instance *inst)
{
	struct threaded *threaded = inst->priv;

	if (!threaded)
		return;
	lab_irq_destroy(threaded->irq);
	dma_fence_put(threaded->fence);
	lab_lock_fini(&threaded->lock);
	kfree(threaded);
}

static const struct lab_variant threaded_variants[] = { { "silent", THREADED_SILENT }, { "" } };

const struct lab_family lab_threaded_irq_family = {
	.name = "threaded-irq",
	.expected_class = "silent-device",
	.variants = threaded_variants,
	.start = threaded_start,
	.release = threaded_release,
	.reset = threaded_release,
	.finish = threaded_finish,
};

static const struct lab_variant threaded_fine_variants[] = { { "late", THREADED_LATE },
							     { "slow", THREADED_SLOW },
							     { "" } };

const struct lab_family lab_threaded_irq_fine_family = {
	.name = "threaded-irq-fine",
	.expected_class = "none",
	.variants = threaded_fine_variants,
	.start = threaded_start,
	.release = threaded_release,
	.finish = threaded_finish,
};
