/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chain in one line, from a task along first edges. */
#include "lib/analysis/words/chain.h"

#include "lib/analysis/words/names.h"

/* Steps of a one-line chain. */
#define CHAIN_STEPS 16

static bool chain_has_passed(const uint32_t *passed, uint32_t count, uint32_t node)
{
	for (uint32_t i = 0; i < count; i++)
		if (passed[i] == node)
			return true;
	return false;
}

const struct gw_node *gw_chain_object(const struct gw_graph *graph, uint32_t task)
{
	const struct gw_node *node = &graph->nodes[task];

	while (node->n_out > 0) {
		node = &graph->nodes[graph->edges[node->first_out].to];
		if (node->type != GW_NODE_FAULT && node->type != GW_NODE_EVICTION && node->type != GW_NODE_RECLAIM)
			return node;
	}
	return NULL;
}

/* Ends where it comes back to, be that where it began or later: a victim's chain leads into a loop. */
char *gw_chain_line(const struct gw_graph *graph, uint32_t task)
{
	struct gw_text text = { .data = NULL };
	uint32_t passed[CHAIN_STEPS], node = task, steps = 0;
	bool back;

	gw_name_phrase(&text, graph, &graph->nodes[node]);
	while (graph->nodes[node].n_out > 0 && graph->nodes[node].end != GW_END_READERS && steps + 1 < CHAIN_STEPS) {
		const struct gw_edge *edge = &graph->edges[graph->nodes[node].first_out];

		passed[steps++] = node;
		node = edge->to;
		back = chain_has_passed(passed, steps, node);
		if (edge->relation == GW_RELATION_ON_TIMELINE)
			continue; /* named with its fence */
		gw_text_add(&text, " → ");
		gw_name_phrase(&text, graph, &graph->nodes[node]);
		if (back)
			break;
	}
	return gw_text_finish(&text);
}
