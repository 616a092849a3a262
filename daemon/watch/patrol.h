/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks that are stuck although no program has seen a wait of theirs begin: a driver that sleeps for an event of its own. Nothing
 * wakes the daemon for them, so it looks now and then, where a GPU's driver is loaded.
 */
#ifndef GPUWATCH_DAEMON_WATCH_PATROL_H
#define GPUWATCH_DAEMON_WATCH_PATROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/analysis/record/snapshot.h"

/* Tasks that are remembered; one more is not, until one of them gets on. */
#define GW_PATROL_MAX 256

struct gw_blocked {
	uint64_t task, start_ns;
	uint64_t seen_ns; /* blocked at each look since then */
};

struct gw_patrol {
	bool wanted;	/* a module that drives a GPU is loaded */
	size_t blocked; /* tasks in uninterruptible sleep whose wait is not tracked */
	size_t still;	/* of these, who have been seen so for long enough */
	struct gw_blocked list[GW_PATROL_MAX];
};

/* Takes over what a look shows; all zeroes before the first one. @long_ns: how long is long enough. */
void gw_patrol_update(struct gw_patrol *patrol, const struct gw_snapshot *now, uint64_t long_ns);

#endif
