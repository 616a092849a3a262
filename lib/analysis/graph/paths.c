/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Breadth-first searches, forwards and backwards. */
#include "lib/analysis/graph/paths.h"

#include <errno.h>
#include <stdlib.h>

int gw_paths_init(struct gw_paths *paths, const struct gw_graph *graph)
{
	size_t count = graph->n_nodes ? graph->n_nodes : 1;

	*paths = (struct gw_paths){
		.graph = graph,
		.via = calloc(count, sizeof(*paths->via)),
		.mark = calloc(count, sizeof(*paths->mark)),
		.queue = calloc(count, sizeof(*paths->queue)),
	};
	if (paths->via && paths->mark && paths->queue)
		return 0;
	gw_paths_deinit(paths);
	return -ENOMEM;
}

void gw_paths_deinit(struct gw_paths *paths)
{
	free(paths->via);
	free(paths->mark);
	free(paths->queue);
	*paths = (struct gw_paths){ .graph = NULL };
}

/* The edges from @start to @edge and with it back to @start. */
static int paths_collect_loop(const struct gw_paths *paths, uint32_t start, uint32_t edge, struct gw_index_list *edges)
{
	for (;;) {
		uint32_t from = paths->graph->edges[edge].from;

		if (gw_index_list_add(edges, edge) < 0)
			return -ENOMEM;
		if (from == start)
			break;
		edge = paths->via[from];
	}
	gw_index_list_reverse(edges);
	return 1;
}

int gw_paths_loop(struct gw_paths *paths, uint32_t start, const struct gw_scope *scope, const bool *dead,
		  struct gw_index_list *edges)
{
	const struct gw_graph *graph = paths->graph;
	uint32_t tail = 0;

	paths->stamp++;
	paths->queue[tail++] = start;
	paths->mark[start] = paths->stamp;
	for (uint32_t head = 0; head < tail; head++) {
		const struct gw_node *node = &graph->nodes[paths->queue[head]];

		for (uint32_t i = 0; i < node->n_out; i++) {
			uint32_t edge = node->first_out + i, to = graph->edges[edge].to;

			if (!dead[to] || !gw_scope_has(scope, graph, edge))
				continue;
			if (to == start)
				return paths_collect_loop(paths, start, edge, edges);
			if (paths->mark[to] == paths->stamp)
				continue;
			paths->mark[to] = paths->stamp;
			paths->via[to] = edge;
			paths->queue[tail++] = to;
		}
	}
	return 0;
}

bool gw_paths_stop_at_tasks(void *graph, uint32_t node)
{
	return ((const struct gw_graph *)graph)->nodes[node].type != GW_NODE_TASK;
}

/* What the edge leads to merely may release what it comes from, or be one more of its readers. */
static bool paths_is_guess(const struct gw_graph *graph, const struct gw_edge *edge)
{
	return edge->relation == GW_RELATION_RELEASED_BY ||
	       (edge->evidence == GW_EVIDENCE_STACK && graph->nodes[edge->from].end == GW_END_READERS);
}

int gw_paths_towards(struct gw_paths *paths, const uint32_t *goals, uint32_t count, enum gw_confidence confidence,
		     const bool *dead, gw_paths_enter enter, void *userdata, struct gw_index_list *reached)
{
	const struct gw_graph *graph = paths->graph;
	uint32_t tail = 0;

	paths->stamp++;
	for (uint32_t i = 0; i < count; i++) {
		if (paths->mark[goals[i]] == paths->stamp)
			continue;
		paths->mark[goals[i]] = paths->stamp;
		paths->via[goals[i]] = GW_NO_EDGE;
		paths->queue[tail++] = goals[i];
	}
	for (uint32_t head = 0; head < tail; head++) {
		const struct gw_node *node = &graph->nodes[paths->queue[head]];

		for (uint32_t i = 0; i < node->n_in; i++) {
			uint32_t edge = graph->in[node->first_in + i], from = graph->edges[edge].from;

			if (paths->mark[from] == paths->stamp || graph->edges[edge].confidence < confidence ||
			    paths_is_guess(graph, &graph->edges[edge]) || (dead && !dead[from]))
				continue;
			paths->mark[from] = paths->stamp;
			paths->via[from] = edge;
			if (gw_index_list_add(reached, from) < 0)
				return -ENOMEM;
			if (!enter || enter(userdata, from))
				paths->queue[tail++] = from;
		}
	}
	return 0;
}
