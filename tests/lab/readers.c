// SPDX-License-Identifier: GPL-2.0
/*
 * rwsem-readers: of several tasks that hold an rwsem for reading, the first one waits for a fence whose signaller wants to
 * write. rwsem-readers-fine: the same tasks in the same functions, and the wait ends.
 */
#include <linux/delay.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

#define BESIDE 2 /* readers that came later, and sleep */

enum readers_variant { READERS_OWN, READERS_MEMORY, READERS_LATE, READERS_OTHER };

struct readers {
	struct rw_semaphore own, other; /* own: unless it is mmap_lock */
	struct mm_struct *mm;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct completion warm, go, beside[BESIDE];
	unsigned long end; /* jiffies */
};

static struct rw_semaphore *readers_lock(struct readers *readers)
{
	return readers->mm ? &readers->mm->mmap_lock : &readers->own;
}

static bool readers_end(struct lab_instance *inst)
{
	struct readers *readers = inst->priv;
	int variant = inst->variant->value;

	return lab_stopping(inst) || (variant >= READERS_LATE && time_after(jiffies, readers->end));
}

static noinline void wait_for_job(struct lab_actor *actor, struct readers *readers)
{
	lab_actor_blocks(actor);
	dma_fence_wait(readers->fence, false);
}

/* In D, as who waits for the hardware. */
static noinline void work_slowly(struct lab_actor *actor, struct readers *readers)
{
	complete_all(&readers->beside[actor->index - 1]);
	while (!readers_end(actor->inst))
		msleep(100);
}

/* What all of them are inside of. */
static noinline void read_section(struct lab_actor *actor, struct rw_semaphore *lock)
{
	struct readers *readers = actor->inst->priv;

	down_read(lock);
	if (actor->index == 0)
		wait_for_job(actor, readers);
	else
		work_slowly(actor, readers);
	up_read(lock);
}

static int reader_thread(struct lab_actor *actor)
{
	struct readers *readers = actor->inst->priv;
	bool other = actor->index == 0 && actor->inst->variant->value == READERS_OTHER;

	read_section(actor, other ? &readers->other : readers_lock(readers));
	return 0;
}

/* Wants to write before it signals; in /late an interrupt would have done as well. */
static int readers_signaller_thread(struct lab_actor *actor)
{
	struct readers *readers = actor->inst->priv;

	lab_timeline_warmup(&readers->timeline, actor->inst->params.warmup);
	complete_all(&readers->warm);
	if (!lab_thread_wait(actor->inst, &readers->go))
		return 0;
	if (actor->inst->variant->value == READERS_LATE) {
		while (!readers_end(actor->inst))
			msleep(50);
		dma_fence_signal(readers->fence);
		return 0;
	}
	lab_actor_blocks(actor);
	down_write(readers_lock(readers));
	dma_fence_signal(readers->fence);
	up_write(readers_lock(readers));
	return 0;
}

static int readers_victim_thread(struct lab_actor *actor)
{
	struct readers *readers = actor->inst->priv;

	lab_actor_blocks(actor);
	down_write(readers_lock(readers));
	up_write(readers_lock(readers));
	return 0;
}

static int readers_begin(struct lab_instance *inst, struct readers *readers)
{
	struct lab_actor *signaller, *holder;
	unsigned int i;
	int ret;

	signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", readers_signaller_thread);
	ret = signaller ? lab_wait(&readers->warm) : -ENOMEM;
	if (ret)
		return ret;
	readers->fence = lab_fence_create(&readers->timeline);
	if (!readers->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, readers->fence);
	holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", reader_thread);
	ret = holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
	for (i = 0; i < BESIDE && !ret; i++)
		ret = lab_actor_run_index(inst, "beside", LAB_HELPER, i + 1, "gpulab-read", reader_thread)
			      ? lab_wait(&readers->beside[i])
			      : -ENOMEM;
	complete_all(&readers->go);
	if (!ret && inst->variant->value != READERS_LATE)
		ret = lab_actor_wait_blocking(signaller);
	return ret ?: lab_victims_run(inst, readers_victim_thread);
}

static int readers_start(struct lab_instance *inst)
{
	struct readers *readers = kzalloc(sizeof(*readers), GFP_KERNEL);
	unsigned int i;

	if (!readers)
		return -ENOMEM;
	inst->priv = readers;
	init_rwsem(&readers->own);
	init_rwsem(&readers->other);
	init_completion(&readers->warm);
	init_completion(&readers->go);
	for (i = 0; i < BESIDE; i++)
		init_completion(&readers->beside[i]);
	readers->end = jiffies + inst->params.seconds * HZ;
	if (inst->variant->value == READERS_MEMORY) {
		readers->mm = current->mm;
		mmgrab(readers->mm);
	}
	lab_timeline_init(&readers->timeline, "gfx", inst->id);
	lab_truth_lock_at(inst, "rwsem", readers_lock(readers));
	return readers_begin(inst, readers);
}

static void readers_release(struct lab_instance *inst)
{
	struct readers *readers = inst->priv;

	if (readers)
		lab_fence_cancel(readers->fence);
}

static void readers_finish(struct lab_instance *inst)
{
	struct readers *readers = inst->priv;

	if (!readers)
		return;
	dma_fence_put(readers->fence);
	if (readers->mm)
		mmdrop(readers->mm);
	kfree(readers);
}

static const struct lab_variant readers_variants[] = {
	{ "own", READERS_OWN },
	{ "memory", READERS_MEMORY, true },
	{ "" },
};

const struct lab_family lab_readers_family = {
	.name = "rwsem-readers",
	.expected_class = "fence-lock-cycle",
	.variants = readers_variants,
	.start = readers_start,
	.release = readers_release,
	.reset = readers_release,
	.finish = readers_finish,
};

static const struct lab_variant readers_fine_variants[] = {
	{ "late", READERS_LATE },
	{ "other", READERS_OTHER },
	{ "" },
};

const struct lab_family lab_readers_fine_family = {
	.name = "rwsem-readers-fine",
	.expected_class = "none",
	.variants = readers_fine_variants,
	.start = readers_start,
	.release = readers_release,
	.finish = readers_finish,
};
