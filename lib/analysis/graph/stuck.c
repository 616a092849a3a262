/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which components of the dead part stand for themselves, by strength of evidence. */
#include "lib/analysis/graph/stuck.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/graph/components.h"
#include "lib/analysis/record/place.h"
#include "lib/base/array.h"

struct search {
	struct gw_stuck *stuck;
	const struct gw_graph *graph;
	struct gw_liveness whole; /* of the whole graph, by evidence of one confidence */
	struct gw_liveness local; /* of one component alone */
	uint32_t *all;		  /* every node */
};

static int stuck_search_init(struct search *search, struct gw_stuck *stuck, const struct gw_graph *graph)
{
	size_t count = graph->n_nodes ? graph->n_nodes : 1;

	*search = (struct search){
		.stuck = stuck,
		.graph = graph,
		.all = calloc(count, sizeof(*search->all)),
	};
	*stuck = (struct gw_stuck){
		.owner = calloc(count, sizeof(*stuck->owner)),
		.dead = calloc(count, sizeof(*stuck->dead)),
		.proven = calloc(count, sizeof(*stuck->proven)),
	};
	if (!search->all || !stuck->owner || !stuck->dead || !stuck->proven ||
	    gw_liveness_init(&search->whole, graph) < 0 || gw_liveness_init(&search->local, graph) < 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_nodes; i++)
		search->all[i] = i;
	return 0;
}

static void stuck_search_deinit(struct search *search)
{
	gw_liveness_deinit(&search->whole);
	gw_liveness_deinit(&search->local);
	free(search->all);
}

static int stuck_add(struct gw_stuck *stuck, enum gw_confidence confidence, bool loop, const uint32_t *nodes,
		     uint32_t count)
{
	if (gw_array_reserve(stuck->parts, stuck->n_parts, stuck->allocated_parts, 1) < 0 ||
	    gw_array_reserve(stuck->nodes, stuck->n_nodes, stuck->allocated_nodes, count) < 0)
		return -ENOMEM;
	memcpy(stuck->nodes + stuck->n_nodes, nodes, count * sizeof(*nodes));
	stuck->parts[stuck->n_parts++] = (struct gw_stuck_part){
		.confidence = confidence,
		.loop = loop,
		.first = stuck->n_nodes,
		.count = count,
	};
	stuck->n_nodes += count;
	for (uint32_t i = 0; i < count; i++)
		stuck->owner[nodes[i]] = stuck->n_parts;
	return 0;
}

static bool stuck_needs_itself(const struct gw_graph *graph, const struct gw_scope *scope, uint32_t node)
{
	const struct gw_node *n = &graph->nodes[node];

	for (uint32_t i = 0; i < n->n_out; i++)
		if (graph->edges[n->first_out + i].to == node && gw_scope_has(scope, graph, n->first_out + i))
			return true;
	return false;
}

/* Whether stronger evidence alone explains any of the nodes. */
static bool stuck_any_explained(const struct gw_stuck *stuck, const uint32_t *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (stuck->proven[nodes[i]])
			return true;
	return false;
}

/*
 * Where memory cannot be had the OOM killer ends processes. Whether it comes to that, and to which one, nobody knows: a process
 * whose wait that ends is a way out of a loop with direct reclaim in it.
 */
static bool stuck_oom_killer_may_end(const struct gw_graph *graph, const uint32_t *nodes, uint32_t count)
{
	bool reclaim = false, killable = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct gw_node *node = &graph->nodes[nodes[i]];

		reclaim |= node->type == GW_NODE_RECLAIM;
		killable |= node->type == GW_NODE_TASK && node->task && gw_place_may_be_killed(node->task);
	}
	return reclaim && killable;
}

static int stuck_judge(struct search *search, const struct gw_scope *scope, const struct gw_components *components,
		       uint32_t component)
{
	const uint32_t *nodes = components->nodes + components->first[component];
	uint32_t count = components->first[component + 1] - components->first[component];
	const struct gw_scope inside = {
		.confidence = scope->confidence,
		.until_ns = UINT64_MAX,
		.group = components->id,
		.id = component + 1,
	};

	if (stuck_any_explained(search->stuck, nodes, count) || search->stuck->n_parts == GW_STUCK_PARTS_MAX)
		return 0;
	if (count == 1 && (search->graph->nodes[nodes[0]].leaf == GW_LEAF_DEAD ||
			   search->graph->nodes[nodes[0]].leaf == GW_LEAF_LEFT))
		return stuck_add(search->stuck, scope->confidence, false, nodes, count);
	if (count == 1 && !stuck_needs_itself(search->graph, scope, nodes[0]))
		return 0;
	/* Dead of itself, or only because of what is outside? */
	if (gw_liveness_run(&search->local, &inside, nodes, count) == 0)
		return 0;
	return stuck_add(search->stuck,
			 stuck_oom_killer_may_end(search->graph, nodes, count) ? GW_CONFIDENCE_PROBABLE
									       : scope->confidence,
			 true, nodes, count);
}

/* @dead: set by node */
static int stuck_search_at(struct search *search, enum gw_confidence confidence, bool *dead)
{
	const struct gw_scope scope = { .confidence = confidence, .until_ns = UINT64_MAX };
	struct gw_components components;
	int r = 0;

	if (gw_liveness_run(&search->whole, &scope, search->all, search->graph->n_nodes) == 0)
		return 0;
	if (gw_components_find(&components, search->graph, &scope, search->whole.dead) < 0)
		return -ENOMEM;
	for (uint32_t c = 0; c < components.count && r == 0; c++)
		r = stuck_judge(search, &scope, &components, c);
	memcpy(dead, search->whole.dead, search->graph->n_nodes * sizeof(*dead));
	gw_components_deinit(&components);
	return r;
}

int gw_stuck_find(struct gw_stuck *ret, const struct gw_graph *graph)
{
	struct search search;
	int r = stuck_search_init(&search, ret, graph);

	/* A hint is worth showing, but never a verdict. */
	r = r ?: stuck_search_at(&search, GW_CONFIDENCE_PROVEN, ret->proven);
	r = r ?: stuck_search_at(&search, GW_CONFIDENCE_PROBABLE, ret->dead);
	stuck_search_deinit(&search);
	if (r < 0)
		gw_stuck_deinit(ret);
	return r;
}

void gw_stuck_deinit(struct gw_stuck *stuck)
{
	free(stuck->parts);
	free(stuck->nodes);
	free(stuck->dead);
	free(stuck->proven);
	free(stuck->owner);
	*stuck = (struct gw_stuck){ .n_parts = 0 };
}
