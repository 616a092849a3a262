/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scene as a wait-for graph: the same graph as of a live snapshot, with edges whose evidence is the text. */
#ifndef GPUWATCH_LIB_EXPLAIN_GRAPH_H
#define GPUWATCH_LIB_EXPLAIN_GRAPH_H

#include "lib/analysis/graph/graph.h"
#include "lib/explain/scene.h"

struct gw_text_graph {
	const struct gw_scene *scene;
	struct gw_snapshot *snapshot;
	struct gw_graph graph;
	uint32_t *nodes;		   /* by actor */
	uint32_t device;		   /* node of the GPU that does not answer, GW_NO_NODE = there is none */
	bool stands;			   /* two readings of its rings show that, and nothing else does */
	bool relapses;			   /* it answers, and fails again and again */
	const struct gw_log_held **wanted; /* by actor: the lock that it still takes, NULL = not known */
	uint32_t *memory;		   /* by actor: the process whose memory it changes, 0 = none */
	bool *met;			   /* by node: its own edges are made */
	char **labels;			   /* owned texts that nodes point to */
	size_t n_labels, allocated_labels;
};

/* Returns 0 or -ENOMEM; deinit it in any case. */
int gw_text_graph_init(struct gw_text_graph *graph, const struct gw_scene *scene);
void gw_text_graph_deinit(struct gw_text_graph *graph);

/* The actor that a node stands for, or NULL. */
const struct gw_actor *gw_text_graph_actor(const struct gw_text_graph *graph, uint32_t node);

#endif
