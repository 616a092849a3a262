/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strongly connected components of the dead part of a graph. */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_COMPONENTS_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_COMPONENTS_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/liveness.h"

struct gw_components {
	uint32_t count;
	uint32_t *id;	 /* by node: component + 1, 0 = the node is not dead */
	uint32_t *nodes; /* those of component c: nodes[first[c]] up to, not including, nodes[first[c + 1]] */
	uint32_t *first;
};

/* Of the nodes with dead[node], by the edges in @scope. Components come before those that need them. 0 or -ENOMEM. */
int gw_components_find(struct gw_components *ret, const struct gw_graph *graph, const struct gw_scope *scope,
		       const bool *dead);
void gw_components_deinit(struct gw_components *components);

#endif
