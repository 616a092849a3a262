/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Since when a timeline has not advanced, over the snapshots that show it one after the other. */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_PROGRESS_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/analysis/record/snapshot.h"

struct gw_progress_entry {
	uint64_t context, signals; /* signals: that were recorded of it, by whomever */
	uint64_t since_ns;	   /* of the snapshot that showed this number first */
	bool advanced;		   /* it was another number before */
};

struct gw_progress {
	struct gw_progress_entry *entries; /* sorted by context */
	size_t count;
};

/* Forgets the timelines that this snapshot does not show. Returns 0 or -ENOMEM, and then keeps what it was. */
int gw_progress_update(struct gw_progress *progress, const struct gw_snapshot *snapshot);
void gw_progress_deinit(struct gw_progress *progress);

/*
 * gw_progress_quiet_since - since when the timeline is silent
 *
 * CLOCK_MONOTONIC ns; 0 if it is not: it advanced less than ten seconds ago, or is seen for the first time. @progress
 * may be NULL.
 */
uint64_t gw_progress_quiet_since(const struct gw_progress *progress, uint64_t context, uint64_t now_ns);

#endif
