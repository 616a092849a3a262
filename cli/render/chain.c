/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the order in which to show a report. */
#include "cli/render/chain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/render/node.h"

/* ---- index --------------------------------------------------------------- */

static void *chain_array_new(size_t count, size_t size)
{
	void *array = calloc(count ? count : 1, size);

	if (!array)
		out_of_memory();
	return array;
}

size_t chain_find(const struct chain *chain, const char *id)
{
	const json_t *number = json_object_get(chain->ids, id);

	return number ? (size_t)json_integer_value(number) : CHAIN_NONE;
}

static void chain_index_nodes(struct chain *chain, const json_t *nodes)
{
	json_t *node;
	size_t i;

	chain->nodes = chain_array_new(json_array_size(nodes), sizeof(*chain->nodes));
	chain->ids = json_object();
	if (!chain->ids)
		out_of_memory();
	json_array_foreach(nodes, i, node) {
		const char *id = field_string(node, "id");

		if (!*id || chain_find(chain, id) != CHAIN_NONE)
			continue;
		if (json_object_set_new(chain->ids, id, json_integer((json_int_t)chain->node_count)) < 0)
			out_of_memory();
		chain->nodes[chain->node_count++].json = node;
	}
}

/* Before those that come after it. */
static void chain_link_edge(struct chain *chain, struct chain_edge *edge)
{
	edge->next_out = chain->nodes[edge->from].out;
	chain->nodes[edge->from].out = edge;
	edge->next_in = chain->nodes[edge->to].in;
	chain->nodes[edge->to].in = edge;
}

static void chain_index_edges(struct chain *chain, const json_t *edges)
{
	json_t *edge;
	size_t i;

	chain->edges = chain_array_new(json_array_size(edges), sizeof(*chain->edges));
	json_array_foreach(edges, i, edge) {
		size_t from = chain_find(chain, field_string(edge, "from"));
		size_t to = chain_find(chain, field_string(edge, "to"));

		if (from != CHAIN_NONE && to != CHAIN_NONE)
			chain->edges[chain->edge_count++] = (struct chain_edge){ .json = edge, .from = from, .to = to };
	}
	for (i = chain->edge_count; i-- > 0;)
		chain_link_edge(chain, &chain->edges[i]);
}

void chain_clear(struct chain *chain)
{
	free(chain->nodes);
	free(chain->edges);
	free(chain->steps);
	json_decref(chain->ids);
	*chain = (struct chain){ 0 };
}

static void chain_add_step(struct chain *chain, size_t node, const struct chain_edge *edge)
{
	chain->steps[chain->step_count++] = (struct chain_step){ .node = node, .edge = edge };
	chain->nodes[node].in_chain = true;
}

static void chain_drop_steps(struct chain *chain)
{
	for (size_t i = 0; i < chain->step_count; i++)
		chain->nodes[chain->steps[i].node].in_chain = false;
	chain->step_count = 0;
}

/* ---- a loop -------------------------------------------------------------- */

static const struct chain_edge *chain_find_edge(const struct chain *chain, size_t from, size_t to)
{
	const struct chain_edge *edge = chain->nodes[from].out;

	while (edge && edge->to != to)
		edge = edge->next_out;
	return edge;
}

/* A loop is best begun with a process that a person knows, and that waits for the GPU. */
static int chain_opening_rank(const struct chain *chain, size_t step)
{
	const json_t *node = chain->nodes[chain->steps[step].node].json;
	const json_t *next = chain->nodes[chain->steps[(step + 1) % chain->step_count].node].json;

	if (!node_is_task(node))
		return 0;
	return 1 + 2 * (strncmp(field_string(node, "comm"), "kworker", 7) != 0) + field_is(next, "type", "fence");
}

static void chain_rotate(struct chain *chain)
{
	struct chain_step *turned = chain_array_new(chain->step_count, sizeof(*turned));
	size_t best = 0;

	for (size_t i = 1; i < chain->step_count; i++)
		if (chain_opening_rank(chain, i) > chain_opening_rank(chain, best))
			best = i;
	for (size_t i = 0; i < chain->step_count; i++)
		turned[i] = chain->steps[(best + i) % chain->step_count];
	memcpy(chain->steps, turned, chain->step_count * sizeof(*turned));
	free(turned);
}

/* True if the report names a loop that its edges close. */
static bool chain_follow_cycle(struct chain *chain, const json_t *ids)
{
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id) {
		size_t node = json_is_string(id) ? chain_find(chain, json_string_value(id)) : CHAIN_NONE;

		if (node != CHAIN_NONE && !chain->nodes[node].in_chain)
			chain_add_step(chain, node, NULL);
	}
	for (i = 0; i < chain->step_count; i++) {
		struct chain_step *step = &chain->steps[i];

		step->edge = chain_find_edge(chain, step->node, chain->steps[(i + 1) % chain->step_count].node);
		if (!step->edge)
			return false;
	}
	if (chain->step_count == 0)
		return false;
	chain_rotate(chain);
	chain->loop = true;
	return true;
}

/* ---- a dead end ---------------------------------------------------------- */

/*
 * Breadth first from @end against the edges: (*@via)[node] leads one step
 * nearer to the end. Returns the task that has waited longest, or @end.
 */
static size_t chain_search_back(const struct chain *chain, size_t end, const struct chain_edge **via)
{
	size_t *queue = chain_array_new(chain->node_count, sizeof(*queue)), head = 0, tail = 0, start = end;
	uint64_t oldest = UINT64_MAX;

	queue[tail++] = end;
	while (head < tail) {
		size_t node = queue[head++];
		uint64_t since = via[node] ? field_number(via[node]->json, "since_mono_ns") : 0;

		if (node != end && node_is_task(chain->nodes[node].json) && (since ? since : UINT64_MAX - 1) < oldest) {
			oldest = since ? since : UINT64_MAX - 1;
			start = node;
		}
		for (const struct chain_edge *edge = chain->nodes[node].in; edge; edge = edge->next_in) {
			if (edge->from == end || via[edge->from])
				continue;
			via[edge->from] = edge;
			queue[tail++] = edge->from;
		}
	}
	free(queue);
	return start;
}

static void chain_follow_path(struct chain *chain, size_t end)
{
	const struct chain_edge **via = chain_array_new(chain->node_count, sizeof(*via));

	for (size_t node = chain_search_back(chain, end, via); node != end; node = via[node]->to)
		chain_add_step(chain, node, via[node]);
	free(via);
}

/* An edge from the last step's node back into the chain, or NULL. */
static const struct chain_edge *chain_find_return(const struct chain *chain, size_t node)
{
	for (size_t i = 0; i < chain->edge_count; i++)
		if (chain->edges[i].from == node && chain->nodes[chain->edges[i].to].in_chain)
			return &chain->edges[i];
	return NULL;
}

/* From @node along first edges to where they end, or come back. */
static void chain_follow_rest(struct chain *chain, size_t node)
{
	for (const struct chain_edge *edge;; node = edge->to) {
		chain_add_step(chain, node, NULL);
		for (edge = chain->nodes[node].out; edge && chain->nodes[edge->to].in_chain; edge = edge->next_out)
			;
		if (!edge)
			break;
		chain->steps[chain->step_count - 1].edge = edge;
	}
	chain->steps[chain->step_count - 1].edge = chain_find_return(chain, node);
	chain->returns = chain->steps[chain->step_count - 1].edge;
}

static size_t chain_first_task(const struct chain *chain)
{
	for (size_t i = 0; i < chain->node_count; i++)
		if (node_is_task(chain->nodes[i].json))
			return i;
	return 0;
}

void chain_build(struct chain *chain, const json_t *report)
{
	size_t end;

	*chain = (struct chain){ 0 };
	chain_index_nodes(chain, field_array(report, "nodes"));
	chain_index_edges(chain, field_array(report, "edges"));
	chain->steps = chain_array_new(chain->node_count, sizeof(*chain->steps));
	if (chain->node_count == 0 || chain_follow_cycle(chain, field_array(report, "cycle")))
		return;
	end = chain_find(chain, field_string(field_object(report, "root_cause"), "node"));
	if (end == CHAIN_NONE)
		end = chain->step_count ? chain->steps[chain->step_count - 1].node : chain_first_task(chain);
	chain_drop_steps(chain);
	chain_follow_path(chain, end);
	chain_follow_rest(chain, end);
}
