// SPDX-License-Identifier: GPL-2.0
/*
 * notifier-cycle: a process waits for a fence in an invalidate callback; the signaller needs that process's mmap_lock,
 * or waits for the invalidation to end.
 */
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

enum notifier_variant {
	NOTIFIER_MUNMAP,
	NOTIFIER_MPROTECT,
	NOTIFIER_MADVISE,
	NOTIFIER_READ_BEGIN,
	NOTIFIER_REMOVE,
	NOTIFIER_VMA
};

struct notifier_cycle {
	struct lab_instance *inst;
	struct mmu_interval_notifier notifier;
	bool registered;
	struct mutex update_lock; /* what a driver's page-table update takes; guards the notifier's sequence number */
	struct mm_struct *mm;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct lab_actor *holder, *signaller;
	struct completion warm;
};

static bool invalidate(struct mmu_interval_notifier *notifier, const struct mmu_notifier_range *range,
		       unsigned long cur_seq)
{
	struct notifier_cycle *nc = container_of(notifier, struct notifier_cycle, notifier);

	if (!mmu_notifier_range_blockable(range))
		return false;
	mutex_lock(&nc->update_lock);
	mmu_interval_set_seq(notifier, cur_seq);
	mutex_unlock(&nc->update_lock);
	/* Not on the process's way out. Once is enough. */
	if (range->event == MMU_NOTIFY_RELEASE || current->mm != nc->mm || lab_stopping(nc->inst) || nc->holder->task)
		return true;
	lab_actor_adopt(nc->holder);
	lab_actor_blocks(nc->holder);
	dma_fence_wait(nc->fence, false);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/* As a system call of the process does, or a thread of a driver on its behalf: of the one VMA that the notifier is for. */
static noinline void change_vma(struct notifier_cycle *nc)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	struct vm_area_struct *vma;

	kthread_use_mm(nc->mm);
	mmap_write_lock(nc->mm);
	vma = find_vma(nc->mm, nc->inst->request.address);
	if (vma)
		vma_start_write(vma);
	mmap_write_unlock(nc->mm);
	kthread_unuse_mm(nc->mm);
#endif
}

static void block_on_mm(struct notifier_cycle *nc)
{
	switch (nc->inst->variant->value) {
	case NOTIFIER_MPROTECT:
		/* The holder has it for write. */
		mmap_read_lock(nc->mm);
		mmap_read_unlock(nc->mm);
		break;
	case NOTIFIER_READ_BEGIN:
		mmu_interval_read_begin(&nc->notifier);
		break;
	case NOTIFIER_VMA:
		change_vma(nc);
		break;
	case NOTIFIER_REMOVE:
		nc->registered = false;
		mmu_interval_notifier_remove(&nc->notifier);
		break;
	default:
		mmap_write_lock(nc->mm);
		mmap_write_unlock(nc->mm);
		break;
	}
}

static int signaller_thread(struct lab_actor *actor)
{
	struct notifier_cycle *nc = actor->inst->priv;

	lab_timeline_warmup(&nc->timeline, actor->inst->params.warmup);
	complete(&nc->warm);
	if (!lab_thread_wait(actor->inst, &nc->holder->blocking))
		return 0;
	lab_actor_wait_blocking(nc->holder); /* for its pause */
	lab_actor_blocks(actor);
	block_on_mm(nc);
	dma_fence_signal(nc->fence);
	return 0;
}

static int notifier_start(struct lab_instance *inst)
{
	struct notifier_cycle *nc = kzalloc(sizeof(*nc), GFP_KERNEL);
	int ret;

	if (!nc)
		return -ENOMEM;
	if (inst->variant->value == NOTIFIER_VMA && LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)) {
		kfree(nc);
		return -EOPNOTSUPP; /* madvise() takes mmap_lock */
	}
	inst->priv = nc;
	nc->inst = inst;
	mutex_init(&nc->update_lock);
	init_completion(&nc->warm);
	lab_timeline_init(&nc->timeline, "gfx", inst->id);
	nc->mm = current->mm;
	mmgrab(nc->mm);
	nc->holder = lab_actor_add(inst, "holder", LAB_PARTICIPANT);
	if (!nc->holder)
		return -ENOMEM;
	nc->signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", signaller_thread);
	if (!nc->signaller)
		return -ENOMEM;
	ret = lab_wait(&nc->warm);
	if (ret)
		return ret;
	nc->fence = lab_fence_create(&nc->timeline);
	if (!nc->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, nc->fence);
	if (inst->variant->value < NOTIFIER_READ_BEGIN)
		lab_truth_lock_at(inst, "mmap_lock", &nc->mm->mmap_lock);
	ret = mmu_interval_notifier_insert(&nc->notifier, nc->mm, inst->request.address, inst->request.length,
					   &notifier_ops);
	if (!ret)
		nc->registered = true;
	return ret;
}

static void notifier_release(struct lab_instance *inst)
{
	struct notifier_cycle *nc = inst->priv;

	if (nc)
		lab_fence_cancel(nc->fence);
}

static void notifier_finish(struct lab_instance *inst)
{
	struct notifier_cycle *nc = inst->priv;

	if (!nc)
		return;
	/* Waits for a callback that is still running. */
	if (nc->registered)
		mmu_interval_notifier_remove(&nc->notifier);
	mmdrop(nc->mm);
	dma_fence_put(nc->fence);
	kfree(nc);
}

static const struct lab_variant notifier_variants[] = {
	{ "munmap", NOTIFIER_MUNMAP, true },
	{ "mprotect", NOTIFIER_MPROTECT, true },
	{ "madvise", NOTIFIER_MADVISE, true },
	{ "read-begin", NOTIFIER_READ_BEGIN, true },
	{ "remove", NOTIFIER_REMOVE, true },
	{ "vma", NOTIFIER_VMA, true },
	{ "" },
};

const struct lab_family lab_notifier_family = {
	.name = "notifier-cycle",
	.expected_class = "notifier-cycle",
	.variants = notifier_variants,
	.start = notifier_start,
	.release = notifier_release,
	.reset = notifier_release,
	.finish = notifier_finish,
};
