/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab's own vocabulary: an instance is one running scenario, an actor is one task in it, a timeline is a fence
 * context with a name. Every family of scenarios is one .c file that exports one struct lab_family.
 */
#ifndef LAB_H
#define LAB_H

#include <drm/drm_gem.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-resv.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "compat.h"
#include "gpulab_uapi.h"

#define LAB_DRIVER_NAME "gpulab"
#define LAB_NAME_LEN 32
#define LAB_MAX_FENCES 4

struct lab_actor;
struct lab_client;
struct lab_instance;

/* ---- fence.c: timelines and their fences ---- */

struct lab_timeline {
	u64 context;
	atomic64_t seqno;
	char name[LAB_NAME_LEN];
};

void lab_timeline_init(struct lab_timeline *tl, const char *ring, unsigned int id);
/* A new unsignalled fence, the next of its timeline; NULL without memory. The caller owns the reference. */
struct dma_fence *lab_fence_create(struct lab_timeline *tl);
/* The same for a fence that user space may hold: it pins the module until it is freed. */
struct dma_fence *lab_fence_create_pinning(struct lab_timeline *tl);
/* Signal with an error unless it is signalled already: what a driver's reset does to a job that will never end. */
void lab_fence_cancel(struct dma_fence *fence);
/* The name of a lab fence's timeline. */
const char *lab_fence_timeline(struct dma_fence *fence);
/* Create, signal and drop @count fences, as a driver that is alive does. Signals from the calling task. */
void lab_timeline_warmup(struct lab_timeline *tl, unsigned int count);

/* ---- lock.c: one lock of a kind chosen at run time ---- */

enum lab_lock_type {
	LAB_MUTEX,
	LAB_RESV, /* dma_resv, which is a ww_mutex, of a GEM object */
	LAB_RESV_BUFFER, /* of a dma-buf */
	LAB_WW, /* a ww_mutex that is none */
	LAB_RWSEM, /* the holder has it for write, others want it for read */
	LAB_RWSEM_READ, /* the holder has it for read, others want it for write */
	LAB_SEMAPHORE, /* used as a lock */
};

struct lab_lock {
	enum lab_lock_type type;
	struct ww_acquire_ctx ctx; /* of the holder of a ww_mutex */
	struct dma_resv *resv; /* LAB_RESV, LAB_RESV_BUFFER: the one below */
	union {
		struct mutex mutex;
		struct ww_mutex ww;
		struct drm_gem_object object;
		struct {
			struct dma_buf buffer;
			struct dma_resv buffer_resv; /* where dma_buf_export() has it */
		};
		struct rw_semaphore rwsem;
		struct semaphore semaphore;
	};
};

void lab_lock_init(struct lab_lock *lock, enum lab_lock_type type);
void lab_lock_fini(struct lab_lock *lock);
void lab_lock_hold(struct lab_lock *lock); /* as the holder does */
void lab_lock_release(struct lab_lock *lock);
void lab_lock_contend(struct lab_lock *lock); /* as signaller and victims do */
void lab_lock_contend_done(struct lab_lock *lock);
/* Whether a lock can be released for its owner on this kernel. */
bool lab_lock_can_be_leaked(void);
/* Release a lock on behalf of an owner that cannot do it any more. */
void lab_lock_release_for_owner(struct lab_lock *lock);
const void *lab_lock_address(const struct lab_lock *lock);
const char *lab_lock_type_name(const struct lab_lock *lock);
/* "dma_resv" of a lock that is one's, else "". */
const char *lab_lock_structure(const struct lab_lock *lock);

/* ---- actor.c: the tasks of an instance ---- */

enum lab_part {
	LAB_PARTICIPANT, /* in the loop, blocked */
	LAB_ROOT, /* the dead end itself: not blocked, or gone */
	LAB_VICTIM, /* blocked by the loop, not in it */
	LAB_HELPER, /* not in the truth */
};

struct lab_actor {
	struct list_head node;
	struct lab_instance *inst;
	const char *role;
	const char *state; /* of a LAB_ROOT: "exited", "user", "idle"; else "blocked" */
	enum lab_part part;
	unsigned int index;
	int (*fn)(struct lab_actor *actor);
	struct task_struct *task; /* referenced; NULL until a worker or process has adopted the actor */
	bool own_thread;
	pid_t pid, tgid;
	char comm[TASK_COMM_LEN];
	u64 since_ns; /* CLOCK_MONOTONIC at its blocking call; 0 before */
	struct completion blocking; /* its blocking call comes next */
	struct completion left; /* a thread's function has returned; a process has left the lab's code */
};

/* An actor without a task yet: a work item or a process that will call lab_actor_adopt(). */
struct lab_actor *lab_actor_add(struct lab_instance *inst, const char *role, enum lab_part part);
/* A kernel thread; @name is the first part of its comm. */
struct lab_actor *lab_actor_run(struct lab_instance *inst, const char *role, enum lab_part part, const char *name,
				int (*fn)(struct lab_actor *actor));
/* The same, one of several that do the same with different things. */
struct lab_actor *lab_actor_run_index(struct lab_instance *inst, const char *role, enum lab_part part,
				      unsigned int index, const char *name, int (*fn)(struct lab_actor *actor));
/* The calling task plays this actor. */
void lab_actor_adopt(struct lab_actor *actor);
/* Say that the calling task's next call blocks, then make that call at once. */
void lab_actor_blocks(struct lab_actor *actor);
/* Wait until @actor is about to block and give it time to; -ETIMEDOUT, -EINTR. */
int lab_actor_wait_blocking(struct lab_actor *actor);
/* Wait for @done, for as long as anything sensible takes; -ETIMEDOUT, -EINTR. */
int lab_wait(struct completion *done);
/* A thread waits until it may go on, in state S; true if it may, false if the instance is being stopped. */
bool lab_thread_wait(struct lab_instance *inst, struct completion *go);
/* Wait for a thread's end. It must be on its way out. */
void lab_actor_join(struct lab_actor *actor);
int lab_victims_run(struct lab_instance *inst, int (*fn)(struct lab_actor *actor));

/* ---- main.c: instances ---- */

struct lab_params {
	unsigned int warmup; /* fences signalled before the loop closes */
	unsigned int victims;
	unsigned int stagger_ms; /* pause between the steps of the set-up */
	unsigned int seconds; /* healthy: how long */
	unsigned int threads; /* healthy: how wide */
	unsigned int keep_task; /* leaked-lock: 0 lets the dead owner's task_struct go */
	unsigned int seed; /* random: what it is drawn from */
};

struct lab_fence_truth {
	const char *relation; /* "signal" (what must be signalled) or "container" (what is waited on around it) */
	u64 context, seqno;
	char driver[LAB_NAME_LEN], timeline[LAB_NAME_LEN];
};

struct lab_variant {
	const char *name;
	int value;
	bool needs_process; /* only GPULAB_IOC_START can start it */
};

/**
 * struct lab_family - one family of scenarios
 * @start: start the threads; may fail at any point, @release and @finish then run as after a success
 * @release: break the deadlock and return without waiting for anybody blocked in it
 * @reset: what a reset of the GPU, or its driver letting go of it, does: retires fences; NULL = neither ends anything
 * @unbind: what its driver letting go of it does, if that is more than @reset does
 * @finish: all threads have been joined: free everything
 * @show: append to the truth line: `,"key":value`
 * @unlock: for GPULAB_IOC_UNLOCK, with the client's lock held
 * @enter: for GPULAB_IOC_ENTER, without it: @finish waits for its end
 */
struct lab_family {
	const char *name;
	const char *expected_class;
	const struct lab_variant *variants; /* ends with an empty name; the first one is the default */
	int (*start)(struct lab_instance *inst);
	void (*release)(struct lab_instance *inst);
	void (*reset)(struct lab_instance *inst);
	void (*unbind)(struct lab_instance *inst);
	void (*finish)(struct lab_instance *inst);
	void (*show)(struct lab_instance *inst, struct seq_file *seq);
	int (*unlock)(struct lab_instance *inst);
	int (*enter)(struct lab_instance *inst);
	void (*fault)(struct lab_instance *inst); /* in a fault on what the process has mapped of /dev/gpulab */
};

struct lab_instance {
	struct list_head node;
	const struct lab_family *family;
	const struct lab_variant *variant;
	unsigned int id;
	struct lab_params params;
	bool stopping;
	struct completion stop; /* completed when stopping */

	spinlock_t actors_lock;
	struct list_head actors;
	u64 formed_ns; /* set by a scenario whose loop has no blocked task in it; else computed from the actors */

	struct lab_fence_truth fences[LAB_MAX_FENCES];
	unsigned int num_fences;
	const void *lock_address;
	const char *lock_type;
	const char *lock_structure; /* "" or NULL: none */
	const char *lock_taken_in; /* where its holder still is; NULL: that one has left the function */

	struct lab_client *client; /* of a scenario with a process; referenced */
	struct gpulab_start request;

	void *priv;
};

extern const struct lab_family lab_teardown_family;
extern const struct lab_family lab_reclaim_late_family;
extern const struct lab_family lab_busy_holder_family;
extern const struct lab_family lab_retried_family;
extern const struct lab_family lab_retried_fine_family;
extern const struct lab_family lab_timed_family;
extern const struct lab_family lab_timed_fine_family;
extern const struct lab_family lab_retry_loop_family;
extern const struct lab_family lab_attribute_cycle_family;
extern const struct lab_family lab_attribute_fine_family;
extern const struct lab_family lab_trylock_cycle_family;
extern const struct lab_family lab_trylock_behind_family;
extern const struct lab_family lab_trylock_fine_family;
extern const struct lab_family lab_busy_late_family;
extern const struct lab_family lab_semaphore_cycle_family;
extern const struct lab_family lab_semaphore_leak_family;
extern const struct lab_family lab_semaphore_healthy_family;
extern const struct lab_family lab_fence_lock_family;
extern const struct lab_family lab_orphaned_family;
extern const struct lab_family lab_workqueue_family;
extern const struct lab_family lab_workqueue_fine_family;
extern const struct lab_family lab_leaked_family;
extern const struct lab_family lab_notifier_family;
extern const struct lab_family lab_unplug_family;
extern const struct lab_family lab_sched_family;
extern const struct lab_family lab_reclaim_family;
extern const struct lab_family lab_hazard_family;
extern const struct lab_family lab_fault_family;
extern const struct lab_family lab_eviction_family;
extern const struct lab_family lab_reset_cycle_family;
extern const struct lab_family lab_late_reset_family;
extern const struct lab_family lab_own_reset_family;
extern const struct lab_family lab_own_reset_fine_family;
extern const struct lab_family lab_silent_family;
extern const struct lab_family lab_threaded_irq_family;
extern const struct lab_family lab_threaded_irq_fine_family;
extern const struct lab_family lab_irq_off_family;
extern const struct lab_family lab_irq_off_fine_family;
extern const struct lab_family lab_percpu_family;
extern const struct lab_family lab_percpu_fine_family;
extern const struct lab_family lab_polling_work_family;
extern const struct lab_family lab_polling_work_fine_family;
extern const struct lab_family lab_entity_family;
extern const struct lab_family lab_entity_fini_family;
extern const struct lab_family lab_late_entity_family;
extern const struct lab_family lab_flip_family;
extern const struct lab_family lab_virtqueue_family;
extern const struct lab_family lab_readers_family;
extern const struct lab_family lab_readers_fine_family;
extern const struct lab_family lab_recovery_family;
extern const struct lab_family lab_stopped_family;
extern const struct lab_family lab_late_recovery_family;
extern const struct lab_family lab_healthy_family;
extern const struct lab_family lab_kswapd_family;
extern const struct lab_family lab_kswapd_healthy_family;
extern const struct lab_family lab_pager_family;
extern const struct lab_family lab_pager_fine_family;
extern const struct lab_family lab_queue_family;
extern const struct lab_family lab_own_queue_family;
extern const struct lab_family lab_queue_fine_family;
extern const struct lab_family lab_lock_cycle_family;
extern const struct lab_family lab_lock_order_family;
extern const struct lab_family lab_trust_family;
extern const struct lab_family lab_pool_family;
extern const struct lab_family lab_pool_fine_family;
extern const struct lab_family lab_process_cycle_family;
extern const struct lab_family lab_driver_sleep_family;
extern const struct lab_family lab_leaked_section_family;
extern const struct lab_family lab_drm_section_family;
extern const struct lab_family lab_random_family;
extern const struct lab_family lab_runtime_pm_cycle_family;
extern const struct lab_family lab_runtime_pm_family;
extern const struct lab_family lab_page_lock_cycle_family;
extern const struct lab_family lab_page_lock_family;
extern const struct lab_family lab_device_page_family;
extern const struct lab_family lab_device_page_fine_family;

int lab_start(const char *command, struct lab_client *client, const struct gpulab_start *request);
int lab_stop(const char *name);
void lab_stop_client(struct lab_client *client);
/* Record what the truth file says about a fence or a lock. */
void lab_truth_fence(struct lab_instance *inst, const char *relation, struct dma_fence *fence, const char *driver,
		     const char *timeline);
void lab_truth_lab_fence(struct lab_instance *inst, struct dma_fence *fence);
void lab_truth_lock(struct lab_instance *inst, const struct lab_lock *lock);
void lab_truth_lock_at(struct lab_instance *inst, const char *type, const void *address);
/* When the last participant started its blocking call; 0 while one has not. */
u64 lab_formed_ns(struct lab_instance *inst);
/* Set only between GPULAB_IOC_START and stop. */
static inline bool lab_stopping(const struct lab_instance *inst)
{
	return READ_ONCE(inst->stopping);
}

/* ---- client.c: /dev/gpulab ---- */

struct lab_client {
	struct kref ref;
	struct mutex lock; /* protects @inst against being freed under an ioctl */
	struct lab_instance *inst;
	struct completion closed;
};

void lab_client_put(struct lab_client *client);
int lab_client_init(void);
void lab_client_fini(void);

/* For an ioctl, with the client's lock held: the calling task signals @count fences of the scenario's timeline, or with 0 the
 * one that is waited for. */
int lab_trust_signal(struct lab_instance *inst, unsigned int count);

/* ---- drm.c: DRM devices ---- */

struct drm_device;
/* A registered DRM device of the lab's driver on a platform device of its own. */
struct drm_device *lab_drm_create(const char *name);
/* Unregister (unless unplugged already) and drop it. */
/* Of all instances that stand; @unbind: their driver lets go of the device. */
void lab_reset(bool unbind);

void lab_drm_destroy(struct drm_device *drm, bool unplugged);
/* The device that schedulers belong to. */
struct drm_device *lab_drm_device(void);
struct device *lab_drm_parent(void);
int lab_drm_init(void);
void lab_drm_fini(void);

/* ---- runtime_pm.c: the driver of its devices ---- */

int lab_power_init(void);
void lab_power_fini(void);

/* ---- event.c: trace events of drivers ---- */

struct tracepoint;
/* A trace event of this kernel by name; -ENOENT: it has none of that name. */
int lab_event_find(const char *name, struct tracepoint **ret);
/* Calls whoever watches the event, with five arguments and zeroes, of which it takes as many as it has. */
void lab_event_fire(struct tracepoint *event, const u64 *args);

/* ---- iommu.c: page requests ---- */

struct lab_pager;
struct mm_struct;
/* Lets a device that has no IOMMU fault in a process's memory; @answered is called when a request has been served. */
struct lab_pager *lab_pager_create(struct device *dev, struct mm_struct *mm, void (*answered)(void *data), void *data);
int lab_pager_request(struct lab_pager *pager, unsigned long address);
/* Waits for what is being served. */
void lab_pager_destroy(struct lab_pager *pager);

/* ---- bench.c ---- */

int lab_bench_run(unsigned long fences);
void lab_bench_show(struct seq_file *seq);

/* ---- sched.c: used by fence-lock-cycle/sched and healthy, too ---- */

struct lab_ring;
typedef void (*lab_run_job_hook)(void *data);
/* A drm_sched scheduler with one entity and a "hardware" thread that signals its jobs' fences in order. */
struct lab_ring *lab_ring_create(const char *name, unsigned int id);
/* All jobs must have been able to end. */
void lab_ring_destroy(struct lab_ring *ring);
const char *lab_ring_name(const struct lab_ring *ring);
/* The thread that signals its jobs' fences: it ends, once it has done what it has begun; another one goes on. */
void lab_ring_stop_hardware(struct lab_ring *ring);
int lab_ring_start_hardware(struct lab_ring *ring, unsigned int id);
/* Submits as many jobs, one after the other. */
int lab_ring_warmup(struct lab_ring *ring, unsigned int count);
struct lab_job;
/* A job that is armed, not pushed. @hook runs in run_job(). The caller gets a reference to the finished fence. */
struct lab_job *lab_job_create(struct lab_ring *ring, lab_run_job_hook hook, void *data, struct dma_fence **finished);
/* @fence's reference is consumed. */
int lab_job_depend(struct lab_job *job, struct dma_fence *fence);
void lab_job_push(struct lab_job *job);
/* Instead of pushing it: its fences are never signalled, unless by whoever holds them. */
void lab_job_abandon(struct lab_job *job);

/* ---- irq.c: interrupts that have a thread ---- */

struct lab_irq;
/* @handle runs in the interrupt's thread; NULL without memory. */
struct lab_irq *lab_irq_create(const char *name, unsigned int id, void (*handle)(void *data), void *data);
/* The interrupt comes once, in so long. */
void lab_irq_come_in(struct lab_irq *irq, unsigned int ms);
/* No more interrupts; when they return, no handler runs any more, nor does the thread. */
void lab_irq_disable(struct lab_irq *irq);
void lab_irq_destroy(struct lab_irq *irq);

/* ---- irq_ring.c: used by tdr.c and entity.c ---- */

struct drm_sched_entity;
struct lab_irq_ring_params {
	long timeout; /* jiffies */
	struct workqueue_struct *timeout_wq;
	unsigned int job_us; /* how long a job takes */
	unsigned int limit; /* jobs that the device takes at once, 0 = several */
	void (*run)(void *data); /* in run_job(), or NULL */
	void (*before_reset)(void *data); /* in timedout_job(), or NULL */
	bool (*reset_helps)(void *data); /* after it; NULL: it does */
	void *data;
};

struct lab_irq_ring;
/* A drm_sched scheduler with one entity; the interrupt of a timer ends its jobs. */
struct lab_irq_ring *lab_irq_ring_create(const char *name, unsigned int id, const struct lab_irq_ring_params *params);
/* Waits for all jobs to end. */
void lab_irq_ring_destroy(struct lab_irq_ring *ring);
const char *lab_irq_ring_name(const struct lab_irq_ring *ring);
struct drm_sched_entity *lab_irq_ring_entity(struct lab_irq_ring *ring);
/* Somebody else has destroyed the entity. */
void lab_irq_ring_entity_gone(struct lab_irq_ring *ring);
/* A job that needs @depends_on, or NULL; returns its finished fence, which the caller owns, or NULL without memory. */
struct dma_fence *lab_irq_ring_submit(struct lab_irq_ring *ring, struct dma_fence *depends_on);
/* Submits as many jobs, one after the other. */
int lab_irq_ring_warmup(struct lab_irq_ring *ring, unsigned int count);
/* From now on no interrupt comes: one job at a time. */
void lab_irq_ring_go_silent(struct lab_irq_ring *ring);
/* Of one that is silent: the calling task signals, in the interrupt's place, the next job that runs. */
void lab_irq_ring_signal(struct lab_irq_ring *ring);
/* The timer of the timeout handler stops, as while another ring of the device is reset; it goes on. */
void lab_irq_ring_stop_timer(struct lab_irq_ring *ring);
void lab_irq_ring_start_timer(struct lab_irq_ring *ring);
/* Interrupts come again, and what was missed is retired with an error. */
void lab_irq_ring_recover(struct lab_irq_ring *ring);

#endif
