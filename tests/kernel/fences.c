// SPDX-License-Identifier: GPL-2.0-or-later
/* A wait for any of several fences, one of which a timer signals. */
#include <linux/delay.h>
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
	struct timed_fence *fence = from_timer(fence, timer, timer);

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

int drive_fences(void)
{
	struct dma_fence *fences[2] = { timed_fence_new(2000), timed_fence_new(50) };
	u32 first = 0;
	long left = -ENOMEM;

	if (fences[0] && fences[1])
		left = dma_fence_wait_any_timeout(fences, 2, false, HZ, &first);
	dma_fence_put(fences[0]);
	dma_fence_put(fences[1]);
	/* The slow one's timer is a function of this module. */
	msleep(2100);
	if (left < 0)
		return left;
	return left > 0 && first == 1 ? 0 : -ETIME;
}
