// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A DRM device that is unplugged, a job that waits, runs and hangs until its timeout, and jobs that are killed while they
 * wait: all of it once, when the module is loaded, which fails if something does not go as it should.
 */
#include <drm/drm_device.h>
#include <drm/drm_drv.h>
#include <drm/gpu_scheduler.h>
#include <linux/delay.h>
#include <linux/dma-fence.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#define JOB_TIMEOUT msecs_to_jiffies(200)

/* A job, and the fence of the hardware that would run it. */
struct drive_job {
	struct drm_sched_job base;
	struct dma_fence *hardware;
};

static struct platform_device *parent;
static struct drm_gpu_scheduler scheduler;
static atomic_t jobs = ATOMIC_INIT(0);

/* ---- a device that goes ------------------------------------------------------ */

static const struct drm_driver driver = {
	.name = "gwdrive72",
	.desc = "a device that is unplugged",
	.major = 1,
};

static int drive_unplug(void)
{
	struct drm_device *drm = drm_dev_alloc(&driver, &parent->dev);
	int section, ret;

	if (IS_ERR(drm))
		return PTR_ERR(drm);
	ret = drm_dev_register(drm, 0);
	if (ret)
		goto out;
	ret = -EINVAL;
	if (!drm_dev_enter(drm, &section))
		goto out;
	drm_dev_exit(section);
	drm_dev_unplug(drm);
	if (!drm_dev_enter(drm, &section))
		ret = 0;
	else
		drm_dev_exit(section);
out:
	drm_dev_put(drm);
	return ret;
}

/* ---- jobs that do not end ---------------------------------------------------- */

static const char *fence_name(struct dma_fence *fence)
{
	return "gwdrive72";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

static struct dma_fence *fence_new(void)
{
	struct dma_fence *fence = kzalloc(sizeof(*fence), GFP_KERNEL);

	if (fence)
		dma_fence_init(fence, &fence_ops, NULL, dma_fence_context_alloc(1), 1);
	return fence;
}

static struct dma_fence *run_job(struct drm_sched_job *base)
{
	struct drive_job *job = container_of(base, struct drive_job, base);

	return dma_fence_get(job->hardware);
}

/* What a driver does after a reset of its hardware: the job that hung is completed, with an error. */
static enum drm_gpu_sched_stat timedout_job(struct drm_sched_job *base)
{
	struct drive_job *job = container_of(base, struct drive_job, base);

	drm_sched_stop(&scheduler, base);
	dma_fence_set_error(job->hardware, -ETIMEDOUT);
	dma_fence_signal(job->hardware);
	drm_sched_start(&scheduler, -ETIMEDOUT);
	return DRM_GPU_SCHED_STAT_RESET;
}

static void free_job(struct drm_sched_job *base)
{
	struct drive_job *job = container_of(base, struct drive_job, base);

	drm_sched_job_cleanup(base);
	dma_fence_put(job->hardware);
	kfree(job);
	if (atomic_dec_and_test(&jobs))
		wake_up_var(&jobs);
}

static const struct drm_sched_backend_ops scheduler_ops = {
	.run_job = run_job,
	.timedout_job = timedout_job,
	.free_job = free_job,
};

/* Pushes a job that depends on a fence, or on nothing, and that never ends. Returns its finished fence. */
static struct dma_fence *push_job(struct drm_sched_entity *entity, struct dma_fence *dependency)
{
	struct drive_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct dma_fence *finished = NULL;

	if (!job)
		return NULL;
	job->hardware = fence_new();
	if (!job->hardware || drm_sched_job_init(&job->base, entity, 1, NULL, 0))
		goto err_job;
	if (dependency && drm_sched_job_add_dependency(&job->base, dma_fence_get(dependency)))
		goto err_init;
	drm_sched_job_arm(&job->base);
	finished = dma_fence_get(&job->base.s_fence->finished);
	atomic_inc(&jobs);
	drm_sched_entity_push_job(&job->base);
	return finished;

err_init:
	drm_sched_job_cleanup(&job->base);
err_job:
	dma_fence_put(job->hardware);
	kfree(job);
	return NULL;
}

/* Waits for a job and compares what became of it. */
static int job_became(struct dma_fence *finished, int error)
{
	long left;

	if (!finished)
		return -ENOMEM;
	left = dma_fence_wait_timeout(finished, false, 10 * HZ);
	if (left <= 0)
		return -ETIME;
	return finished->error == error ? 0 : -EINVAL;
}

/* The job waits for a fence, then runs, and hangs. */
static int drive_timeout(struct drm_sched_entity *entity)
{
	struct dma_fence *dependency = fence_new();
	struct dma_fence *finished;
	int ret;

	if (!dependency)
		return -ENOMEM;
	finished = push_job(entity, dependency);
	/* Time for the scheduler to find that the job has to wait; if that is not enough, an event is missing. */
	msleep(100);
	dma_fence_signal(dependency);
	ret = job_became(finished, -ETIMEDOUT);
	dma_fence_put(finished);
	dma_fence_put(dependency);
	return ret;
}

/* The second job waits for the first one, which waits for a fence that is signalled after both have been killed. */
static int drive_kill(struct drm_sched_entity *entity)
{
	struct dma_fence *dependency = fence_new();
	struct dma_fence *first, *second;
	int ret;

	if (!dependency)
		return -ENOMEM;
	first = push_job(entity, dependency);
	second = push_job(entity, NULL);
	drm_sched_entity_kill(entity);
	dma_fence_signal(dependency);
	ret = job_became(first, -ESRCH);
	if (!ret)
		ret = job_became(second, -ESRCH);
	dma_fence_put(second);
	dma_fence_put(first);
	dma_fence_put(dependency);
	return ret;
}

static int with_entity(int (*drive)(struct drm_sched_entity *entity))
{
	struct drm_gpu_scheduler *schedulers[] = { &scheduler };
	struct drm_sched_entity entity;
	int ret = drm_sched_entity_init(&entity, DRM_SCHED_PRIORITY_NORMAL, schedulers, 1, NULL);

	if (ret)
		return ret;
	ret = drive(&entity);
	drm_sched_entity_destroy(&entity);
	return ret;
}

static int drive_scheduler(void)
{
	const struct drm_sched_init_args args = {
		.ops = &scheduler_ops,
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
		.credit_limit = 4,
		.timeout = JOB_TIMEOUT,
		.name = "gwdrive72",
		.dev = &parent->dev,
	};
	int ret = drm_sched_init(&scheduler, &args);

	if (ret)
		return ret;
	ret = with_entity(drive_timeout);
	if (!ret)
		ret = with_entity(drive_kill);
	/* Killed jobs are freed by workers of the system, of which the scheduler knows nothing. */
	wait_var_event(&jobs, !atomic_read(&jobs));
	drm_sched_fini(&scheduler);
	return ret;
}

static int __init drive_init(void)
{
	int ret;

	parent = platform_device_register_simple("gwdrive72", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	ret = drive_unplug();
	if (!ret)
		ret = drive_scheduler();
	platform_device_unregister(parent);
	return ret;
}
module_init(drive_init);

static void __exit drive_exit(void)
{
	/* RCU callbacks and workers of the fences' last references run code of the scheduler, not of this module. */
}
module_exit(drive_exit);

MODULE_DESCRIPTION("gpuwatch test: the life of a DRM device and of jobs that do not end");
MODULE_LICENSE("GPL");
