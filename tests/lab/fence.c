// SPDX-License-Identifier: GPL-2.0
/*
 * Timelines and fences of the lab's driver.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "lab.h"

/* It carries its own lock and name so that it outlives its timeline, as the dma_fence contract wants. */
struct lab_fence {
	struct dma_fence base;
	spinlock_t lock;
	char timeline[LAB_NAME_LEN];
};

static const char *lab_fence_driver_name(struct dma_fence *fence)
{
	return LAB_DRIVER_NAME;
}

static const char *lab_fence_timeline_name(struct dma_fence *fence)
{
	return container_of(fence, struct lab_fence, base)->timeline;
}

static void lab_fence_release_pinning(struct dma_fence *fence)
{
	dma_fence_free(fence);
	module_put(THIS_MODULE);
}

static const struct dma_fence_ops lab_fence_ops = {
	.get_driver_name = lab_fence_driver_name,
	.get_timeline_name = lab_fence_timeline_name,
};

static const struct dma_fence_ops lab_fence_pinning_ops = {
	.get_driver_name = lab_fence_driver_name,
	.get_timeline_name = lab_fence_timeline_name,
	.release = lab_fence_release_pinning,
};

void lab_timeline_init(struct lab_timeline *tl, const char *ring, unsigned int id)
{
	tl->context = dma_fence_context_alloc(1);
	atomic64_set(&tl->seqno, 0);
	snprintf(tl->name, sizeof(tl->name), "%s.%u", ring, id);
}

static struct dma_fence *fence_create(struct lab_timeline *tl, const struct dma_fence_ops *ops)
{
	struct lab_fence *fence = kmalloc(sizeof(*fence), GFP_KERNEL);

	if (!fence)
		return NULL;
	spin_lock_init(&fence->lock);
	memcpy(fence->timeline, tl->name, sizeof(fence->timeline));
	dma_fence_init(&fence->base, ops, &fence->lock, tl->context, atomic64_inc_return(&tl->seqno));
	return &fence->base;
}

struct dma_fence *lab_fence_create(struct lab_timeline *tl)
{
	return fence_create(tl, &lab_fence_ops);
}

struct dma_fence *lab_fence_create_pinning(struct lab_timeline *tl)
{
	struct dma_fence *fence = fence_create(tl, &lab_fence_pinning_ops);

	if (fence)
		__module_get(THIS_MODULE);
	return fence;
}

void lab_fence_cancel(struct dma_fence *fence)
{
	unsigned long flags;

	if (!fence)
		return;
	lab_fence_lock_irqsave(fence, flags);
	if (!test_bit(DMA_FENCE_FLAG_SIGNALED_BIT, &fence->flags)) {
		dma_fence_set_error(fence, -ECANCELED);
		dma_fence_signal_locked(fence);
	}
	lab_fence_unlock_irqrestore(fence, flags);
}

void lab_timeline_warmup(struct lab_timeline *tl, unsigned int count)
{
	while (count--) {
		struct dma_fence *fence = lab_fence_create(tl);

		if (!fence)
			return;
		usleep_range(200, 400);
		dma_fence_signal(fence);
		dma_fence_put(fence);
	}
}

const char *lab_fence_timeline(struct dma_fence *fence)
{
	return container_of(fence, struct lab_fence, base)->timeline;
}
