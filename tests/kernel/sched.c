// SPDX-License-Identifier: GPL-2.0-or-later
/* Jobs of a GPU scheduler that depend on others, hang, are killed while they wait, and leave fences behind. */
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/dma-fence.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "drive.h"

struct drive_job {
	struct drm_sched_job base;
	bool hangs;
};

struct drive_fence {
	struct dma_fence base;
	spinlock_t lock;
};

struct delayed_signal {
	struct delayed_work work;
	struct dma_fence *fence;
};

/*
 * Jobs that have been queued and not freed yet. A scheduler may only go when there is none: the one that kills jobs uses
 * the scheduler after it has signalled their fences.
 */
static atomic_t queued = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(freed);

static struct dma_fence *hanging;

static const char *fence_name(struct dma_fence *fence)
{
	return "gwdrive-sched";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

struct dma_fence *drive_fence(void)
{
	struct drive_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	if (!fence)
		return NULL;
	spin_lock_init(&fence->lock);
	dma_fence_init(&fence->base, &fence_ops, &fence->lock, dma_fence_context_alloc(1), 1);
	return &fence->base;
}

void drive_fence_end(struct dma_fence *fence)
{
	if (fence)
		dma_fence_signal(fence);
	dma_fence_put(fence);
}

static struct dma_fence *run_job(struct drm_sched_job *base)
{
	struct drive_job *job = container_of(base, struct drive_job, base);
	struct dma_fence *fence = drive_fence();

	if (!fence)
		return NULL;
	if (job->hangs)
		hanging = dma_fence_get(fence);
	else
		dma_fence_signal(fence);
	return fence;
}

static enum drm_gpu_sched_stat timedout_job(struct drm_sched_job *base)
{
	drm_sched_stop(base->sched, base);
	dma_fence_set_error(hanging, -ETIME);
	dma_fence_signal(hanging);
#if DRIVE_7_2
	drm_sched_start(base->sched, -ETIME);
	return DRM_GPU_SCHED_STAT_RESET;
#else
	drm_sched_start(base->sched, true);
	return DRM_GPU_SCHED_STAT_NOMINAL;
#endif
}

static void free_job(struct drm_sched_job *base)
{
	drm_sched_job_cleanup(base);
	kfree(container_of(base, struct drive_job, base));
	atomic_dec(&queued);
	wake_up_all(&freed);
}

static const struct drm_sched_backend_ops sched_ops = {
	.run_job = run_job,
	.timedout_job = timedout_job,
	.free_job = free_job,
};

static int init_job(struct drm_sched_job *job, struct drm_sched_entity *entity)
{
#if DRIVE_7_2
	return drm_sched_job_init(job, entity, 1, NULL, 0);
#else
	return drm_sched_job_init(job, entity, NULL);
#endif
}

/* Queues a job and returns its fence, or NULL. */
static struct dma_fence *push(struct drm_sched_entity *entity, struct dma_fence *dependency, bool hangs)
{
	struct drive_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct dma_fence *finished;

	if (!job || init_job(&job->base, entity)) {
		kfree(job);
		return NULL;
	}
	job->hangs = hangs;
	if (dependency)
		drm_sched_job_add_dependency(&job->base, dma_fence_get(dependency));
	drm_sched_job_arm(&job->base);
	finished = dma_fence_get(&job->base.s_fence->finished);
	atomic_inc(&queued);
	drm_sched_entity_push_job(&job->base);
	return finished;
}

static int wait_and_put(struct dma_fence *fence)
{
	long left = fence ? dma_fence_wait_timeout(fence, false, 2 * HZ) : -ENOMEM;

	dma_fence_put(fence);
	return left > 0 ? 0 : left ?: -ETIME;
}

static int wait_for_free_jobs(void)
{
	return wait_event_timeout(freed, !atomic_read(&queued), 2 * HZ) ? 0 : -ETIME;
}

static void signal_later(struct work_struct *work)
{
	struct delayed_signal *later = container_of(to_delayed_work(work), struct delayed_signal, work);

	dma_fence_signal(later->fence);
}

/* An entity goes away while a job of it waits for a fence that comes a little later. Returns the job's fence in *last. */
static int kill_waiting(struct drm_sched_entity *entity, unsigned long delay, struct dma_fence **last)
{
	struct delayed_signal later = { .fence = drive_fence() };
	struct dma_fence *finished, *second;

	if (!later.fence)
		return -ENOMEM;
	finished = push(entity, later.fence, false);
	/* The scheduler's thread already has the first job's dependency; this one is still in the queue. */
	second = push(entity, later.fence, false);
	INIT_DELAYED_WORK_ONSTACK(&later.work, signal_later);
	schedule_delayed_work(&later.work, delay);
	drm_sched_entity_fini(entity);
	flush_delayed_work(&later.work);
	destroy_delayed_work_on_stack(&later.work);
	dma_fence_put(later.fence);
	dma_fence_put(finished);
	*last = dma_fence_get(second);
	return wait_and_put(second);
}

#define TEARDOWNS 100

/* Fences that outlive their scheduler, whose memory is gone by the time that they are released. */
static int tear_down(const struct drm_sched_init_args *args)
{
	struct drm_gpu_scheduler *sched = kzalloc(sizeof(*sched), GFP_KERNEL);
	struct drm_sched_entity entity;
	struct dma_fence *done = NULL, *killed = NULL;
	int ret;

	if (!sched)
		return -ENOMEM;
	ret = drm_sched_init(sched, args) ?: drm_sched_entity_init(&entity, DRM_SCHED_PRIORITY_NORMAL, &sched, 1, NULL);
	if (ret)
		goto out;
	done = push(&entity, NULL, false);
	ret = wait_and_put(dma_fence_get(done)) ?: kill_waiting(&entity, 1, &killed) ?: wait_for_free_jobs();
	drm_sched_fini(sched);
	/* Names are read through it. */
	memset(sched, 0x6b, sizeof(*sched));
out:
	kfree(sched);
	dma_fence_put(done);
	dma_fence_put(killed);
	return ret;
}

/* A dependency that is met, a job that hangs, and one that is killed while it waits; then the scheduler is idle. */
static int use_scheduler(struct drm_gpu_scheduler *sched)
{
	struct drm_gpu_scheduler *list[] = { sched };
	struct dma_fence *killed = NULL, *first;
	struct drm_sched_entity entity;
	int ret = drm_sched_entity_init(&entity, DRM_SCHED_PRIORITY_NORMAL, list, 1, NULL);

	if (ret)
		return ret;
	first = drive_fence();
	if (first) {
		struct dma_fence *waits = push(&entity, first, false);

		msleep(50);
		dma_fence_signal(first);
		dma_fence_put(first);
		ret = wait_and_put(waits);
	}
	ret = ret ?: wait_and_put(push(&entity, NULL, true));
	dma_fence_put(hanging);
	hanging = NULL;
	ret = kill_waiting(&entity, HZ / 10, &killed) ?: ret;
	dma_fence_put(killed);
	return wait_for_free_jobs() ?: ret;
}

int drive_sched(void)
{
	struct pci_dev *card = drive_card();
	const struct drm_sched_init_args args = {
		.ops = &sched_ops,
#if DRIVE_7_2
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
#endif
		.credit_limit = 4,
		.timeout = HZ / 10,
		.name = "gwdrive",
		/* Events of later kernels have its name. */
		.dev = card ? &card->dev : NULL,
	};
	struct drm_gpu_scheduler sched = {};
	int ret;

	if (!card)
		return -ENODEV;
	ret = drm_sched_init(&sched, &args);
	if (ret)
		goto out;
	ret = use_scheduler(&sched);
	drm_sched_fini(&sched);
	for (int i = 0; i < TEARDOWNS && !ret; i++)
		ret = tear_down(&args);
out:
	pci_dev_put(card);
	return ret;
}
