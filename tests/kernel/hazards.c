// SPDX-License-Identifier: GPL-2.0-or-later
/* What a signalling section must not do, each of it once, and the same outside of a section. */
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "drive.h"

static int break_rules(struct dma_fence *fence, struct dma_resv *resv)
{
	long left = dma_fence_wait_timeout(fence, false, 1);
	void *memory;

	mmap_read_lock(current->mm);
	mmap_read_unlock(current->mm);
	if (dma_resv_lock(resv, NULL))
		return -EDEADLK;
	dma_resv_unlock(resv);
	memory = kmalloc(PAGE_SIZE, GFP_KERNEL);
	kfree(memory);
	return left ? -ETIME : memory ? 0 : -ENOMEM;
}

int drive_hazards(const char *arg)
{
	struct dma_fence *fence = drive_fence();
	struct dma_resv resv;
	bool cookie;
	int ret;

	if (!fence)
		return -ENOMEM;
	dma_resv_init(&resv);
	if (arg && !strcmp(arg, "inside")) {
		cookie = dma_fence_begin_signalling();
		ret = break_rules(fence, &resv);
		dma_fence_end_signalling(cookie);
	} else {
		ret = break_rules(fence, &resv);
	}
	dma_resv_fini(&resv);
	drive_fence_end(fence);
	return ret;
}
