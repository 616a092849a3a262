/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Long waits for the GPU that no deadlock explains, one finding per cause, with
 * what is known of the chain; among them waits that began before any program
 * was attached, which only a stack shows.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_STALL_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_STALL_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/verdict/policy.h"

/*
 * gw_stalls_find - findings of kind "stall"
 * @covered: by node, what deadlocks explain
 * @findings: appended to
 *
 * Returns 0 or -ENOMEM.
 */
int gw_stalls_find(const struct gw_graph *graph, const struct gw_policy *policy, const bool *covered,
		   struct gw_finding_list *findings);

#endif
