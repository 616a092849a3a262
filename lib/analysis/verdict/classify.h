/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is stuck to findings: the loop to show, its class, the cause, the victims. */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_CLASSIFY_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_CLASSIFY_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/stuck.h"

/*
 * gw_classify - findings of kind "deadlock"
 * @findings: appended to, one per root cause
 * @covered: by node, set for everything that one of them explains
 *
 * Returns 0 or -ENOMEM.
 */
int gw_classify(const struct gw_graph *graph, const struct gw_stuck *stuck, struct gw_finding_list *findings,
		bool *covered);

#endif
