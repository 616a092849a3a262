/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A graph that grows by hash table and edge list, and is then frozen into adjacency arrays. */
#include "lib/analysis/graph/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/hash.h"

void gw_graph_init(struct gw_graph *graph, const struct gw_snapshot *snapshot)
{
	*graph = (struct gw_graph){ .snapshot = snapshot };
}

void gw_graph_deinit(struct gw_graph *graph)
{
	free(graph->nodes);
	free(graph->edges);
	free(graph->in);
	free(graph->table);
	gw_graph_init(graph, NULL);
}

/* The slot that holds the node, or the free one where it belongs. */
static uint32_t *graph_find_slot(const struct gw_graph *graph, enum gw_node_type type, uint64_t address, uint64_t extra)
{
	uint32_t mask = graph->table_size - 1;
	uint32_t at = (uint32_t)gw_hash_spread(address + gw_hash_spread(extra + (uint64_t)type)) & mask;

	for (;; at = (at + 1) & mask) {
		const struct gw_node *node;

		if (graph->table[at] == 0)
			return &graph->table[at];
		node = &graph->nodes[graph->table[at] - 1];
		if (node->type == type && node->address == address && node->extra == extra)
			return &graph->table[at];
	}
}

static int graph_grow_table(struct gw_graph *graph)
{
	uint32_t size = graph->table_size ? graph->table_size * 2 : 256;

	free(graph->table);
	graph->table = calloc(size, sizeof(*graph->table));
	graph->table_size = graph->table ? size : 0;
	if (!graph->table)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_nodes; i++) {
		const struct gw_node *node = &graph->nodes[i];

		*graph_find_slot(graph, node->type, node->address, node->extra) = i + 1;
	}
	return 0;
}

static int graph_reserve_node(struct gw_graph *graph)
{
	if (graph->n_nodes * 2 >= graph->table_size && graph_grow_table(graph) < 0)
		return -ENOMEM;
	return gw_array_reserve(graph->nodes, graph->n_nodes, graph->allocated_nodes, 1);
}

int gw_graph_node(struct gw_graph *graph, enum gw_node_type type, uint64_t address, uint64_t extra, uint32_t *ret)
{
	uint32_t *slot;

	if (graph_reserve_node(graph) < 0)
		return -ENOMEM;
	slot = graph_find_slot(graph, type, address, extra);
	if (*slot) {
		*ret = *slot - 1;
		return GW_GRAPH_FOUND;
	}
	graph->nodes[graph->n_nodes] = (struct gw_node){ .type = type, .address = address, .extra = extra, .comm = "" };
	*ret = graph->n_nodes++;
	*slot = *ret + 1;
	return GW_GRAPH_ADDED;
}

uint32_t gw_graph_find(const struct gw_graph *graph, enum gw_node_type type, uint64_t address, uint64_t extra)
{
	uint32_t *slot = graph->table_size ? graph_find_slot(graph, type, address, extra) : NULL;

	return slot && *slot ? *slot - 1 : GW_NO_NODE;
}

int gw_graph_edge(struct gw_graph *graph, const struct gw_edge *edge)
{
	if (gw_array_reserve(graph->edges, graph->n_edges, graph->allocated_edges, 1) < 0)
		return -ENOMEM;
	graph->edges[graph->n_edges++] = *edge;
	return 0;
}

/* Counting sort by from: keeps the order in which a node's edges were added. */
static int graph_sort_out(struct gw_graph *graph)
{
	struct gw_edge *sorted = calloc(graph->n_edges ? graph->n_edges : 1, sizeof(*sorted));
	uint32_t at = 0;

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_edges; i++)
		graph->nodes[graph->edges[i].from].n_out++;
	for (uint32_t i = 0; i < graph->n_nodes; i++) {
		graph->nodes[i].first_out = at;
		at += graph->nodes[i].n_out;
		graph->nodes[i].n_out = 0;
	}
	for (uint32_t i = 0; i < graph->n_edges; i++) {
		struct gw_node *from = &graph->nodes[graph->edges[i].from];

		sorted[from->first_out + from->n_out++] = graph->edges[i];
	}
	free(graph->edges);
	graph->edges = sorted;
	graph->allocated_edges = graph->n_edges;
	return 0;
}

static int graph_sort_in(struct gw_graph *graph)
{
	uint32_t at = 0;

	graph->in = calloc(graph->n_edges ? graph->n_edges : 1, sizeof(*graph->in));
	if (!graph->in)
		return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_edges; i++)
		graph->nodes[graph->edges[i].to].n_in++;
	for (uint32_t i = 0; i < graph->n_nodes; i++) {
		graph->nodes[i].first_in = at;
		at += graph->nodes[i].n_in;
		graph->nodes[i].n_in = 0;
	}
	for (uint32_t i = 0; i < graph->n_edges; i++) {
		struct gw_node *to = &graph->nodes[graph->edges[i].to];

		graph->in[to->first_in + to->n_in++] = i;
	}
	return 0;
}

int gw_graph_finish(struct gw_graph *graph)
{
	return graph_sort_out(graph) < 0 || graph_sort_in(graph) < 0 ? -ENOMEM : 0;
}

const char *gw_node_type_name(enum gw_node_type type)
{
	static const char *const names[] = {
		[GW_NODE_TASK] = "task",     [GW_NODE_FENCE] = "fence",	      [GW_NODE_TIMELINE] = "timeline",
		[GW_NODE_LOCK] = "lock",     [GW_NODE_NOTIFIER] = "notifier", [GW_NODE_SRCU] = "srcu",
		[GW_NODE_DEVICE] = "device", [GW_NODE_FAULT] = "fault",	      [GW_NODE_RECLAIM] = "reclaim",
		[GW_NODE_JOB] = "job",	     [GW_NODE_WORK] = "work",	      [GW_NODE_WORKQUEUE] = "work",
		[GW_NODE_SLOTS] = "work",    [GW_NODE_EVICTION] = "eviction", [GW_NODE_SECTION] = "section",
		[GW_NODE_PAGE] = "page",
	};

	return names[type];
}

const char *gw_relation_name(enum gw_relation relation)
{
	static const char *const names[] = {
		[GW_RELATION_WAITS_FOR] = "waits-for",
		[GW_RELATION_FLUSHES] = "flushes",
		[GW_RELATION_STOPS] = "waits-for-end-of",
		[GW_RELATION_PARKS] = "parks",
		[GW_RELATION_INSIDE] = "inside",
		[GW_RELATION_ON_TIMELINE] = "on-timeline",
		[GW_RELATION_SIGNALLED_BY] = "signalled-by",
		[GW_RELATION_DEPENDS_ON] = "depends-on",
		[GW_RELATION_SIGNALLED_WITH] = "signalled-with",
		[GW_RELATION_RUN_BY] = "run-by",
		[GW_RELATION_EXECUTED_BY] = "executed-by",
		[GW_RELATION_QUEUED_BEHIND] = "queued-behind",
		[GW_RELATION_HELD_BY] = "held-by",
		[GW_RELATION_RUNS_IN] = "runs-in",
		[GW_RELATION_DRIVEN_BY] = "driven-by",
		[GW_RELATION_UNPLUGGED_BY] = "unplugged-by",
		[GW_RELATION_RESET_BY] = "reset-by",
		[GW_RELATION_CALLBACK_IN] = "callback-in",
		[GW_RELATION_ENTERED_BY] = "entered-by",
		[GW_RELATION_HELD_UP_BY] = "held-up-by",
		[GW_RELATION_RELEASED_BY] = "released-by",
		[GW_RELATION_NEEDS_CPU_OF] = "needs-cpu-of",
		[GW_RELATION_TRIES] = "tries",
		[GW_RELATION_EXCLUDES] = "waits-for-exit-of",
		[GW_RELATION_FREED_BY] = "freed-by",
		[GW_RELATION_NEEDS_WORKER] = "needs-worker-of",
		[GW_RELATION_CREATED_BY] = "waits-for-thread-by",
	};

	return names[relation];
}

const char *gw_evidence_name(enum gw_evidence evidence)
{
	static const char *const names[] = {
		[GW_EVIDENCE_TRACEPOINT] = "tracepoint",
		[GW_EVIDENCE_OWNER_FIELD] = "owner-field",
		[GW_EVIDENCE_LEARNED_SIGNALLER] = "learned-signaller",
		[GW_EVIDENCE_STACK] = "stack",
		[GW_EVIDENCE_WORKQUEUE_STATE] = "workqueue-state",
		[GW_EVIDENCE_FENCE_STRUCTURE] = "fence-structure",
		[GW_EVIDENCE_INFERRED] = "inferred",
		[GW_EVIDENCE_TEXT] = "text",
		[GW_EVIDENCE_LAST_HOLDER] = "last-holder",
	};

	return names[evidence];
}

const char *gw_end_name(enum gw_end end)
{
	static const char *const names[GW_ENDS] = {
		[GW_END_BUSY_HOLDER] = "busy-holder",
		[GW_END_RETRY_LOOP] = "retry-loop",
		[GW_END_RESET] = "reset",
		[GW_END_SILENT_DEVICE] = "silent-device",
		[GW_END_DEAD_OWNER] = "dead-owner",
		[GW_END_SLEEPS_IN] = "sleeps-in",
		[GW_END_STOPPED] = "stopped",
		[GW_END_READERS] = "readers",
	};

	return names[end];
}
