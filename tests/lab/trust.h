/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the scenarios of the family trust share. trust_late.c has those of them that something ends which no chain of waits leads to.
 */
#ifndef TRUST_H
#define TRUST_H

#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/mmu_notifier.h>
#include <linux/workqueue.h>

#include "lab.h"

enum trust_variant {
	TRUST_FIRST_SUBMIT,
	TRUST_WORK_CLEANUP,
	TRUST_THREAD_REPLACED,
	TRUST_MADVISE_VMA,
	TRUST_OTHER_PROCESS,
	TRUST_PIPE_FAULT,
	TRUST_SYNCOBJ_POINT,
	TRUST_SYNCOBJ_REPLACED,
	TRUST_MISSED_END,
	TRUST_HANG_CHECK,
	TRUST_OWN_WAIT,
	TRUST_ALARM,
	TRUST_ON_TOP,
	TRUST_ITEM_PER_JOB,
	TRUST_LEFT_ASLEEP,
	TRUST_QUEUE_CHECK,
	TRUST_LEFT_DELAYED,
	TRUST_CHECK_THREAD,
	TRUST_CHECK_HRTIMER,
	TRUST_MANY_TIMERS,
	TRUST_DRM_FENCE,
	TRUST_BUILT_IN,
	TRUST_ERROR_TIMER,
	TRUST_LEFT_PUT_OFF,
	TRUST_QUEUED_ELSEWHERE,
	TRUST_TIMER_RUNS,
	TRUST_HANDLER_HELD,
	TRUST_OWNER_REUSED
};

struct trust;
struct trust_late;

/* Signals its fence, and may clean up afterwards. */
struct trust_item {
	struct delayed_work work;
	struct trust *trust;
	struct dma_fence *fence;
	bool cleans_up;
};

struct trust {
	struct lab_instance *inst;
	struct lab_timeline timeline, other; /* of the fence that is waited for; of one that an interrupt signals */
	struct dma_fence *fence, *timed;
	struct hrtimer timer;
	bool has_timer;
	struct lab_lock lock;
	struct lab_actor *signaller, *holder, *reader;
	struct completion warm, held;
	struct workqueue_struct *wq;
	struct trust_item first, second;
	struct kthread_worker *queue;
	struct kthread_delayed_work later;
	atomic_t ended; /* waiters that got through */

	struct lab_irq_ring *ring;
	struct dma_fence *jobs[2]; /* finished fences */
	struct completion flushed;
	wait_queue_head_t sleep;
	struct file *syncobj;

	struct mm_struct *mm;
	struct mmu_interval_notifier notifier;
	struct mutex update_lock;
	bool registered;

	struct trust_late *late; /* what trust_late.c needs, or NULL */
};

static inline unsigned int trust_seconds(const struct trust *trust)
{
	return trust->inst->params.seconds;
}

/* ---- trust.c ---- */

/* @fence is signalled when the time has come. */
void trust_timer_begin(struct trust *trust, struct dma_fence *fence);
/* The fence that is waited for. */
int trust_fence(struct trust *trust);
/* A participant, until it blocks. */
int trust_run(struct trust *trust, struct lab_actor **ret, const char *role, const char *name,
	      int (*fn)(struct lab_actor *actor));
/* Holds the lock and waits for the fence. */
int trust_holder_thread(struct lab_actor *actor);
/* The calling task, @actor, needs the lock. */
void trust_need_lock(struct trust *trust, struct lab_actor *actor);
/* Somebody has signalled the timeline, and waits until the lock is held. */
int trust_needing_begin(struct trust *trust);
int trust_needing_hold(struct trust *trust);
/* An item has taken the lock and returned; somebody needs it. */
int trust_leave_lock(struct trust *trust);
int trust_need_left_lock(struct trust *trust);

/* ---- trust_late.c ---- */

/* Starts the variant that inst->variant is; -EINVAL: it is none of its. */
int trust_late_start(struct trust *trust);
void trust_late_release(struct trust *trust);
/* Once all threads have ended, and before the workqueue goes and the fences. */
void trust_late_stop(struct trust *trust);
/* After these. */
void trust_late_finish(struct trust *trust);

#endif
