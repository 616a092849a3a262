/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects nodes and edges for display without showing any twice. */
#include "lib/analysis/verdict/context.h"

#include <errno.h>
#include <stdlib.h>

int gw_shown_init(struct gw_shown *shown, const struct gw_graph *graph)
{
	*shown = (struct gw_shown){
		.graph = graph,
		.nodes = calloc(graph->n_nodes ? graph->n_nodes : 1, sizeof(*shown->nodes)),
		.edges = calloc(graph->n_edges ? graph->n_edges : 1, sizeof(*shown->edges)),
	};
	if (shown->nodes && shown->edges)
		return 0;
	gw_shown_deinit(shown);
	return -ENOMEM;
}

void gw_shown_deinit(struct gw_shown *shown)
{
	free(shown->nodes);
	free(shown->edges);
	*shown = (struct gw_shown){ .graph = NULL };
}

void gw_shown_begin(struct gw_shown *shown, const struct gw_finding *finding)
{
	shown->stamp++;
	for (uint32_t i = 0; i < finding->chain.count; i++)
		shown->nodes[finding->chain.items[i]] = shown->stamp;
	for (uint32_t i = 0; i < finding->edges.count; i++)
		shown->edges[finding->edges.items[i]] = shown->stamp;
}

int gw_shown_node(struct gw_shown *shown, struct gw_finding *finding, uint32_t node)
{
	if (shown->nodes[node] == shown->stamp)
		return 0;
	shown->nodes[node] = shown->stamp;
	return gw_list_add(&finding->others, node);
}

int gw_shown_edge(struct gw_shown *shown, struct gw_finding *finding, uint32_t edge)
{
	if (shown->edges[edge] == shown->stamp)
		return 0;
	shown->edges[edge] = shown->stamp;
	return gw_list_add(&finding->ways, edge);
}

static int context_path(struct gw_shown *shown, const struct gw_paths *paths, struct gw_finding *finding, uint32_t node)
{
	uint32_t edge = paths->mark[node] == paths->stamp ? paths->via[node] : GW_NO_EDGE;

	if (gw_shown_node(shown, finding, node) < 0)
		return -ENOMEM;
	while (edge != GW_NO_EDGE && shown->edges[edge] != shown->stamp) {
		node = shown->graph->edges[edge].to;
		if (gw_shown_edge(shown, finding, edge) < 0 || gw_shown_node(shown, finding, node) < 0)
			return -ENOMEM;
		edge = paths->via[node];
	}
	return 0;
}

static int context_compare_victims(const void *a, const void *b, void *graph)
{
	const struct gw_node *nodes = ((const struct gw_graph *)graph)->nodes;
	const struct gw_node *x = &nodes[*(const uint32_t *)a], *y = &nodes[*(const uint32_t *)b];

	return gw_waits_longer(x, y) ? -1 : gw_waits_longer(y, x);
}

int gw_shown_victims(struct gw_shown *shown, const struct gw_paths *paths, struct gw_finding *finding)
{
	struct gw_list *victims = &finding->victims;

	if (victims->count)
		qsort_r(victims->items, victims->count, sizeof(*victims->items), context_compare_victims,
			(void *)shown->graph);
	finding->n_victims = victims->count;
	if (victims->count > GW_VICTIMS_MAX)
		victims->count = GW_VICTIMS_MAX;
	for (uint32_t i = 0; i < victims->count; i++)
		if (context_path(shown, paths, finding, victims->items[i]) < 0)
			return -ENOMEM;
	return 0;
}
