/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tarjan's algorithm with a stack of its own: depth is the input's choice, and must not be our stack's. */
#include "lib/analysis/graph/components.h"

#include <errno.h>
#include <stdlib.h>

struct frame {
	uint32_t node, next_edge;
};

struct tarjan {
	const struct gw_graph *graph;
	const struct gw_scope *scope;
	const bool *dead;
	struct gw_components *components;
	uint32_t *order; /* of discovery, from 1; 0 = not yet */
	uint32_t *low;
	uint32_t *open; /* stack of nodes without a component */
	struct frame *frames;
	uint32_t discovered, n_open, n_frames, n_placed;
};

static void components_discover(struct tarjan *t, uint32_t node)
{
	t->order[node] = t->low[node] = ++t->discovered;
	t->open[t->n_open++] = node;
	t->frames[t->n_frames++] = (struct frame){ .node = node };
}

/* The node is the first of its component: all that is open since belongs to it. */
static void components_close(struct tarjan *t, uint32_t node)
{
	struct gw_components *components = t->components;
	uint32_t member;

	components->count++;
	do {
		member = t->open[--t->n_open];
		components->id[member] = components->count;
		components->nodes[t->n_placed++] = member;
	} while (member != node);
	components->first[components->count] = t->n_placed;
}

/* Follows the next edge of the innermost frame; false if there is none left. */
static bool components_step(struct tarjan *t, struct frame *frame)
{
	const struct gw_node *node = &t->graph->nodes[frame->node];

	while (frame->next_edge < node->n_out) {
		uint32_t edge = node->first_out + frame->next_edge++, to = t->graph->edges[edge].to;

		if (!t->dead[to] || !gw_scope_has(t->scope, t->graph, edge))
			continue;
		if (!t->order[to]) {
			components_discover(t, to);
			return true;
		}
		if (!t->components->id[to] && t->order[to] < t->low[frame->node])
			t->low[frame->node] = t->order[to];
	}
	return false;
}

static void components_search(struct tarjan *t, uint32_t start)
{
	components_discover(t, start);
	while (t->n_frames > 0) {
		uint32_t node = t->frames[t->n_frames - 1].node;

		if (components_step(t, &t->frames[t->n_frames - 1]))
			continue;
		if (t->low[node] == t->order[node])
			components_close(t, node);
		if (--t->n_frames > 0) {
			uint32_t parent = t->frames[t->n_frames - 1].node;

			if (t->low[node] < t->low[parent])
				t->low[parent] = t->low[node];
		}
	}
}

int gw_components_find(struct gw_components *ret, const struct gw_graph *graph, const struct gw_scope *scope,
		       const bool *dead)
{
	size_t count = (size_t)graph->n_nodes + 1;
	struct tarjan t = {
		.graph = graph,
		.scope = scope,
		.dead = dead,
		.components = ret,
		.order = calloc(count, sizeof(*t.order)),
		.low = calloc(count, sizeof(*t.low)),
		.open = calloc(count, sizeof(*t.open)),
		.frames = calloc(count, sizeof(*t.frames)),
	};
	bool enough;

	*ret = (struct gw_components){
		.id = calloc(count, sizeof(*ret->id)),
		.nodes = calloc(count, sizeof(*ret->nodes)),
		.first = calloc(count, sizeof(*ret->first)),
	};
	enough = t.order && t.low && t.open && t.frames && ret->id && ret->nodes && ret->first;
	for (uint32_t i = 0; enough && i < graph->n_nodes; i++)
		if (dead[i] && !t.order[i])
			components_search(&t, i);
	free(t.order);
	free(t.low);
	free(t.open);
	free(t.frames);
	if (enough)
		return 0;
	gw_components_deinit(ret);
	return -ENOMEM;
}

void gw_components_deinit(struct gw_components *components)
{
	free(components->id);
	free(components->nodes);
	free(components->first);
	*components = (struct gw_components){ .count = 0 };
}
