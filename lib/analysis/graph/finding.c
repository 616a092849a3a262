/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as data: lists, identity. */
#include "lib/analysis/graph/finding.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"

static void finding_deinit(struct gw_finding *finding)
{
	gw_index_list_deinit(&finding->chain);
	gw_index_list_deinit(&finding->edges);
	gw_index_list_deinit(&finding->context_nodes);
	gw_index_list_deinit(&finding->context_edges);
	gw_index_list_deinit(&finding->victims);
	free(finding->participants);
	*finding = (struct gw_finding){ .participants = NULL };
}

struct gw_finding *gw_findings_add(struct gw_finding_list *findings)
{
	if (gw_array_reserve(findings->items, findings->count, findings->allocated, 1) < 0)
		return NULL;
	findings->items[findings->count] = (struct gw_finding){ .participants = NULL };
	return &findings->items[findings->count++];
}

void gw_findings_drop_last(struct gw_finding_list *findings)
{
	finding_deinit(&findings->items[--findings->count]);
}

void gw_findings_deinit(struct gw_finding_list *findings)
{
	while (findings->count > 0)
		gw_findings_drop_last(findings);
	free(findings->items);
	*findings = (struct gw_finding_list){ .items = NULL };
}

/* Whether the last edge leads back into the chain. */
static bool finding_returns(const struct gw_finding *finding, const struct gw_graph *graph)
{
	uint32_t last = graph->edges[finding->edges.items[finding->edges.count - 1]].to;

	for (uint32_t i = 0; i < finding->chain.count; i++)
		if (finding->chain.items[i] == last)
			return true;
	return false;
}

int gw_finding_chain(struct gw_finding *finding, const struct gw_graph *graph)
{
	const struct gw_index_list *edges = &finding->edges;

	finding->chain.count = 0;
	for (uint32_t i = 0; i < edges->count; i++)
		if (gw_index_list_add(&finding->chain, graph->edges[edges->items[i]].from) < 0)
			return -ENOMEM;
	if (finding->loop || edges->count == 0 || finding_returns(finding, graph))
		return 0;
	return gw_index_list_add(&finding->chain, graph->edges[edges->items[edges->count - 1]].to);
}

int gw_finding_participant(struct gw_finding *finding, const struct gw_graph *graph, uint32_t node)
{
	const struct gw_node *n = &graph->nodes[node];
	struct gw_wait_identity *participants =
		reallocarray(finding->participants, finding->n_participants + 1, sizeof(*participants));

	if (!participants)
		return -ENOMEM;
	finding->participants = participants;
	participants[finding->n_participants++] = gw_wait_identify(n->task);
	if (n->since_ns > finding->formed_ns)
		finding->formed_ns = n->since_ns;
	return 0;
}

int gw_finding_participants(struct gw_finding *finding, const struct gw_graph *graph)
{
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = &graph->nodes[finding->chain.items[i]];

		/* What it waits for may be known by its stack alone. */
		if (node->type != GW_NODE_TASK || !node->task ||
		    (node->wait.kind == GW_WAIT_NONE && (graph->from_text || node->n_out == 0)) ||
		    node->leaf != GW_LEAF_NONE)
			continue;
		if (gw_finding_participant(finding, graph, finding->chain.items[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static uint64_t finding_hash_participant(const struct gw_wait_identity *identity)
{
	uint64_t state = gw_hash_number(GW_HASH_START, identity->pid);

	state = gw_hash_number(state, identity->start_ns);
	state = gw_hash_number(state, identity->kind);
	state = gw_hash_number(state, identity->object);
	state = gw_hash_number(state, identity->since_ns);
	return identity->since_ns ? state : gw_hash_number(state, identity->switches);
}

void gw_finding_set_key(struct gw_finding *finding, const struct gw_graph *graph, uint32_t node)
{
	uint64_t sum = 0, state;

	/* A sum, so that it does not matter where the loop begins. */
	for (size_t i = 0; i < finding->n_participants; i++)
		sum += finding_hash_participant(&finding->participants[i]);
	state = gw_hash_number(gw_hash_number(GW_HASH_START, finding->class), sum);
	if (node != GW_NO_NODE) {
		state = gw_hash_number(state, graph->nodes[node].type);
		state = gw_hash_number(state, graph->nodes[node].address);
	}
	finding->key = state;
}

bool gw_waits_longer(const struct gw_node *a, const struct gw_node *b)
{
	/* Unsigned: 0 - 1 is the latest of all. */
	if (a->since_ns - 1 != b->since_ns - 1)
		return a->since_ns - 1 < b->since_ns - 1;
	return a->pid < b->pid;
}
