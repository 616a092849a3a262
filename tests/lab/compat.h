/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every kernel difference the lab meets, one wrapper each, with the change that caused it.
 */
#ifndef LAB_COMPAT_H
#define LAB_COMPAT_H

#include <linux/dma-fence-array.h>
#include <linux/dma-fence.h>
#include <linux/hrtimer.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/version.h>

/*
 * struct dma_fence.lock became the union of extern_lock and inline_lock: 1f32f310a13c, merged after 6.12 and in 7.2;
 * the accessors came with it. LAB_HAVE_FENCE_LOCK_HELPERS is what Kbuild found in the headers.
 */
#ifdef LAB_HAVE_FENCE_LOCK_HELPERS
#define lab_fence_lock_irqsave(fence, flags) dma_fence_lock_irqsave(fence, flags)
#define lab_fence_unlock_irqrestore(fence, flags) dma_fence_unlock_irqrestore(fence, flags)
#else
#define lab_fence_lock_irqsave(fence, flags) spin_lock_irqsave((fence)->lock, flags)
#define lab_fence_unlock_irqrestore(fence, flags) spin_unlock_irqrestore((fence)->lock, flags)
#endif

/* dma_fence_array_create() lost its argument signal_on_any after 6.12; it is gone in 7.2. Kbuild looks. */
static inline struct dma_fence_array *lab_fence_array_create(int count, struct dma_fence **fences, u64 context)
{
#ifdef LAB_HAVE_FENCE_ARRAY_ANY
	return dma_fence_array_create(count, fences, context, 1, false);
#else
	return dma_fence_array_create(count, fences, context, 1);
#endif
}

/* hrtimer_setup() replaced hrtimer_init() and the assignment of the function: 6.13, 908a1d775422. */
static inline void lab_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = fn;
#endif
}

/* del_timer_sync() is timer_delete_sync() since 6.2, 9b13df3fb64e, and the old name went in 6.15, 8fa7292fee5c. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define lab_timer_stop(timer) timer_delete_sync(timer)
#else
#define lab_timer_stop(timer) del_timer_sync(timer)
#endif

/* A workqueue without WQ_UNBOUND has to say so since 6.17, 930c2ea566af; 7.2 warns about one that does not. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define WQ_PERCPU 0
#endif

/* kthread_create_worker() does not wake its thread up any more, and kthread_run_worker() does: 6.14, 41f70d8e1634. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define lab_kthread_worker_create(format, ...) kthread_run_worker(0, format, __VA_ARGS__)
#else
#define lab_kthread_worker_create(format, ...) kthread_create_worker(0, format, __VA_ARGS__)
#endif

/* Shrinkers are allocated dynamically since 6.7, c42d50aefd17. */
static inline struct shrinker *lab_shrinker_create(unsigned long (*count)(struct shrinker *, struct shrink_control *),
						   unsigned long (*scan)(struct shrinker *, struct shrink_control *))
{
	struct shrinker *shrinker;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	shrinker = shrinker_alloc(0, "gpulab");
	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker_register(shrinker);
#else
	shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);
	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
	if (register_shrinker(shrinker, "gpulab")) {
		kfree(shrinker);
		return NULL;
	}
#endif
	return shrinker;
}

static inline void lab_shrinker_destroy(struct shrinker *shrinker)
{
	if (!shrinker)
		return;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
	shrinker_free(shrinker);
#else
	unregister_shrinker(shrinker);
	kfree(shrinker);
#endif
}

/* platform_driver.remove() returns nothing since 6.11, 0edb555a65d1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define lab_remove_t void
#define LAB_REMOVED
#else
#define lab_remove_t int
#define LAB_REMOVED 0
#endif

/* struct drm_driver.date went in 6.14, cb2e1c2136f7. It was mandatory for a readable log line before. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define LAB_DRM_DRIVER_DATE
#else
#define LAB_DRM_DRIVER_DATE .date = "20240101",
#endif

/* ---- drm_sched; include <drm/gpu_scheduler.h> first to get these ---- */
#ifdef _DRM_GPU_SCHEDULER_H_

/* DRM_GPU_SCHED_STAT_NOMINAL was renamed to _RESET in 6.17, 0a5dc1b67ef5. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define LAB_SCHED_STAT_HANDLED DRM_GPU_SCHED_STAT_RESET
#else
#define LAB_SCHED_STAT_HANDLED DRM_GPU_SCHED_STAT_NOMINAL
#endif

/* The job goes on: since 6.17 ("drm/sched: Allow drivers to skip the reset and keep on running") the scheduler itself takes
 * it back, which the handler had to do before. */
static inline enum drm_gpu_sched_stat lab_sched_run_on(struct drm_sched_job *job)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return DRM_GPU_SCHED_STAT_NO_HANG;
#else
	spin_lock(&job->sched->job_list_lock);
	list_add(&job->list, &job->sched->pending_list);
	spin_unlock(&job->sched->job_list_lock);
	return DRM_GPU_SCHED_STAT_NOMINAL;
#endif
}

/* Jobs that the hardware has at most. */
#define LAB_SCHED_LIMIT 16

/*
 * drm_sched_init() takes a structure since 6.15, 796a9f55a8d1, which 6.1.y took over; the number of run queues came in
 * 6.7, 56e449603f0a, and is not in 6.1.y.
 */
static inline int lab_sched_init_timeout(struct drm_gpu_scheduler *sched, const struct drm_sched_backend_ops *ops,
					 const char *name, struct device *dev, long timeout,
					 struct workqueue_struct *timeout_wq, unsigned int limit)
{
#ifdef LAB_HAVE_SCHED_INIT_ARGS
	const struct drm_sched_init_args args = {
		.ops = ops,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
		.num_rqs = DRM_SCHED_PRIORITY_COUNT,
#endif
		.credit_limit = limit,
		.timeout = timeout,
		.timeout_wq = timeout_wq,
		.name = name,
		.dev = dev,
	};

	return drm_sched_init(sched, &args);
#else
	return drm_sched_init(sched, ops, NULL, DRM_SCHED_PRIORITY_COUNT, limit, 0, timeout, timeout_wq, NULL, name,
			      dev);
#endif
}

/* Jobs never time out here: the lab decides when a deadlock ends. */
static inline int lab_sched_init(struct drm_gpu_scheduler *sched, const struct drm_sched_backend_ops *ops,
				 const char *name, struct device *dev)
{
	return lab_sched_init_timeout(sched, ops, name, dev, MAX_SCHEDULE_TIMEOUT, NULL, LAB_SCHED_LIMIT);
}

/* full_recovery went in 6.12, 83b501c1799a; an error came in 6.13, b2ef808786d9. */
static inline void lab_sched_start(struct drm_gpu_scheduler *sched)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	drm_sched_start(sched, -ECANCELED);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	drm_sched_start(sched);
#else
	drm_sched_start(sched, true);
#endif
}

/* Credits came in 6.8, a78422e9dff3; the client's id in 6.17, 2956554823ce. */
static inline int lab_sched_job_init(struct drm_sched_job *job, struct drm_sched_entity *entity, void *owner)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
	return drm_sched_job_init(job, entity, 1, owner, 0);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	return drm_sched_job_init(job, entity, 1, owner);
#else
	return drm_sched_job_init(job, entity, owner);
#endif
}

#endif

#ifdef LAB_NEEDS_MEMORY
#include <linux/mm.h>

/* Lost its argument for VMAs in 6.5, ca5e863233e8. Does not let go of mmap_lock. */
static inline long lab_get_user_page(struct mm_struct *mm, unsigned long address, struct page **page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return get_user_pages_remote(mm, address, 1, FOLL_WRITE, page, NULL);
#else
	return get_user_pages_remote(mm, address, 1, FOLL_WRITE, page, NULL, NULL);
#endif
}

#endif

#endif
