// SPDX-License-Identifier: GPL-2.0
/*
 * worker-pool: work items wait for F and take all workers of their pool, and the item that signals F waits on the pool's list. No
 * worker can be created for it: kthreadd, which creates all threads, waits for F, too, as it does in direct reclaim
 * where a driver's shrinker waits for the GPU. worker-pool-fine: kthreadd is only late, or the item's workqueue has a rescuer.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "lab.h"

enum pool_variant { POOL_FULL, POOL_RESCUER, POOL_LATE, POOL_RESCUED };

/* So many workers may be idle when it begins. */
#define POOL_BUSY_MAX 8

struct pool_busy {
	struct work_struct work;
	struct pool *pool;
	struct completion started;
};

struct pool {
	struct lab_instance *inst;
	struct lab_timeline timeline;
	struct dma_fence *fence;
	struct workqueue_struct *ring_wq, *busy_wq;
	struct work_struct ring; /* signals what there is to signal */
	struct pool_busy busy[POOL_BUSY_MAX];
	struct kprobe fork;
	bool probed;
	atomic_t armed;
	struct lab_actor *kthreadd;
	struct completion holds, gone; /* kthreadd, in what is in the place of kernel_thread() */
};

/* One instance at a time: there is one kthreadd. */
static struct pool *the_pool;

static void wait_a_while(struct pool *pool)
{
	unsigned long end = jiffies + pool->inst->params.seconds * HZ;

	while (!lab_stopping(pool->inst) && time_before(jiffies, end))
		msleep(50);
}

/* What kthreadd executes instead of kernel_thread(), with its arguments, however many they are. */
static long wait_before_fork(unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	struct pool *pool = the_pool;
	long (*fork)(unsigned long, unsigned long, unsigned long, unsigned long) = (void *)pool->fork.addr;
	long pid;

	lab_actor_adopt(pool->kthreadd);
	lab_actor_blocks(pool->kthreadd);
	complete_all(&pool->holds);
	if (pool->inst->variant->value == POOL_LATE)
		wait_a_while(pool);
	else
		dma_fence_wait(pool->fence, false);
	pid = fork(a, b, c, d);
	complete_all(&pool->gone);
	return pid;
}

static int before_fork(struct kprobe *probe, struct pt_regs *regs)
{
	struct pool *pool = container_of(probe, struct pool, fork);

	if (strcmp(current->comm, "kthreadd") || !atomic_xchg(&pool->armed, 0))
		return 0;
	instruction_pointer_set(regs, (unsigned long)wait_before_fork);
	return 1;
}

static void ring_work(struct work_struct *work)
{
	struct pool *pool = container_of(work, struct pool, ring);

	if (!pool->fence) {
		lab_timeline_warmup(&pool->timeline, 1);
		return;
	}
	if (pool->inst->variant->value == POOL_RESCUED)
		wait_a_while(pool);
	dma_fence_signal(pool->fence);
}

static void busy_work(struct work_struct *work)
{
	struct pool_busy *busy = container_of(work, struct pool_busy, work);

	complete_all(&busy->started);
	dma_fence_wait(busy->pool->fence, false);
}

static int victim_thread(struct lab_actor *actor)
{
	struct pool *pool = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(pool->fence, false);
	return 0;
}

/* Highly prioritised workers have a pool of their own, which hardly anybody uses. */
static struct workqueue_struct *pool_workqueue_of(struct pool *pool, const char *name, bool rescuer)
{
	return alloc_workqueue("gpulab-%s/%u", WQ_UNBOUND | WQ_HIGHPRI | (rescuer ? WQ_MEM_RECLAIM : 0), 0, name,
			       pool->inst->id);
}

/* The last idle worker starts another one before it takes an item. */
static int pool_exhaust(struct pool *pool)
{
	unsigned int i;

	for (i = 0; i < POOL_BUSY_MAX; i++) {
		struct pool_busy *busy = &pool->busy[i];

		queue_work_on(0, pool->busy_wq ?: pool->ring_wq, &busy->work);
		if (!wait_for_completion_timeout(&busy->started, HZ / 4))
			return lab_wait(&pool->holds);
	}
	pr_err("gpulab: each item has found a worker\n");
	return -EBUSY;
}

static int pool_prepare(struct pool *pool)
{
	int variant = pool->inst->variant->value;
	unsigned int i;

	pool->ring_wq = pool_workqueue_of(pool, "ring", variant == POOL_RESCUER || variant == POOL_RESCUED);
	if (variant != POOL_RESCUER)
		pool->busy_wq = pool_workqueue_of(pool, "busy", false);
	pool->kthreadd = lab_actor_add(pool->inst, "kthreadd", LAB_PARTICIPANT);
	if (!pool->ring_wq || (variant != POOL_RESCUER && !pool->busy_wq) || !pool->kthreadd)
		return -ENOMEM;
	for (i = 0; i < pool->inst->params.warmup; i++) {
		queue_work_on(0, pool->ring_wq, &pool->ring);
		flush_work(&pool->ring);
	}
	pool->fence = lab_fence_create(&pool->timeline);
	if (!pool->fence)
		return -ENOMEM;
	lab_truth_lab_fence(pool->inst, pool->fence);
	pool->fork.symbol_name = "kernel_thread";
	pool->fork.pre_handler = before_fork;
	pool->probed = !register_kprobe(&pool->fork);
	return pool->probed ? 0 : -ENOENT;
}

static int pool_start(struct lab_instance *inst)
{
	struct pool *pool;
	unsigned int i;
	int ret;

	if (the_pool)
		return -EBUSY;
	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return -ENOMEM;
	inst->priv = pool;
	the_pool = pool;
	pool->inst = inst;
	init_completion(&pool->holds);
	init_completion(&pool->gone);
	INIT_WORK(&pool->ring, ring_work);
	for (i = 0; i < POOL_BUSY_MAX; i++) {
		pool->busy[i].pool = pool;
		init_completion(&pool->busy[i].started);
		INIT_WORK(&pool->busy[i].work, busy_work);
	}
	lab_timeline_init(&pool->timeline, "gfx", inst->id);
	ret = pool_prepare(pool);
	/* Before nobody can create a thread any more. */
	ret = ret ?: lab_victims_run(inst, victim_thread);
	if (ret)
		return ret;
	atomic_set(&pool->armed, 1);
	ret = pool_exhaust(pool);
	if (ret)
		return ret;
	queue_work_on(0, pool->ring_wq, &pool->ring);
	WRITE_ONCE(inst->formed_ns, ktime_get_ns());
	return 0;
}

static void pool_release(struct lab_instance *inst)
{
	struct pool *pool = inst->priv;

	if (pool)
		lab_fence_cancel(pool->fence);
}

static void pool_finish(struct lab_instance *inst)
{
	struct pool *pool = inst->priv;

	if (!pool)
		return;
	if (pool->kthreadd && pool->kthreadd->since_ns)
		wait_for_completion(&pool->gone);
	if (pool->busy_wq)
		destroy_workqueue(pool->busy_wq);
	if (pool->ring_wq)
		destroy_workqueue(pool->ring_wq);
	if (pool->probed)
		unregister_kprobe(&pool->fork);
	the_pool = NULL;
	dma_fence_put(pool->fence);
	kfree(pool);
}

static void pool_show(struct lab_instance *inst, struct seq_file *seq)
{
	struct pool *pool = inst->priv;

	if (pool && pool->fence)
		seq_printf(seq, ",\"ended\":%d", dma_fence_is_signaled(pool->fence));
}

static const struct lab_variant pool_variants[] = { { "full", POOL_FULL }, { "rescuer", POOL_RESCUER }, { "" } };

const struct lab_family lab_pool_family = {
	.name = "worker-pool",
	.expected_class = "workqueue-cycle",
	.variants = pool_variants,
	.start = pool_start,
	.release = pool_release,
	.reset = pool_release,
	.finish = pool_finish,
};

static const struct lab_variant pool_fine_variants[] = { { "late", POOL_LATE }, { "rescued", POOL_RESCUED }, { "" } };

const struct lab_family lab_pool_fine_family = {
	.name = "worker-pool-fine",
	.expected_class = "none",
	.variants = pool_fine_variants,
	.start = pool_start,
	.release = pool_release,
	.finish = pool_finish,
	.show = pool_show,
};
