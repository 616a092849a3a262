/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which nodes can make progress: the least fixpoint that begins at those that
 * surely can and flows back along the edges. What it does not reach is dead.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_LIVENESS_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_LIVENESS_H

#include "lib/analysis/graph/graph.h"

/*
 * What of the graph counts. An edge that does not is one whose need is met:
 * so neither weak evidence, nor a later wait, nor a neighbour can be the
 * reason why something is dead.
 */
struct gw_scope {
	enum gw_confidence confidence; /* edges of at least this confidence, */
	uint64_t until_ns;	       /* of waits that began by then, */
	const uint32_t *group;	       /* and, unless NULL, */
	uint32_t id;		       /* with group[node] == id at both ends */
};

bool gw_scope_has(const struct gw_scope *scope, const struct gw_graph *graph, uint32_t edge);

/* Working memory for a graph, to be used again and again; dead[] is the result. */
struct gw_liveness {
	const struct gw_graph *graph;
	bool *dead;	   /* by node */
	uint32_t *pending; /* by node: needs that are not met */
	uint32_t *queue;
};

/* Returns 0 or -ENOMEM. */
int gw_liveness_init(struct gw_liveness *liveness, const struct gw_graph *graph);
void gw_liveness_deinit(struct gw_liveness *liveness);

/* Sets dead[] of @nodes, which must be all nodes in @scope; returns how many of them are dead. */
uint32_t gw_liveness_run(struct gw_liveness *liveness, const struct gw_scope *scope, const uint32_t *nodes,
			 uint32_t count);

#endif
