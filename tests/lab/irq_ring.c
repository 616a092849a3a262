// SPDX-License-Identifier: GPL-2.0
/*
 * Rings on the real drm_sched whose jobs a timer's interrupt ends, as a device does, or nobody; with a timeout handler.
 */
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "lab.h"

struct lab_irq_ring {
	struct drm_gpu_scheduler sched;
	struct drm_sched_entity entity;
	bool has_sched, has_entity;
	char name[LAB_NAME_LEN];
	struct lab_timeline timeline;
	struct lab_irq_ring_params params;
	ktime_t free_at; /* when the device is done with what it has */
	bool silent;
	struct dma_fence *last; /* the hardware fence of the latest silent job */
	atomic_t jobs; /* not freed yet */
	wait_queue_head_t wait;
};

struct irq_job {
	struct drm_sched_job base;
	struct lab_irq_ring *ring;
	struct hrtimer timer;
	struct dma_fence *fence;
};

static struct irq_job *to_irq_job(struct drm_sched_job *job)
{
	return container_of(job, struct irq_job, base);
}

static enum hrtimer_restart irq_job_done(struct hrtimer *timer)
{
	dma_fence_signal(container_of(timer, struct irq_job, timer)->fence);
	return HRTIMER_NORESTART;
}

/* The device does one job after the other. */
static void irq_start(struct lab_irq_ring *ring, struct irq_job *job)
{
	ktime_t now = ktime_get();

	if (ktime_before(ring->free_at, now))
		ring->free_at = now;
	ring->free_at = ktime_add_us(ring->free_at, ring->params.job_us);
	hrtimer_start(&job->timer, ktime_sub(ring->free_at, now), HRTIMER_MODE_REL);
}

static struct dma_fence *irq_run_job(struct drm_sched_job *base)
{
	struct irq_job *job = to_irq_job(base);
	struct lab_irq_ring *ring = job->ring;

	if (ring->params.run)
		ring->params.run(ring->params.data);
	job->fence = lab_fence_create(&ring->timeline);
	if (!job->fence)
		return ERR_PTR(-ENOMEM);
	if (READ_ONCE(ring->silent))
		dma_fence_put(xchg(&ring->last, dma_fence_get(job->fence)));
	else
		irq_start(ring, job);
	return dma_fence_get(job->fence);
}

/* What a driver does about a job that hangs: stops the scheduler, retires the hardware's fences, starts it again. */
static enum drm_gpu_sched_stat irq_timedout_job(struct drm_sched_job *base)
{
	struct irq_job *job = to_irq_job(base);
	struct lab_irq_ring *ring = job->ring;

	if (ring->params.before_reset)
		ring->params.before_reset(ring->params.data);
	/*
	 * A job that ended while the handler had it was on no list when its end was handled, and before 6.17 nobody looks
	 * again once it is back: the next timeout ends it.
	 */
	if (ring->params.reset_helps && !ring->params.reset_helps(ring->params.data) &&
	    !dma_fence_is_signaled(job->fence))
		return lab_sched_run_on(base);
	drm_sched_stop(&ring->sched, base);
	lab_fence_cancel(ring->last);
	lab_sched_start(&ring->sched);
	return LAB_SCHED_STAT_HANDLED;
}

static void irq_free_job(struct drm_sched_job *base)
{
	struct irq_job *job = to_irq_job(base);
	struct lab_irq_ring *ring = job->ring;

	hrtimer_cancel(&job->timer);
	dma_fence_put(job->fence);
	drm_sched_job_cleanup(base);
	kfree(job);
	if (atomic_dec_and_test(&ring->jobs))
		wake_up(&ring->wait);
}

static const struct drm_sched_backend_ops irq_ring_ops = {
	.run_job = irq_run_job,
	.timedout_job = irq_timedout_job,
	.free_job = irq_free_job,
};

struct lab_irq_ring *lab_irq_ring_create(const char *name, unsigned int id, const struct lab_irq_ring_params *params)
{
	struct lab_irq_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	struct drm_gpu_scheduler *list[1];

	if (!ring)
		return NULL;
	ring->params = *params;
	snprintf(ring->name, sizeof(ring->name), "%s.%u", name, id);
	lab_timeline_init(&ring->timeline, name, id);
	init_waitqueue_head(&ring->wait);
	if (lab_sched_init_timeout(&ring->sched, &irq_ring_ops, ring->name, lab_drm_parent(), params->timeout,
				   params->timeout_wq, params->limit ?: LAB_SCHED_LIMIT))
		goto fail;
	ring->has_sched = true;
	list[0] = &ring->sched;
	if (drm_sched_entity_init(&ring->entity, DRM_SCHED_PRIORITY_NORMAL, list, 1, NULL))
		goto fail;
	ring->has_entity = true;
	return ring;
fail:
	lab_irq_ring_destroy(ring);
	return NULL;
}

struct dma_fence *lab_irq_ring_submit(struct lab_irq_ring *ring, struct dma_fence *depends_on)
{
	struct irq_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct dma_fence *finished;

	if (!job)
		return NULL;
	if (lab_sched_job_init(&job->base, &ring->entity, ring)) {
		kfree(job);
		return NULL;
	}
	job->ring = ring;
	lab_hrtimer_setup(&job->timer, irq_job_done);
	atomic_inc(&ring->jobs);
	if (depends_on && drm_sched_job_add_dependency(&job->base, dma_fence_get(depends_on)))
		pr_err("gpulab: no memory for a job's dependency\n");
	drm_sched_job_arm(&job->base);
	finished = dma_fence_get(&job->base.s_fence->finished);
	drm_sched_entity_push_job(&job->base);
	return finished;
}

int lab_irq_ring_warmup(struct lab_irq_ring *ring, unsigned int count)
{
	while (count--) {
		struct dma_fence *finished = lab_irq_ring_submit(ring, NULL);

		if (!finished)
			return -ENOMEM;
		dma_fence_wait(finished, false);
		dma_fence_put(finished);
	}
	return 0;
}

void lab_irq_ring_go_silent(struct lab_irq_ring *ring)
{
	WRITE_ONCE(ring->silent, true);
}

void lab_irq_ring_recover(struct lab_irq_ring *ring)
{
	WRITE_ONCE(ring->silent, false);
	lab_fence_cancel(ring->last);
}

void lab_irq_ring_signal(struct lab_irq_ring *ring)
{
	struct dma_fence *fence;

	while (!(fence = READ_ONCE(ring->last)) || dma_fence_is_signaled(fence))
		usleep_range(200, 400);
	dma_fence_signal(fence);
}

void lab_irq_ring_stop_timer(struct lab_irq_ring *ring)
{
	cancel_delayed_work(&ring->sched.work_tdr);
}

void lab_irq_ring_start_timer(struct lab_irq_ring *ring)
{
	queue_delayed_work(ring->sched.timeout_wq, &ring->sched.work_tdr, HZ / 10);
}

struct drm_sched_entity *lab_irq_ring_entity(struct lab_irq_ring *ring)
{
	return &ring->entity;
}

void lab_irq_ring_entity_gone(struct lab_irq_ring *ring)
{
	ring->has_entity = false;
}

const char *lab_irq_ring_name(const struct lab_irq_ring *ring)
{
	return ring->name;
}

void lab_irq_ring_destroy(struct lab_irq_ring *ring)
{
	if (!ring)
		return;
	wait_event(ring->wait, !atomic_read(&ring->jobs));
	if (ring->has_entity)
		drm_sched_entity_destroy(&ring->entity);
	if (ring->has_sched)
		drm_sched_fini(&ring->sched);
	dma_fence_put(ring->last);
	kfree(ring);
}
