/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel stack proves: that a task sleeps on behalf of user space and
 * holds nothing, that a worker is idle, that the caller of a notifier holds
 * its mmap_lock, that a wait which no program saw begin is one for the GPU.
 *
 * All of these need symbols. A question that proves something is answered with "no" without them; whether a section
 * still stands, with "unknown".
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_STACK_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_STACK_H

#include <stdbool.h>

#include "lib/analysis/record/snapshot.h"

/*
 * The function in which a user task sleeps for its own reasons (nanosleep,
 * epoll, futex, wait4, ...), with nothing but the scheduler above it and the
 * core kernel's system call path below: a lock that it owns there is one it
 * forgot. NULL if it does not: a page fault in the middle of pipe_read() is no
 * such sleep.
 */
const char *gw_stack_user_sleep(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* A worker that sleeps in worker_thread() itself: it waits for work. */
bool gw_stack_idle_worker(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/*
 * The thread of a kthread_worker, or of an interrupt, that sleeps for the next item or interrupt. An item's last call may have left
 * the stack: so the queue must say that it executes none.
 */
bool gw_stack_idle_thread(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/*
 * The thread of an interrupt that sleeps until the next one: what it does is the device's doing. So is what the threads of
 * each CPU do that have softirqs, and on PREEMPT_RT all timers.
 */
bool gw_stack_awaits_interrupt(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Sleeps in a function that ends by itself, msleep() or schedule_timeout() for example: it will go on. */
bool gw_stack_timed_sleep(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* What a task can be inside of, as its record's struct gw_sections has it. */
enum gw_stack_section { GW_STACK_NOTIFIER, GW_STACK_RECLAIM, GW_STACK_UNPLUG, GW_STACK_SECTIONS };

/* Sleeps, and each frame of its stack is there and has a name: what is not on it is not being executed. */
bool gw_stack_is_whole(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

enum gw_stack_answer {
	GW_STACK_NO,	  /* the whole stack is there, and the function is not on it */
	GW_STACK_UNKNOWN, /* it runs, its stack is cut short or cannot be named */
	GW_STACK_YES,
};

/*
 * Whether the function that makes a section is on the task's stack. The end of a section may be missed, when the kernel
 * skips a program or a return probe has no free instance: then the record alone would keep the task inside for ever.
 */
enum gw_stack_answer gw_stack_in_section(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
					 enum gw_stack_section section);

/*
 * The same of the functions that make a wait of that kind (GW_WAIT_...). GW_STACK_UNKNOWN, too, where the kernel leaves them out of
 * its stacks.
 */
enum gw_stack_answer gw_stack_in_wait(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
				      uint32_t kind);

/* Waits for a fence in a function that is not the kernel's common one, but its driver's: nobody knows what else ends that. */
bool gw_stack_waits_its_own_way(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/*
 * Inside a system call that calls MMU notifiers with mmap_lock held, at least for reading. madvise() counts up to 6.16:
 * since then it may hold the lock of one VMA instead.
 */
bool gw_stack_holds_mmap_lock(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Where the function of a frame begins; 0 if it is not known, or the stack is not what the task sleeps with. */
uint64_t gw_stack_function(const struct gw_snapshot *snapshot, const struct gw_task_record *task, uint32_t frame);

/* Any frame of the task's stack is in the function that the symbol lies in. */
bool gw_stack_is_inside(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			const struct gw_symbol_record *function);

/* In a page fault, or in what drivers call in place of one, and has not let go of mmap_lock in order to wait. */
bool gw_stack_faults(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Its grace period is that of MMU notifiers: mmu_notifier_unregister() and its like wait for their callbacks to end. */
bool gw_stack_waits_for_notifiers(const struct gw_snapshot *snapshot, const struct gw_task_record *task);
/* Its callback is an interval notifier's. False says nothing: the function may be inlined. */
bool gw_stack_in_interval_callback(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Came to its invalidate callbacks through the reverse map (reclaim, migration, KSM), which takes no mmap_lock. */
bool gw_stack_in_reverse_map(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/*
 * Whether a task whose innermost call that changes a device's power state is recorded runs a callback of that device in
 * it; GW_STACK_NO: it waits, or has left the call.
 */
enum gw_stack_answer gw_stack_in_power_callback(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Its stack is whole, and has not as many callbacks in each other: one of the calls on record is over. */
bool gw_stack_lacks_power_callbacks(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
				    uint32_t callbacks);

/* The same call as the function that it sleeps in: it waits for another task that changes the power state. */
bool gw_stack_waits_for_power(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/*
 * What a task sleeps for that no program records, by the function that it sleeps in. The kernel does not record who could
 * let it go on, either: only their stacks show it.
 */
enum gw_stack_need {
	GW_STACK_NEEDS_NOTHING, /* that is known */
	/* By whom is found by a module: these five come first. */
	GW_STACK_NEEDS_ATTRIBUTE, /* kernfs_drain(): those inside of the file that it removes, to leave */
	GW_STACK_NEEDS_PROC,	  /* proc_remove(): the same of a file of procfs */
	GW_STACK_NEEDS_DEBUGFS,	  /* debugfs_remove(): the same of a file of debugfs */
	GW_STACK_NEEDS_CALLBACK,  /* pm_runtime_disable(): who runs a runtime PM callback, to be done with it */
	GW_STACK_NEEDS_INTERRUPT, /* synchronize_irq(): the thread of that interrupt, to be done with it */
	GW_STACK_NEEDS_VMA,   /* vma_start_write(), up to 6.14 by an rwsem: those who hold the VMA's lock for reading */
	GW_STACK_NEEDS_ASYNC, /* async_synchronize_full(): the workers that execute asynchronous calls */
	GW_STACK_NEEDS_KSWAPD,	 /* throttle_direct_reclaim(): kswapd to free memory */
	GW_STACK_NEEDS_KTHREADD, /* kthread_create(): kthreadd, which creates all kernel threads one after the other */
	GW_STACK_NEEDS,		 /* how many */
};

enum gw_stack_need gw_stack_need(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* What others must leave, " a file of sysfs"; NULL if they need not leave anything. */
const char *gw_stack_to_leave(enum gw_stack_need need);

/* Whether @task, which sleeps, may be one that others need so, whoever they are. */
bool gw_stack_may_be_needed(const struct gw_snapshot *snapshot, enum gw_stack_need need,
			    const struct gw_task_record *task);

/* The same, that @other is one of those that @task needs so: for a VMA, of the same mm; for a file or interrupt, of its module. */
bool gw_stack_is_needed(const struct gw_snapshot *snapshot, enum gw_stack_need need, const struct gw_task_record *task,
			const struct gw_task_record *other);

/* In the middle of migrating pages: in the kernel's functions for that, or in a module's that is named after it. */
bool gw_stack_migrates(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Stopped by its cgroup's freezer, on its way back to user space: nothing else sleeps where signals are handled. */
bool gw_stack_is_frozen(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* The kind of wait (GW_WAIT_...) of a function that waits for the GPU, e.g. dma_fence_wait_timeout(); GW_WAIT_NONE: it does not. */
uint32_t gw_stack_gpu_wait(const char *function);

/* Whether a frame of @task belongs to a module that @other has a frame of, too. */
bool gw_stack_shares_module(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			    const struct gw_task_record *other);

/* Whether both came the same way into the module that @other is in: through two functions of it at least, from the outside. */
bool gw_stack_shares_way(const struct gw_snapshot *snapshot, const struct gw_task_record *task,
			 const struct gw_task_record *other);

/* The innermost frame that belongs to a module; NULL if none does. */
const struct gw_symbol_record *gw_stack_module_frame(const struct gw_snapshot *snapshot,
						     const struct gw_task_record *task);

#endif
