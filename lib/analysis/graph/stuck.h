/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The roots of what is dead: loops that keep themselves dead whatever happens
 * around them, and dead ends. Everything else that is dead waits for one.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_STUCK_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_STUCK_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/liveness.h"

struct gw_root {
	enum gw_confidence grade; /* of the weakest edge that it needs */
	bool loop;		  /* else a dead end: one node */
	uint32_t first, count;	  /* into nodes of struct gw_roots: a strongly connected component */
};

struct gw_roots {
	struct gw_root *roots;
	uint32_t n_roots, allocated_roots;
	uint32_t *nodes;
	uint32_t n_nodes, allocated_nodes;
	bool *dead;	 /* by node: by evidence that is at least probable */
	bool *proven;	 /* by node: by proven evidence alone */
	uint32_t *owner; /* by node: index + 1 of the root that it belongs to, 0 = none */
};

/* More of them in one snapshot are not looked at. */
#define GW_ROOTS_MAX 256

/* Strongest grade first; what is a root by strong evidence is not one again by weaker. Returns 0 or -ENOMEM. */
int gw_roots_find(struct gw_roots *ret, const struct gw_graph *graph);
void gw_roots_deinit(struct gw_roots *roots);

#endif
