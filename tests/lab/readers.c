// SPDX-License-Identifier: GPL-2.0
/*
 * rwsem-readers: of the tasks that hold an rwsem for reading, one waits for a fence whose signaller wants to write.
 * rwsem-readers-fine: the same tasks in the same functions, and the wait ends.
 */
#include <linux/delay.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "lab.h"

#define BESIDE 2 /* readers that came later, and sleep */

enum readers_variant {
	READERS_OWN,
	READERS_MEMORY,
	READERS_INTERRUPTIBLE,
	READERS_ONLY,
	READERS_LATE,
	READERS_OTHER,
	READERS_OTHER_INTERRUPTIBLE,
	READERS_PASSED,
	READERS_PASSED_BEFORE,
	READERS_PASSED_EXITED,
};

struct readers {
	struct rw_semaphore own, other; /* own: unless it is mmap_lock */
	struct mm_struct *mm;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct completion warm, has, go, wait, beside[BESIDE];
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

/* One that sleeps until somebody has something for it to do, in S. */
static bool sleeps_interruptibly(const struct lab_actor *actor)
{
	int variant = actor->inst->variant->value;

	return actor->index == 1 && (variant == READERS_INTERRUPTIBLE || variant == READERS_OTHER_INTERRUPTIBLE);
}

/* In D, as who waits for the hardware. */
static noinline void work_slowly(struct lab_actor *actor, struct readers *readers)
{
	complete_all(&readers->beside[actor->index - 1]);
	while (!readers_end(actor->inst)) {
		if (sleeps_interruptibly(actor))
			msleep_interruptible(100);
		else
			msleep(100);
	}
}

/* What all of them are inside of. */
static noinline void read_section(struct lab_actor *actor, struct rw_semaphore *lock)
{
	struct readers *readers = actor->inst->priv;

	down_read(lock);
	complete_all(&readers->has);
	if (actor->index == 0 && lab_thread_wait(actor->inst, &readers->wait))
		wait_for_job(actor, readers);
	else if (actor->index)
		work_slowly(actor, readers);
	up_read(lock);
}

/* Was the last one that took it, and does not hold it any more. */
static noinline void pass_by(struct lab_actor *actor, struct rw_semaphore *lock)
{
	struct readers *readers = actor->inst->priv;

	down_read(lock);
	up_read(lock);
	complete_all(&readers->has);
	if (actor->inst->variant->value != READERS_PASSED_EXITED && lab_thread_wait(actor->inst, &readers->wait))
		wait_for_job(actor, readers);
}

static int reader_thread(struct lab_actor *actor)
{
	struct readers *readers = actor->inst->priv;
	int variant = actor->inst->variant->value;
	bool other = variant == READERS_OTHER || variant == READERS_OTHER_INTERRUPTIBLE;

	if (actor->index == 0 && variant >= READERS_PASSED)
		pass_by(actor, readers_lock(readers));
	else
		read_section(actor, actor->index == 0 && other ? &readers->other : readers_lock(readers));
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

static int readers_run_beside(struct lab_instance *inst, struct readers *readers, unsigned int count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < count && !ret; i++)
		ret = lab_actor_run_index(inst, "beside", LAB_HELPER, i + 1, "gpulab-read", reader_thread)
			      ? lab_wait(&readers->beside[i])
			      : -ENOMEM;
	return ret;
}

static int readers_run_holder(struct lab_instance *inst, struct readers *readers, struct lab_actor **holder)
{
	*holder = lab_actor_run(inst, "holder", LAB_PARTICIPANT, "gpulab-hold", reader_thread);
	return *holder ? lab_wait(&readers->has) : -ENOMEM;
}

static int readers_wait_for_job(struct readers *readers, struct lab_actor *holder)
{
	complete_all(&readers->wait);
	return lab_actor_wait_blocking(holder);
}

static int readers_write(struct lab_instance *inst, struct readers *readers, struct lab_actor *signaller)
{
	complete_all(&readers->go);
	return inst->variant->value == READERS_LATE ? 0 : lab_actor_wait_blocking(signaller);
}

/* The order in which they come. */
static int readers_gather(struct lab_instance *inst, struct readers *readers, struct lab_actor *signaller)
{
	struct lab_actor *holder;
	int ret;

	switch (inst->variant->value) {
	case READERS_ONLY:
		return readers_run_holder(inst, readers, &holder) ?: readers_write(inst, readers, signaller) ?:
		       readers_wait_for_job(readers, holder);
	case READERS_PASSED:
		return readers_run_beside(inst, readers, 1) ?: readers_run_holder(inst, readers, &holder) ?:
		       readers_write(inst, readers, signaller) ?: readers_wait_for_job(readers, holder);
	case READERS_PASSED_BEFORE:
		return readers_run_beside(inst, readers, 1) ?: readers_run_holder(inst, readers, &holder) ?:
		       readers_wait_for_job(readers, holder) ?: readers_write(inst, readers, signaller);
	case READERS_PASSED_EXITED:
		ret = readers_run_beside(inst, readers, 1) ?: readers_run_holder(inst, readers, &holder);
		if (ret)
			return ret;
		lab_actor_join(holder);
		return readers_write(inst, readers, signaller);
	default:
		return readers_run_holder(inst, readers, &holder) ?: readers_wait_for_job(readers, holder) ?:
		       readers_run_beside(inst, readers, BESIDE) ?: readers_write(inst, readers, signaller);
	}
}

static int readers_begin(struct lab_instance *inst, struct readers *readers)
{
	struct lab_actor *signaller;
	int ret;

	signaller = lab_actor_run(inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", readers_signaller_thread);
	ret = signaller ? lab_wait(&readers->warm) : -ENOMEM;
	if (ret)
		return ret;
	readers->fence = lab_fence_create(&readers->timeline);
	if (!readers->fence)
		return -ENOMEM;
	lab_truth_lab_fence(inst, readers->fence);
	return readers_gather(inst, readers, signaller) ?: lab_victims_run(inst, readers_victim_thread);
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
	init_completion(&readers->has);
	init_completion(&readers->go);
	init_completion(&readers->wait);
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
	{ "interruptible", READERS_INTERRUPTIBLE },
	{ "only", READERS_ONLY },
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
	{ "other-interruptible", READERS_OTHER_INTERRUPTIBLE },
	{ "passed", READERS_PASSED },
	{ "passed-before", READERS_PASSED_BEFORE },
	{ "passed-exited", READERS_PASSED_EXITED },
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
