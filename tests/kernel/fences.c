// SPDX-License-Identifier: GPL-2.0-or-later
/* A wait for any of several fences, one of which a timer signals, and fences that consist of others. */
#include <linux/delay.h>
#include <linux/dma-fence-array.h>
#include <linux/dma-fence-chain.h>
#include <linux/dma-fence.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "drive.h"

struct timed_fence {
	struct dma_fence base;
	spinlock_t lock;
	struct timer_list timer;
};

static const char *fence_name(struct dma_fence *fence)
{
	return "gwdrive";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

static void fence_timer(struct timer_list *timer)
{
	struct timed_fence *fence = container_of(timer, struct timed_fence, timer);

	dma_fence_signal(&fence->base);
	dma_fence_put(&fence->base);
}

/* Returns a fence that is signalled after some milliseconds. */
static struct dma_fence *timed_fence_new(unsigned int ms)
{
	struct timed_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	if (!fence)
		return NULL;
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &fence_ops, &fence->lock, dma_fence_context_alloc(1), 1);
	timer_setup(&fence->timer, fence_timer, 0);
	dma_fence_get(&fence->base);
	mod_timer(&fence->timer, jiffies + msecs_to_jiffies(ms));
	return &fence->base;
}

/* A chain whose only link is an array of two fences. */
static int compose(void)
{
	struct dma_fence **parts = kcalloc(2, sizeof(*parts), GFP_KERNEL);
	struct dma_fence_chain *chain = dma_fence_chain_alloc();
	struct dma_fence_array *array = NULL;

	if (parts && chain) {
		parts[0] = timed_fence_new(20);
		parts[1] = timed_fence_new(20);
#if DRIVE_7_2
		if (parts[0] && parts[1])
			array = dma_fence_array_create(2, parts, dma_fence_context_alloc(1), 1);
#else
		if (parts[0] && parts[1])
			array = dma_fence_array_create(2, parts, dma_fence_context_alloc(1), 1, false);
#endif
	}
	if (!array) {
		dma_fence_chain_free(chain);
		kfree(parts);
		return -ENOMEM;
	}
	dma_fence_chain_init(chain, NULL, &array->base, 1);
	dma_fence_put(&chain->base);
	return 0;
}

int drive_fences(void)
{
	struct dma_fence *fences[2] = { timed_fence_new(2000), timed_fence_new(50) };
	u32 first = 0;
	int composed = compose();
	long left = -ENOMEM;

	if (fences[0] && fences[1])
		left = dma_fence_wait_any_timeout(fences, 2, false, HZ, &first);
	dma_fence_put(fences[0]);
	dma_fence_put(fences[1]);
	/* The timers call functions of this module. */
	msleep(2100);
	if (left < 0)
		return left;
	return left > 0 && first == 1 ? composed : -ETIME;
}
