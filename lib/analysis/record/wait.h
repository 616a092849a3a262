/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wait that counts: of the waits a task is nested in, the one that says
 * what it needs, and whether that is the same wait as in an earlier snapshot.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_WAIT_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/analysis/record/snapshot.h"

/*
 * gw_task_wait - what a task waits for
 *
 * The innermost recorded wait; but a completion right below a flush, a grace
 * period or a kthread_stop() is only how that one waits. Where nothing was
 * recorded, the lock that the kernel itself remembers (task->blocker, 7.2):
 * its since_ns is 0.
 *
 * Returns false if nothing is known.
 */
bool gw_task_wait(const struct gw_task_record *task, struct gw_wait *ret);

/* Sleeping, in a state that only a wake-up ends (a signal ends some): not running, stopped, or dead. */
bool gw_task_sleeps(const struct gw_task_record *task);

/* It could run, and no CPU runs it at the moment. */
bool gw_task_awaits_cpu(const struct gw_task_record *task);

/* Dead but not reaped: its last schedule() has happened. */
bool gw_state_is_dead(uint32_t state, uint32_t flags);

/* For a person: "R", "S", "D", "T", "t", "I", "X". */
const char *gw_state_letter(uint32_t state);

/* Whether the wait that counts is for the lock at that address. */
bool gw_task_waits_for_lock(const struct gw_task_record *task, uint64_t lock);

/* Of the kinds that wait for fences: FENCE, FENCE_ANY, SYNCOBJ, ENTITY. */
bool gw_wait_is_fence(const struct gw_wait *wait);

/* Whether the wait may end by itself although no timer of it was seen. */
bool gw_wait_end_is_unknown(const struct gw_wait *wait);

/* Whether a timeout ends the wait. One that is due in a day or later is no help to anybody, and counts as none but for points. */
bool gw_wait_has_timeout(const struct gw_wait *wait);

/* Likewise, whether a timer will wake the task up, whatever it sleeps for. */
bool gw_task_has_timer(const struct gw_task_record *task);

/* Whoever checks a device for hangs does so in good time: what is due later is for something else. */
#define GW_CHECK_PATIENCE_NS 60000000000ULL

/* A kernel thread that will go on by itself, whatever it sleeps in. */
bool gw_task_naps(const struct gw_task_record *task);

/* For a semaphore; in down_timeout(), whose timer the task's stack shows. */
bool gw_wait_is_semaphore(const struct gw_wait *wait);
bool gw_wait_is_timed_semaphore(const struct gw_task_record *task, const struct gw_wait *wait);

/* How long such a timeout is that counts as none, from the wait's beginning, in seconds; 0 = there is none. */
uint64_t gw_wait_far_timeout_s(const struct gw_wait *wait, uint64_t now_ns);

/* For JSON: "fence", "fence-any", "syncobj", "poll", "lock", "srcu", "work", "workqueue", ... */
const char *gw_wait_kind_name(uint32_t kind);

/*
 * A wait and who is in it, so that it can be found again in a later snapshot. Of waits with a timeout in direct reclaim,
 * which come one after the other, it is the reclaim; of a loop that tries to take a lock, whose tries are not all seen, the lock.
 */
struct gw_wait_identity {
	uint64_t task, start_ns;
	uint32_t pid;
	uint32_t kind; /* GW_WAIT_NONE: known by stack only, or a reclaim */
	uint64_t object, since_ns;
	uint64_t switches; /* compared only where since_ns is unknown */
};

struct gw_wait_identity gw_wait_identify(const struct gw_task_record *task);

/* Whether @snapshot shows the same task in the same wait, not left in between. */
bool gw_wait_unbroken(const struct gw_wait_identity *identity, const struct gw_snapshot *snapshot);

#endif
