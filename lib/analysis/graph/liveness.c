/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fixpoint, by counting needs down: linear in nodes and edges. */
#include "lib/analysis/graph/liveness.h"

#include <errno.h>
#include <stdlib.h>

bool gw_scope_has(const struct gw_scope *scope, const struct gw_graph *graph, uint32_t edge)
{
	const struct gw_edge *e = &graph->edges[edge];

	if (e->confidence < scope->confidence || e->since_ns > scope->until_ns)
		return false;
	return !scope->group || (scope->group[e->from] == scope->id && scope->group[e->to] == scope->id);
}

int gw_liveness_init(struct gw_liveness *liveness, const struct gw_graph *graph)
{
	size_t count = graph->n_nodes ? graph->n_nodes : 1;

	*liveness = (struct gw_liveness){
		.graph = graph,
		.dead = calloc(count, sizeof(*liveness->dead)),
		.pending = calloc(count, sizeof(*liveness->pending)),
		.queue = calloc(count, sizeof(*liveness->queue)),
	};
	if (liveness->dead && liveness->pending && liveness->queue)
		return 0;
	gw_liveness_deinit(liveness);
	return -ENOMEM;
}

void gw_liveness_deinit(struct gw_liveness *liveness)
{
	free(liveness->dead);
	free(liveness->pending);
	free(liveness->queue);
	*liveness = (struct gw_liveness){ .graph = NULL };
}

/* Whether the edge is one of those by which its node may come alive. */
static bool liveness_counts(const struct gw_graph *graph, const struct gw_node *node, uint32_t edge)
{
	return node->leaf != GW_LEAF_LEFT || graph->edges[edge].relation == GW_RELATION_RELEASED_BY;
}

/* Whether a node can make progress before anything is known of its neighbours; counts its needs otherwise. */
static bool liveness_starts_alive(struct gw_liveness *liveness, const struct gw_scope *scope, uint32_t index)
{
	const struct gw_node *node = &liveness->graph->nodes[index];
	bool any = node->rule == GW_RULE_ANY || node->leaf == GW_LEAF_LEFT;
	uint32_t all = 0, needs = 0;

	if (node->leaf == GW_LEAF_LIVE)
		return true;
	if (node->leaf != GW_LEAF_NONE && node->confidence < scope->confidence)
		return true;
	if (node->leaf == GW_LEAF_DEAD) {
		liveness->pending[index] = UINT32_MAX;
		return false;
	}
	for (uint32_t i = 0; i < node->n_out; i++) {
		uint32_t edge = node->first_out + i;

		if (!liveness_counts(liveness->graph, node, edge))
			continue;
		all++;
		needs += gw_scope_has(scope, liveness->graph, edge);
	}
	liveness->pending[index] = any ? 1 : needs;
	return any ? needs < all || needs == 0 : needs == 0;
}

/* One need of the node is met. */
static bool liveness_comes_alive(struct gw_liveness *liveness, uint32_t index)
{
	if (!liveness->dead[index] || liveness->pending[index] == UINT32_MAX)
		return false;
	return --liveness->pending[index] == 0;
}

uint32_t gw_liveness_run(struct gw_liveness *liveness, const struct gw_scope *scope, const uint32_t *nodes,
			 uint32_t count)
{
	const struct gw_graph *graph = liveness->graph;
	uint32_t alive = 0;

	for (uint32_t i = 0; i < count; i++) {
		liveness->dead[nodes[i]] = !liveness_starts_alive(liveness, scope, nodes[i]);
		if (!liveness->dead[nodes[i]])
			liveness->queue[alive++] = nodes[i];
	}
	for (uint32_t head = 0; head < alive; head++) {
		const struct gw_node *node = &graph->nodes[liveness->queue[head]];

		for (uint32_t i = 0; i < node->n_in; i++) {
			uint32_t edge = graph->in[node->first_in + i], from = graph->edges[edge].from;

			if (gw_scope_has(scope, graph, edge) && liveness_counts(graph, &graph->nodes[from], edge) &&
			    liveness_comes_alive(liveness, from)) {
				liveness->dead[from] = false;
				liveness->queue[alive++] = from;
			}
		}
	}
	return count - alive;
}
