/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finding in words: what happens, in one line and in a few sentences, and what to do. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_EXPLAIN_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_EXPLAIN_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/graph.h"

/* malloc()ed; NULL when out of memory. */
char *gw_explain_summary(const struct gw_graph *graph, const struct gw_finding *finding);
char *gw_explain_cause(const struct gw_graph *graph, const struct gw_finding *finding);
char *gw_explain_advice(const struct gw_graph *graph, const struct gw_finding *finding);

/* The chain from a task along first edges, one line: "a (pid 1) → fence 4:7 (drv ring) → b (pid 2)". */
char *gw_explain_chain(const struct gw_graph *graph, uint32_t task);

#endif
