// SPDX-License-Identifier: GPL-2.0
/*
 * fence-lock-cycle: a holder waits for a fence under a lock that the fence's signaller needs first.
 */
#include <linux/dma-fence-array.h>
#include <linux/dma-fence-chain.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum fence_lock_variant {
	FL_RESV,
	FL_MUTEX,
	FL_RWSEM,
	FL_RWSEM_READ,
	FL_WORK,
	FL_ANY,
	FL_ARRAY,
	FL_CHAIN,
	FL_SCHED,
	FL_BIG_ARRAY,
	FL_JOINED
};

struct fence_lock {
	struct lab_instance *inst;
	struct lab_lock lock;
	struct lab_timeline timeline[2];
	struct dma_fence *fence[2]; /* what must be signalled; the second one only in /any and /array */
	struct dma_fence *waited; /* what the holder waits for */
	struct completion warm, go;
	struct lab_actor *signaller;

	struct workqueue_struct *wq; /* /signaller-work */
	struct work_struct work;
	bool closing;

	struct lab_ring *ring; /* /sched */
};

static void signal_fences(struct fence_lock *fl)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fl->fence); i++)
		if (fl->fence[i])
			dma_fence_signal(fl->fence[i]);
}

static int holder_thread(struct lab_actor *actor)
{
	struct fence_lock *fl = actor->inst->priv;

	lab_lock_hold(&fl->lock);
	lab_actor_blocks(actor);
	if (actor->inst->variant->value == FL_ANY)
		dma_fence_wait_any_timeout(fl->fence, 2, false, MAX_SCHEDULE_TIMEOUT, NULL);
	else
		dma_fence_wait(fl->waited, false);
	lab_lock_release(&fl->lock);
	return 0;
}

static void take_lock_and_signal(struct fence_lock *fl)
{
	lab_actor_blocks(fl->signaller);
	lab_lock_contend(&fl->lock);
	signal_fences(fl);
	lab_lock_contend_done(&fl->lock);
}

static int signaller_thread(struct lab_actor *actor)
{
	struct fence_lock *fl = actor->inst->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fl->timeline); i++)
		if (fl->timeline[i].context)
			lab_timeline_warmup(&fl->timeline[i], actor->inst->params.warmup);
	complete(&fl->warm);
	if (lab_thread_wait(actor->inst, &fl->go))
		take_lock_and_signal(fl);
	return 0;
}

static void signaller_work(struct work_struct *work)
{
	struct fence_lock *fl = container_of(work, struct fence_lock, work);

	if (fl->closing) {
		lab_actor_adopt(fl->signaller);
		take_lock_and_signal(fl);
	} else {
		lab_timeline_warmup(&fl->timeline[0], 1);
	}
}

/* /joined: after a while another thread signals fences of the timeline, though never the one that is waited for. */
static int joining_thread(struct lab_actor *actor)
{
	struct fence_lock *fl = actor->inst->priv;

	wait_for_completion_interruptible_timeout(&actor->inst->stop, actor->inst->params.seconds * HZ);
	if (!lab_stopping(actor->inst))
		lab_timeline_warmup(&fl->timeline[0], actor->inst->params.warmup);
	return 0;
}

/* drm_sched calls this as part of run_job(): the job's fence cannot exist before the lock is there. */
static void signaller_job(void *data)
{
	struct fence_lock *fl = data;

	lab_actor_adopt(fl->signaller);
	lab_actor_blocks(fl->signaller);
	lab_lock_contend(&fl->lock);
	lab_lock_contend_done(&fl->lock);
}

static int victim_thread(struct lab_actor *actor)
{
	struct fence_lock *fl = actor->inst->priv;

	lab_actor_blocks(actor);
	if (actor->index % 2) {
		dma_fence_wait(fl->fence[0], false);
	} else {
		lab_lock_contend(&fl->lock);
		lab_lock_contend_done(&fl->lock);
	}
	return 0;
}

static int create_fences(struct fence_lock *fl, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		fl->fence[i] = lab_fence_create(&fl->timeline[i]);
		if (!fl->fence[i])
			return -ENOMEM;
		lab_truth_lab_fence(fl->inst, fl->fence[i]);
	}
	return 0;
}

static int wrap_in_array(struct fence_lock *fl)
{
	unsigned int done = fl->inst->variant->value == FL_BIG_ARRAY ? 20 : 0, i;
	struct dma_fence **members = kmalloc_array(done + 2, sizeof(*members), GFP_KERNEL);
	struct dma_fence_array *array;

	if (!members)
		return -ENOMEM;
	for (i = 0; i < done; i++)
		members[i] = dma_fence_get_stub();
	members[done] = dma_fence_get(fl->fence[0]);
	members[done + 1] = dma_fence_get(fl->fence[1]);
	array = lab_fence_array_create(done + 2, members, dma_fence_context_alloc(1));
	if (!array) {
		for (i = 0; i < done + 2; i++)
			dma_fence_put(members[i]);
		kfree(members);
		return -ENOMEM;
	}
	fl->waited = &array->base;
	lab_truth_fence(fl->inst, "container", fl->waited, "dma_fence_array", "unbound");
	return 0;
}

static int wrap_in_chain(struct fence_lock *fl)
{
	struct dma_fence_chain *chain = dma_fence_chain_alloc();

	if (!chain)
		return -ENOMEM;
	dma_fence_chain_init(chain, NULL, dma_fence_get(fl->fence[0]), 1);
	fl->waited = &chain->base;
	lab_truth_fence(fl->inst, "container", fl->waited, "dma_fence_chain", "unbound");
	return 0;
}

static int start_holder(struct fence_lock *fl)
{
	struct lab_actor *holder;

	if (!fl->waited)
		fl->waited = dma_fence_get(fl->fence[0]);
	holder = lab_actor_run(fl->inst, "holder", LAB_PARTICIPANT, "gpulab-hold", holder_thread);
	return holder ? lab_actor_wait_blocking(holder) : -ENOMEM;
}

static int start_with_thread(struct fence_lock *fl, int variant)
{
	bool array = variant == FL_ARRAY || variant == FL_BIG_ARRAY;
	unsigned int count = variant == FL_ANY || array ? 2 : 1;
	int ret;

	lab_timeline_init(&fl->timeline[0], "gfx", fl->inst->id);
	if (count == 2)
		lab_timeline_init(&fl->timeline[1], "sdma", fl->inst->id);
	fl->signaller = lab_actor_run(fl->inst, "signaller", LAB_PARTICIPANT, "gpulab-sign", signaller_thread);
	if (!fl->signaller)
		return -ENOMEM;
	ret = lab_wait(&fl->warm) ?: create_fences(fl, count);
	if (!ret && array)
		ret = wrap_in_array(fl);
	if (!ret && variant == FL_CHAIN)
		ret = wrap_in_chain(fl);
	ret = ret ?: start_holder(fl);
	complete(&fl->go);
	if (!ret && variant == FL_JOINED &&
	    !lab_actor_run(fl->inst, "joining", LAB_HELPER, "gpulab-join", joining_thread))
		ret = -ENOMEM;
	return ret ?: lab_actor_wait_blocking(fl->signaller);
}

static int start_with_work(struct fence_lock *fl)
{
	unsigned int i;
	int ret;

	lab_timeline_init(&fl->timeline[0], "gfx", fl->inst->id);
	fl->wq = alloc_workqueue("gpulab-sign/%u", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, fl->inst->id);
	fl->signaller = lab_actor_add(fl->inst, "signaller", LAB_PARTICIPANT);
	if (!fl->wq || !fl->signaller)
		return -ENOMEM;
	for (i = 0; i < fl->inst->params.warmup; i++) {
		queue_work(fl->wq, &fl->work);
		flush_work(&fl->work);
	}
	ret = create_fences(fl, 1) ?: start_holder(fl);
	if (ret)
		return ret;
	fl->closing = true;
	queue_work(fl->wq, &fl->work);
	return lab_actor_wait_blocking(fl->signaller);
}

static int start_with_sched(struct fence_lock *fl)
{
	struct dma_fence *finished;
	struct lab_job *job;
	unsigned int i;
	int ret;

	fl->ring = lab_ring_create("gpulab-gfx", fl->inst->id);
	fl->signaller = lab_actor_add(fl->inst, "signaller", LAB_PARTICIPANT);
	if (!fl->ring || !fl->signaller)
		return -ENOMEM;
	for (i = 0; i < fl->inst->params.warmup; i++) {
		job = lab_job_create(fl->ring, NULL, NULL, &finished);
		if (!job)
			return -ENOMEM;
		lab_job_push(job);
		dma_fence_wait(finished, false);
		dma_fence_put(finished);
	}
	job = lab_job_create(fl->ring, signaller_job, fl, &fl->fence[0]);
	if (!job)
		return -ENOMEM;
	lab_truth_fence(fl->inst, "signal", fl->fence[0], "drm_sched", lab_ring_name(fl->ring));
	ret = start_holder(fl);
	/* An armed job has to be pushed, whatever else fails. */
	lab_job_push(job);
	return ret ?: lab_actor_wait_blocking(fl->signaller);
}

static int fence_lock_start(struct lab_instance *inst)
{
	static const enum lab_lock_type types[] = {
		[FL_RESV] = LAB_RESV,	      [FL_MUTEX] = LAB_MUTEX,
		[FL_RWSEM] = LAB_RWSEM,	      [FL_RWSEM_READ] = LAB_RWSEM_READ,
		[FL_WORK] = LAB_MUTEX,	      [FL_ANY] = LAB_MUTEX,
		[FL_ARRAY] = LAB_RESV_BUFFER, [FL_CHAIN] = LAB_WW,
		[FL_SCHED] = LAB_MUTEX,	      [FL_BIG_ARRAY] = LAB_MUTEX,
		[FL_JOINED] = LAB_MUTEX,
	};
	struct fence_lock *fl = kzalloc(sizeof(*fl), GFP_KERNEL);
	int variant = inst->variant->value;
	int ret;

	if (!fl)
		return -ENOMEM;
	inst->priv = fl;
	fl->inst = inst;
	init_completion(&fl->warm);
	init_completion(&fl->go);
	INIT_WORK(&fl->work, signaller_work);
	lab_lock_init(&fl->lock, types[variant]);
	lab_truth_lock(inst, &fl->lock);
	if (variant == FL_WORK)
		ret = start_with_work(fl);
	else if (variant == FL_SCHED)
		ret = start_with_sched(fl);
	else
		ret = start_with_thread(fl, variant);
	return ret ?: lab_victims_run(inst, victim_thread);
}

static void fence_lock_release(struct lab_instance *inst)
{
	struct fence_lock *fl = inst->priv;

	if (!fl)
		return;
	lab_fence_cancel(fl->fence[0]);
	lab_fence_cancel(fl->fence[1]);
}

/* A driver's reset waits until no job is in run_job(). */
static void fence_lock_reset(struct lab_instance *inst)
{
	if (inst->variant->value != FL_SCHED)
		fence_lock_release(inst);
}

static void fence_lock_finish(struct lab_instance *inst)
{
	struct fence_lock *fl = inst->priv;

	if (!fl)
		return;
	if (fl->wq)
		destroy_workqueue(fl->wq);
	lab_ring_destroy(fl->ring);
	dma_fence_put(fl->waited);
	dma_fence_put(fl->fence[0]);
	dma_fence_put(fl->fence[1]);
	lab_lock_fini(&fl->lock);
	kfree(fl);
}

static const struct lab_variant fence_lock_variants[] = {
	{ "resv", FL_RESV },	       { "mutex", FL_MUTEX },
	{ "rwsem", FL_RWSEM },	       { "rwsem-read", FL_RWSEM_READ },
	{ "signaller-work", FL_WORK }, { "any", FL_ANY },
	{ "array", FL_ARRAY },	       { "chain", FL_CHAIN },
	{ "sched", FL_SCHED },	       { "big-array", FL_BIG_ARRAY },
	{ "joined", FL_JOINED },       { "" },
};

const struct lab_family lab_fence_lock_family = {
	.name = "fence-lock-cycle",
	.expected_class = "fence-lock-cycle",
	.variants = fence_lock_variants,
	.start = fence_lock_start,
	.release = fence_lock_release,
	.reset = fence_lock_reset,
	.finish = fence_lock_finish,
};
