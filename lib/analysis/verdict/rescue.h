/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may end a loop of a driver's fences from outside: work items of that driver, or a scheduler's timeout handler, that run or will
 * do so by themselves. One of them may be the recovery.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_RESCUE_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_RESCUE_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/stuck.h"

/* Makes what is proven probable, and names the rescuer, where one may come. Returns 0 or -ENOMEM. */
int gw_rescue_weaken(const struct gw_graph *graph, const struct gw_stuck *stuck, struct gw_finding_list *findings);

#endif
