/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The context of a finding: what it shows beside its chain: the victims, and what they wait through. */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_CONTEXT_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_CONTEXT_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/paths.h"

/* Working memory for a graph; one finding at a time. */
struct gw_context {
	const struct gw_graph *graph;
	uint32_t *nodes, *edges; /* by index: == stamp if the finding has it */
	uint32_t stamp;
};

/* Returns 0 or -ENOMEM. */
int gw_context_init(struct gw_context *context, const struct gw_graph *graph);
void gw_context_deinit(struct gw_context *context);

/* Begins with what @finding has in its chain and edges. */
void gw_context_begin(struct gw_context *context, const struct gw_finding *finding);

/* Add to the finding's context, once each. Return 0 or -ENOMEM. */
int gw_context_node(struct gw_context *context, struct gw_finding *finding, uint32_t node);
int gw_context_edge(struct gw_context *context, struct gw_finding *finding, uint32_t edge);

/*
 * gw_context_victims - sort finding->victims, cut them, add their paths to the chain
 * @paths: as gw_paths_towards() left it, with the chain as its goals
 *
 * Returns 0 or -ENOMEM.
 */
int gw_context_victims(struct gw_context *context, const struct gw_paths *paths, struct gw_finding *finding);

#endif
