/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shortest paths through a graph: a loop through a node, and those that lead to a set of nodes. */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_PATHS_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_PATHS_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/index-list.h"
#include "lib/analysis/graph/liveness.h"

#define GW_NO_EDGE UINT32_MAX

/* Working memory for a graph, to be used again and again. */
struct gw_paths {
	const struct gw_graph *graph;
	uint32_t *via;	/* by reached node: the edge of its path */
	uint32_t *mark; /* by node: == stamp if reached */
	uint32_t *queue;
	uint32_t stamp;
};

/* Returns 0 or -ENOMEM. */
int gw_paths_init(struct gw_paths *paths, const struct gw_graph *graph);
void gw_paths_deinit(struct gw_paths *paths);

/*
 * gw_paths_loop - a shortest loop through @start
 * @scope: edges that may be used
 * @dead: nodes that may be used
 * @edges: appended to, in order, beginning with the one that leaves @start
 *
 * Returns 1 if there is a loop, 0 if not, or -ENOMEM.
 */
int gw_paths_loop(struct gw_paths *paths, uint32_t start, const struct gw_scope *scope, const bool *dead,
		  struct gw_index_list *edges);

/* Decides whether the search goes on at @node, reached from a node that is nearer to the goal. */
typedef bool (*gw_paths_enter)(void *userdata, uint32_t node);

/* One of these: the tasks that are reached first, and not what waits for them. @graph: a const struct gw_graph. */
bool gw_paths_stop_at_tasks(void *graph, uint32_t node);

/*
 * gw_paths_towards - everything that leads to some nodes, nearest first, but for what they merely may release, or read beside
 *	the one reader that the lock names
 * @goals: where the search begins; marked as reached, too
 * @dead: nodes that may be reached, NULL = all
 * @enter: asked for each newly reached node whether what leads to it counts, too; NULL = always
 * @reached: appended to, goals not included. via[node] is then the edge that leads one step nearer,
 *	GW_NO_EDGE for goals.
 *
 * Returns 0 or -ENOMEM.
 */
int gw_paths_towards(struct gw_paths *paths, const uint32_t *goals, uint32_t count, enum gw_confidence confidence,
		     const bool *dead, gw_paths_enter enter, void *userdata, struct gw_index_list *reached);

#endif
