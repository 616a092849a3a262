/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a finding shows beside its chain: the victims, and what they wait through. */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_CONTEXT_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_CONTEXT_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/paths.h"

/* Working memory for a graph; one finding at a time. */
struct gw_shown {
	const struct gw_graph *graph;
	uint32_t *nodes, *edges; /* by index: == stamp if the finding has it */
	uint32_t stamp;
};

/* Returns 0 or -ENOMEM. */
int gw_shown_init(struct gw_shown *shown, const struct gw_graph *graph);
void gw_shown_deinit(struct gw_shown *shown);

/* Begins with what @finding has in its chain and edges. */
void gw_shown_begin(struct gw_shown *shown, const struct gw_finding *finding);

/* Adds to others and ways, once each. Return 0 or -ENOMEM. */
int gw_shown_node(struct gw_shown *shown, struct gw_finding *finding, uint32_t node);
int gw_shown_edge(struct gw_shown *shown, struct gw_finding *finding, uint32_t edge);

/*
 * gw_shown_victims - sort finding->victims, cut them, add their ways to the chain
 * @paths: as gw_paths_towards() left it, with the chain as its goals
 *
 * Returns 0 or -ENOMEM.
 */
int gw_shown_victims(struct gw_shown *shown, const struct gw_paths *paths, struct gw_finding *finding);

#endif
