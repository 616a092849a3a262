/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The schedule: when the next look at the kernel is due, and how deep it goes.
 * Pure: times and counts come from the scheduler, which has the timer.
 *
 * Asleep while nothing waits; often while something new has become old; less and less often while the same waits stand.
 * All times are CLOCK_MONOTONIC in ns. active_waits is the kernel's count of waits that stand.
 */
#ifndef GPUWATCH_DAEMON_WATCH_SCHEDULE_H
#define GPUWATCH_DAEMON_WATCH_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/watch/watch.h"

struct gw_pace {
	uint64_t min_wait_ns; /* a younger wait is not analysed */
	uint64_t interval_ns; /* least time from the begin of a look to the next; half, if that confirms something */
};

struct gw_schedule {
	struct gw_pace pace;
	struct gw_findings findings; /* of the last look that succeeded */
	uint64_t looked_ns;	     /* when the last look ended, 0 = there was none */
	uint64_t took_ns;	     /* how long it took */
	uint64_t due_ns;	     /* next look, UINT64_MAX = none */
	uint64_t grown_ns;	     /* when the wait that woke the daemon last is old enough for a look */
	uint64_t full_due_ns;	     /* next full look, UINT64_MAX = none */
	uint64_t patrol_due_ns;	     /* next look for tasks that nothing wakes the daemon for, UINT64_MAX = none */
	size_t patrol_still;	     /* tasks that such looks have found and a full look has seen */
	bool full_again;	     /* the next full look is followed by a second one */
	unsigned uneventful;	     /* looks in a row that found nothing new */
	unsigned succeeded;	     /* looks that did, up to 2 */
	unsigned requested;	     /* looks at everything that were asked for and are still to come */
};

/* The first look, a full one, is due at once. */
void gw_schedule_init(struct gw_schedule *schedule, const struct gw_pace *pace, uint64_t now_ns);

/* At least @looks more looks at everything, soon. */
void gw_schedule_request(struct gw_schedule *schedule, unsigned looks, uint64_t now_ns);

/* One full look, soon. */
void gw_schedule_request_full(struct gw_schedule *schedule, uint64_t now_ns);

/* A wait began that woke the daemon. */
void gw_schedule_woke(struct gw_schedule *schedule, uint64_t now_ns);

/* The time for a look has come. Returns false if there is no reason for one any more. */
bool gw_schedule_depth(const struct gw_schedule *schedule, uint64_t now_ns, uint64_t active_waits, enum gw_depth *ret);

/* A look of that depth is over. @findings: NULL = it failed */
void gw_schedule_looked(struct gw_schedule *schedule, enum gw_depth depth, uint64_t begin_ns, uint64_t end_ns,
			const struct gw_findings *findings);

/* Whether the next wait that begins shall wake the daemon. */
enum gw_wake {
	GW_WAKE_UNNEEDED, /* the next look comes sooner */
	GW_WAKE_TOO,	  /* new waits would be seen late otherwise */
	GW_WAKE_ONLY,	  /* nothing else starts a look: see gw_schedule_armed() */
};

/* Sets due_ns. */
enum gw_wake gw_schedule_plan(struct gw_schedule *schedule, uint64_t now_ns, uint64_t active_waits);

/* After GW_WAKE_ONLY, when the kernel is armed to wake the daemon: a wait that began just before that has not. */
void gw_schedule_armed(struct gw_schedule *schedule, uint64_t now_ns, uint64_t active_waits);

/*
 * Whether enough looks have succeeded to answer that nothing is stuck: one that saw nothing, or two, as a deadlock is
 * reported at the second.
 */
bool gw_schedule_ready(const struct gw_schedule *schedule);

/* One word for `status`: "asleep", "looking", or "idling" (the same harmless waits stand). */
const char *gw_schedule_state(const struct gw_schedule *schedule);

#endif
