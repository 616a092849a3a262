/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a text's graph is stuck, and on what: loops and dead ends by the live engine's own rules, then tasks that did
 * not leave their CPU, then chains to whatever they end in.
 */
#ifndef GPUWATCH_LIB_EXPLAIN_JUDGE_H
#define GPUWATCH_LIB_EXPLAIN_JUDGE_H

#include "lib/analysis/graph/finding.h"
#include "lib/explain/graph.h"

/* @findings: appended to. Returns 0 or -ENOMEM. */
int gw_text_judge(const struct gw_text_graph *graph, struct gw_finding_list *findings);

/* Whose fault a finding is: of the last one of its chain whose code shows it, else of who waits for that. */
struct gw_subsystem gw_text_fault(const struct gw_text_graph *graph, const struct gw_finding *finding);

#endif
