/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Since when something stands still, over the snapshots that show it one after the other: a timeline has not advanced, a
 * timer has not been armed anew, a lock is held by who has gone on without it. How often a timeout handler has run meanwhile, and a
 * delayed work item has armed itself again.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_PROGRESS_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/analysis/record/snapshot.h"
#include "lib/base/units.h"

/* A timeline that has not advanced for so long is silent. Jobs take long: one that advances now and then is slow. */
#define GW_SILENT_NS (10 * GW_NSEC_PER_SEC)

struct gw_progress_entry {
	/* what it is; what would change: signals of a timeline, a timer's expiry, a lock's owner */
	uint64_t key, value;
	uint64_t since_ns; /* of the snapshot that showed this value first */
	bool advanced;	   /* it was another value before */
};

struct gw_progress_list {
	struct gw_progress_entry *entries; /* sorted by key */
	size_t count;
};

/* Of a scheduler's timeout handler. */
struct gw_progress_handler {
	uint64_t scheduler;
	uint64_t context, signals; /* the timeline of its hardware, and what that had signalled; 0 = not seen yet */
	uint64_t expires_ns; /* when its timer was to fire, as the last snapshot with a timer had it, 0 = none had */
	uint32_t runs;	     /* since that timeline advanced */
};

/* An item that was seen armed anew so often polls for something. */
#define GW_POLL_LOOKS 3

/* Of a delayed work item. */
struct gw_poll {
	uint64_t work, function;
	uint64_t expires;    /* of its timer, in ticks, as the last snapshot that had it */
	uint64_t since_ns;   /* of the snapshot that showed its timer first */
	uint64_t renewed_ns; /* of the last one that showed another time */
	uint32_t times;	     /* snapshots that did: it was armed anew so often at least */
	uint32_t missed;     /* snapshots since the last one that had its timer: it was queued then, or executed */
};

struct gw_progress {
	struct gw_progress_list timelines; /* by context */
	struct gw_progress_list timers;	   /* by timer_list */
	struct gw_progress_list left;	   /* locks that were left, by address */
	struct gw_progress_handler *handlers;
	size_t n_handlers;
	struct gw_poll *polls; /* sorted by work and function */
	size_t n_polls;
};

/* Forgets what this snapshot does not show. Returns 0 or -ENOMEM, and then keeps what it was of some. */
int gw_progress_update(struct gw_progress *progress, const struct gw_snapshot *snapshot);
void gw_progress_deinit(struct gw_progress *progress);

/*
 * gw_progress_quiet_since - since when the timeline is silent
 *
 * CLOCK_MONOTONIC ns; 0 if it is not: it advanced less than ten seconds ago, or is seen for the first time. @progress
 * may be NULL.
 */
uint64_t gw_progress_quiet_since(const struct gw_progress *progress, uint64_t context, uint64_t now_ns);

/* Since when the timer is armed for the time that it has, 0 = that is not known. */
uint64_t gw_progress_armed_since(const struct gw_progress *progress, uint64_t timer);

/*
 * Whether the timer has been armed since before anybody saw that the lock's owner had gone on without the lock; also where
 * that is not known.
 */
bool gw_progress_armed_before_left(const struct gw_progress *progress, uint64_t timer, uint64_t lock);

/*
 * gw_progress_timeouts - how often the timeout handler of a scheduler has run since the timeline of its hardware advanced
 *
 * At least: it is counted when its timer is seen to run anew, and between two snapshots that may have happened more often.
 */
uint32_t gw_progress_timeouts(const struct gw_progress *progress, uint64_t scheduler, uint64_t context);

/*
 * gw_progress_poll - what is known of a delayed item of that function which arms itself again and again
 *
 * NULL: it does not, as far as can be seen. Valid until the next update. @progress may be NULL.
 */
const struct gw_poll *gw_progress_poll(const struct gw_progress *progress, uint64_t work, uint64_t function);

#endif
