// SPDX-License-Identifier: GPL-2.0
/*
 * Rings on the real drm_sched, and sched-dep-cycle: two jobs on two schedulers that depend on each other.
 */
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "lab.h"

struct lab_ring {
	struct drm_gpu_scheduler sched;
	struct drm_sched_entity entity;
	bool has_sched, has_entity;
	char name[LAB_NAME_LEN];
	struct lab_timeline timeline; /* of the "hardware" */
	struct task_struct *hardware;
	spinlock_t lock;
	struct list_head running; /* jobs on the hardware, in order */
	wait_queue_head_t wait;
	atomic_t jobs; /* not freed yet */
};

struct lab_job {
	struct drm_sched_job base;
	struct lab_ring *ring;
	lab_run_job_hook hook;
	void *data;
};

struct hardware_job {
	struct list_head node;
	struct dma_fence *fence;
};

static struct lab_job *to_lab_job(struct drm_sched_job *job)
{
	return container_of(job, struct lab_job, base);
}

static struct dma_fence *ring_run_job(struct drm_sched_job *base)
{
	struct lab_job *job = to_lab_job(base);
	struct lab_ring *ring = job->ring;
	struct hardware_job *hw;
	struct dma_fence *fence;

	if (job->hook)
		job->hook(job->data);
	/* Finished by force when the lab let go. With no hardware fence, drm_sched retires the job at once. */
	if (dma_fence_is_signaled(&base->s_fence->finished))
		return NULL;
	hw = kzalloc(sizeof(*hw), GFP_KERNEL);
	fence = lab_fence_create(&ring->timeline);
	if (!hw || !fence) {
		kfree(hw);
		dma_fence_put(fence);
		return ERR_PTR(-ENOMEM);
	}
	hw->fence = dma_fence_get(fence);
	spin_lock(&ring->lock);
	list_add_tail(&hw->node, &ring->running);
	spin_unlock(&ring->lock);
	wake_up(&ring->wait);
	return fence;
}

static enum drm_gpu_sched_stat ring_timedout_job(struct drm_sched_job *job)
{
	return LAB_SCHED_STAT_HANDLED;
}

static void ring_free_job(struct drm_sched_job *base)
{
	struct lab_job *job = to_lab_job(base);
	struct lab_ring *ring = job->ring;

	drm_sched_job_cleanup(base);
	kfree(job);
	if (atomic_dec_and_test(&ring->jobs))
		wake_up(&ring->wait);
}

static const struct drm_sched_backend_ops ring_ops = {
	.run_job = ring_run_job,
	.timedout_job = ring_timedout_job,
	.free_job = ring_free_job,
};

static struct hardware_job *next_hardware_job(struct lab_ring *ring)
{
	struct hardware_job *hw;

	spin_lock(&ring->lock);
	hw = list_first_entry_or_null(&ring->running, struct hardware_job, node);
	if (hw)
		list_del(&hw->node);
	spin_unlock(&ring->lock);
	return hw;
}

static int hardware_thread(void *data)
{
	struct lab_ring *ring = data;
	struct hardware_job *hw;

	while (!kthread_should_stop()) {
		wait_event_interruptible(ring->wait, !list_empty(&ring->running) || kthread_should_stop());
		while ((hw = next_hardware_job(ring))) {
			usleep_range(200, 400);
			dma_fence_signal(hw->fence);
			dma_fence_put(hw->fence);
			kfree(hw);
		}
	}
	return 0;
}

int lab_ring_start_hardware(struct lab_ring *ring, unsigned int id)
{
	struct task_struct *hardware = kthread_run(hardware_thread, ring, "gpulab-hw/%u", id);

	if (IS_ERR(hardware))
		return PTR_ERR(hardware);
	ring->hardware = hardware;
	return 0;
}

void lab_ring_stop_hardware(struct lab_ring *ring)
{
	if (ring->hardware)
		kthread_stop(ring->hardware);
	ring->hardware = NULL;
}

struct lab_ring *lab_ring_create(const char *name, unsigned int id)
{
	struct lab_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	struct drm_gpu_scheduler *list[1];

	if (!ring)
		return NULL;
	snprintf(ring->name, sizeof(ring->name), "%s.%u", name, id);
	lab_timeline_init(&ring->timeline, name, id);
	spin_lock_init(&ring->lock);
	INIT_LIST_HEAD(&ring->running);
	init_waitqueue_head(&ring->wait);
	if (lab_ring_start_hardware(ring, id))
		goto fail;
	if (lab_sched_init(&ring->sched, &ring_ops, ring->name, lab_drm_parent()))
		goto fail;
	ring->has_sched = true;
	list[0] = &ring->sched;
	if (drm_sched_entity_init(&ring->entity, DRM_SCHED_PRIORITY_NORMAL, list, 1, NULL))
		goto fail;
	ring->has_entity = true;
	return ring;
fail:
	lab_ring_destroy(ring);
	return NULL;
}

void lab_ring_destroy(struct lab_ring *ring)
{
	if (!ring)
		return;
	wait_event(ring->wait, !atomic_read(&ring->jobs));
	if (ring->has_entity)
		drm_sched_entity_destroy(&ring->entity);
	if (ring->has_sched)
		drm_sched_fini(&ring->sched);
	lab_ring_stop_hardware(ring);
	/* Whoever still asks its jobs' fences for a name trips over it. */
	memset(ring, 0x6b, sizeof(*ring));
	barrier_data(ring);
	kfree(ring);
}

const char *lab_ring_name(const struct lab_ring *ring)
{
	return ring->name;
}

struct lab_job *lab_job_create(struct lab_ring *ring, lab_run_job_hook hook, void *data, struct dma_fence **finished)
{
	struct lab_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	if (lab_sched_job_init(&job->base, &ring->entity, ring)) {
		kfree(job);
		return NULL;
	}
	job->ring = ring;
	job->hook = hook;
	job->data = data;
	atomic_inc(&ring->jobs);
	drm_sched_job_arm(&job->base);
	*finished = dma_fence_get(&job->base.s_fence->finished);
	return job;
}

int lab_job_depend(struct lab_job *job, struct dma_fence *fence)
{
	return drm_sched_job_add_dependency(&job->base, fence);
}

void lab_job_push(struct lab_job *job)
{
	drm_sched_entity_push_job(&job->base);
}

void lab_job_abandon(struct lab_job *job)
{
	ring_free_job(&job->base);
}

/* ---- sched-dep-cycle ---- */

struct dep_cycle {
	struct lab_ring *ring[2];
	struct dma_fence *finished[2];
};

static int dep_victim_thread(struct lab_actor *actor)
{
	struct dep_cycle *dc = actor->inst->priv;

	lab_actor_blocks(actor);
	dma_fence_wait(dc->finished[actor->index % 2], false);
	return 0;
}

int lab_ring_warmup(struct lab_ring *ring, unsigned int count)
{
	struct dma_fence *finished;
	struct lab_job *job;

	while (count--) {
		job = lab_job_create(ring, NULL, NULL, &finished);
		if (!job)
			return -ENOMEM;
		lab_job_push(job);
		dma_fence_wait(finished, false);
		dma_fence_put(finished);
	}
	return 0;
}

static int dep_close(struct lab_instance *inst, struct dep_cycle *dc)
{
	struct lab_job *job[2] = {};
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2; i++) {
		job[i] = lab_job_create(dc->ring[i], NULL, NULL, &dc->finished[i]);
		if (!job[i])
			ret = -ENOMEM;
	}
	for (i = 0; i < 2 && !ret; i++)
		ret = lab_job_depend(job[i], dma_fence_get(dc->finished[!i]));
	for (i = 0; i < 2; i++) {
		if (!job[i])
			continue;
		lab_truth_fence(inst, "signal", dc->finished[i], "drm_sched", lab_ring_name(dc->ring[i]));
		lab_job_push(job[i]);
	}
	WRITE_ONCE(inst->formed_ns, ktime_get_ns());
	return ret;
}

static int dep_start(struct lab_instance *inst)
{
	static const char *const names[] = { "gpulab-gfx", "gpulab-sdma" };
	struct dep_cycle *dc = kzalloc(sizeof(*dc), GFP_KERNEL);
	unsigned int i;

	if (!dc)
		return -ENOMEM;
	inst->priv = dc;
	for (i = 0; i < 2; i++) {
		dc->ring[i] = lab_ring_create(names[i], inst->id);
		if (!dc->ring[i] || lab_ring_warmup(dc->ring[i], inst->params.warmup))
			return -ENOMEM;
	}
	return dep_close(inst, dc) ?: lab_victims_run(inst, dep_victim_thread);
}

/* One of the jobs is given up with an error, as a reset would do; the other one then really runs. */
static void dep_release(struct lab_instance *inst)
{
	struct dep_cycle *dc = inst->priv;

	if (dc)
		lab_fence_cancel(dc->finished[0]);
}

static void dep_finish(struct lab_instance *inst)
{
	struct dep_cycle *dc = inst->priv;
	unsigned int i;

	if (!dc)
		return;
	for (i = 0; i < 2; i++)
		lab_ring_destroy(dc->ring[i]);
	for (i = 0; i < 2; i++)
		dma_fence_put(dc->finished[i]);
	kfree(dc);
}

static void dep_show(struct lab_instance *inst, struct seq_file *seq)
{
	if (inst->num_fences < 2)
		return;
	seq_printf(seq, ",\"jobs\":[{\"scheduler\":\"%s\",\"seqno\":%llu,\"depends_on\":\"%s\"},",
		   inst->fences[0].timeline, inst->fences[0].seqno, inst->fences[1].timeline);
	seq_printf(seq, "{\"scheduler\":\"%s\",\"seqno\":%llu,\"depends_on\":\"%s\"}]", inst->fences[1].timeline,
		   inst->fences[1].seqno, inst->fences[0].timeline);
}

static const struct lab_variant dep_variants[] = { { "two-jobs" }, { "" } };

const struct lab_family lab_sched_family = {
	.name = "sched-dep-cycle",
	.expected_class = "sched-dep-cycle",
	.variants = dep_variants,
	.start = dep_start,
	.release = dep_release,
	.reset = dep_release,
	.finish = dep_finish,
	.show = dep_show,
};
