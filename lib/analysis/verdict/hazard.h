/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hazards: what a task did against the rules inside a fence-signalling section,
 * from the HAZARD records of a snapshot. What is the same code path, though its stacks
 * differ, is one hazard.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_HAZARD_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_HAZARD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/analysis/record/snapshot.h"
#include "lib/report/report.h"

struct gw_hazard_finding {
	const struct gw_hazard *last; /* the one seen last; belongs to the snapshot */
	uint64_t key;		      /* equal for the same rule, section and function */
	uint64_t count;		      /* times that it was seen, all stacks together */
	uint64_t first_ns;
};

/*
 * gw_hazards_find - what the snapshot's records amount to
 * @ret: an array in order of first_ns, to be freed by the caller; NULL if there are none
 *
 * Returns 0 or -ENOMEM.
 */
int gw_hazards_find(const struct gw_snapshot *snapshot, struct gw_hazard_finding **ret, size_t *count);

/* Its report, without id and times of detection. Returns 0 or -ENOMEM. */
int gw_hazard_render(struct gw_report **ret, const struct gw_snapshot *snapshot,
		     const struct gw_hazard_finding *hazard);

#endif
