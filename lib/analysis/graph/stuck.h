/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a graph is stuck of itself: loops that keep themselves dead whatever
 * happens around them, and dead ends. Everything else that is dead waits for
 * one of these.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_STUCK_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_STUCK_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/liveness.h"

struct gw_stuck_part {
	enum gw_confidence confidence; /* of the weakest edge that it needs */
	bool loop;		       /* else a dead end: one node */
	uint32_t first, count;	       /* into nodes of struct gw_stuck: a strongly connected component */
};

struct gw_stuck {
	struct gw_stuck_part *parts;
	uint32_t n_parts, allocated_parts;
	uint32_t *nodes;
	uint32_t n_nodes, allocated_nodes;
	bool *dead;	 /* by node: by evidence that is at least probable */
	bool *proven;	 /* by node: by proven evidence alone */
	uint32_t *owner; /* by node: index + 1 of the part that it belongs to, 0 = none */
};

/* More of them in one snapshot are left out. */
#define GW_STUCK_PARTS_MAX 256

/* Strongest evidence first; what is a part by strong evidence is not one again by weaker. Returns 0 or -ENOMEM. */
int gw_stuck_find(struct gw_stuck *ret, const struct gw_graph *graph);
void gw_stuck_deinit(struct gw_stuck *stuck);

#endif
