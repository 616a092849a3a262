/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects nodes and edges for display without showing any twice. */
#include "lib/analysis/verdict/context.h"

#include <errno.h>
#include <stdlib.h>

int gw_context_init(struct gw_context *context, const struct gw_graph *graph)
{
	*context = (struct gw_context){
		.graph = graph,
		.nodes = calloc(graph->n_nodes ? graph->n_nodes : 1, sizeof(*context->nodes)),
		.edges = calloc(graph->n_edges ? graph->n_edges : 1, sizeof(*context->edges)),
	};
	if (context->nodes && context->edges)
		return 0;
	gw_context_deinit(context);
	return -ENOMEM;
}

void gw_context_deinit(struct gw_context *context)
{
	free(context->nodes);
	free(context->edges);
	*context = (struct gw_context){ .graph = NULL };
}

void gw_context_begin(struct gw_context *context, const struct gw_finding *finding)
{
	context->stamp++;
	for (uint32_t i = 0; i < finding->chain.count; i++)
		context->nodes[finding->chain.items[i]] = context->stamp;
	for (uint32_t i = 0; i < finding->edges.count; i++)
		context->edges[finding->edges.items[i]] = context->stamp;
}

int gw_context_node(struct gw_context *context, struct gw_finding *finding, uint32_t node)
{
	if (context->nodes[node] == context->stamp)
		return 0;
	context->nodes[node] = context->stamp;
	return gw_index_list_add(&finding->context_nodes, node);
}

int gw_context_edge(struct gw_context *context, struct gw_finding *finding, uint32_t edge)
{
	if (context->edges[edge] == context->stamp)
		return 0;
	context->edges[edge] = context->stamp;
	return gw_index_list_add(&finding->context_edges, edge);
}

static int context_path(struct gw_context *context, const struct gw_paths *paths, struct gw_finding *finding,
			uint32_t node)
{
	uint32_t edge = paths->mark[node] == paths->stamp ? paths->via[node] : GW_NO_EDGE;

	if (gw_context_node(context, finding, node) < 0)
		return -ENOMEM;
	while (edge != GW_NO_EDGE && context->edges[edge] != context->stamp) {
		node = context->graph->edges[edge].to;
		if (gw_context_edge(context, finding, edge) < 0 || gw_context_node(context, finding, node) < 0)
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

int gw_context_victims(struct gw_context *context, const struct gw_paths *paths, struct gw_finding *finding)
{
	struct gw_index_list *victims = &finding->victims;

	if (victims->count)
		qsort_r(victims->items, victims->count, sizeof(*victims->items), context_compare_victims,
			(void *)context->graph);
	finding->n_victims = victims->count;
	if (victims->count > GW_VICTIMS_MAX)
		victims->count = GW_VICTIMS_MAX;
	for (uint32_t i = 0; i < victims->count; i++)
		if (context_path(context, paths, finding, victims->items[i]) < 0)
			return -ENOMEM;
	return 0;
}
