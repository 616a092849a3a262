/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph of a snapshot, and a row for each task in it that sleeps for something tracked. */
#include "lib/analysis/words/waits.h"

#include <stdlib.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/build/build.h"
#include "lib/analysis/graph/index-list.h"
#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"
#include "lib/analysis/words/chain.h"
#include "lib/analysis/words/json.h"
#include "lib/analysis/words/names.h"
#include "lib/analysis/words/whose.h"
#include "lib/base/json.h"

static uint64_t waits_began_ns(const struct gw_node *node)
{
	return node->since_ns ? node->since_ns : node->task->last_ran_ns;
}

static bool waits_shows(const struct gw_graph *graph, uint32_t index, enum gw_waits_scope scope, uint64_t min_age_ns)
{
	const struct gw_node *node = &graph->nodes[index];
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;

	if (node->type != GW_NODE_TASK || !node->task ||
	    !(gw_task_sleeps(node->task) || (node->task->state & TASK_FROZEN)))
		return false;
	if (waits_began_ns(node) > now_ns || now_ns - waits_began_ns(node) < min_age_ns)
		return false;
	if (scope == GW_WAITS_ALL && *gw_state_letter(node->task->state) == 'D')
		return true;
	/* Completions are everywhere, and most of them are nobody's trouble. */
	return node->stack_wait || (node->wait.kind != GW_WAIT_NONE && node->wait.kind != GW_WAIT_COMPLETION &&
				    (node->wait.kind != GW_WAIT_POLL || node->wait.object));
}

static json_t *waits_fence(const struct gw_graph *graph, const struct gw_node *fence)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "context", gw_json_number(fence->context), "seqno",
			 gw_json_number(fence->seqno), "driver", gw_json_text(gw_name_driver(graph, fence)), "timeline",
			 gw_json_text(gw_name_timeline(graph, fence)));
}

static json_t *waits_place(const struct gw_graph *graph, const struct gw_task_record *task)
{
	struct gw_place place = gw_place_of(graph->snapshot, task);
	struct gw_text text = { .data = NULL };

	if (place.function)
		gw_name_function(&text, place.driver ? place.driver : place.function);
	return gw_text_json(&text);
}

static json_t *waits_chain(const struct gw_graph *graph, uint32_t index)
{
	char *chain = gw_chain_line(graph, index);
	json_t *json = chain ? json_string(chain) : NULL;

	free(chain);
	return json;
}

/*
 * A wait may be known by its stack alone: it began before the programs, or while its program was preempted, for the kernel
 * then skips the program for other tasks of that CPU (prog->active in __bpf_trace_run()).
 */
static const char *waits_kind(const struct gw_node *node)
{
	return gw_wait_kind_name(node->stack_wait ? gw_stack_gpu_wait(node->stack_wait) : node->wait.kind);
}

/* The task that holds a lock, as surely as a report would name it; NULL if that is not known, or if there are several. */
static const struct gw_node *waits_holder(const struct gw_graph *graph, const struct gw_node *object)
{
	const struct gw_edge *edge;

	if (!object || object->type != GW_NODE_LOCK || object->n_out != 1)
		return NULL;
	edge = &graph->edges[object->first_out];
	if (edge->relation != GW_RELATION_HELD_BY || edge->confidence == GW_CONFIDENCE_HINT)
		return NULL;
	return graph->nodes[edge->to].type == GW_NODE_TASK ? &graph->nodes[edge->to] : NULL;
}

static json_t *waits_row(const struct gw_graph *graph, uint32_t index)
{
	const struct gw_node *node = &graph->nodes[index], *object = gw_chain_object(graph, index);
	const struct gw_node *holder = waits_holder(graph, object);
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;
	json_t *wait = json_object();
	bool failed = !wait;

	gw_json_put(wait, "pid", gw_json_number(node->pid), &failed);
	gw_json_put(wait, "tgid", gw_json_number(node->task->tgid), &failed);
	gw_json_put(wait, "comm", gw_json_text(node->comm), &failed);
	gw_json_put(wait, "state", json_string(gw_state_letter(node->task->state)), &failed);
	gw_json_put(wait, "kind", json_string(waits_kind(node)), &failed);
	gw_json_put(wait, "age_ns", gw_json_number(now_ns - waits_began_ns(node)), &failed);
	gw_json_put(wait, "since_mono_ns", gw_json_number(node->since_ns), &failed);
	gw_json_put(wait, "known_since", json_boolean(node->since_ns), &failed);
	gw_json_put(wait, "object", gw_json_address(node->wait.object), &failed);
	if (object)
		gw_json_put(wait, "phrase", gw_json_phrase(graph, object), &failed);
	if (node->stack_wait)
		gw_json_put(wait, "function", gw_json_text(node->stack_wait), &failed);
	if (object && object->type == GW_NODE_FENCE)
		gw_json_put(wait, "fence", waits_fence(graph, object), &failed);
	if (object && object->type == GW_NODE_LOCK)
		gw_json_put(wait, "lock", gw_json_node(graph, object, false), &failed);
	/* A lock that is not static has no other name than who holds it, and where that is. */
	if (holder)
		gw_json_put(wait, "holder", gw_json_phrase(graph, holder), &failed);
	if (holder && holder->task)
		gw_json_put(wait, "holder_place", waits_place(graph, holder->task), &failed);
	if (node->task->cgroup_id)
		gw_json_put(wait, "cgroup_id", gw_json_number(node->task->cgroup_id), &failed);
	gw_json_put(wait, "subsystem", gw_whose_json(graph, index), &failed);
	gw_json_put(wait, "place", waits_place(graph, node->task), &failed);
	gw_json_put(wait, "inside", gw_json_sections(graph->snapshot, node->task), &failed);
	gw_json_put(wait, "chain", waits_chain(graph, index), &failed);
	return gw_json_unless(wait, failed);
}

static int waits_compare_ages(const void *a, const void *b, void *graph)
{
	const struct gw_node *nodes = ((const struct gw_graph *)graph)->nodes;
	const struct gw_node *x = &nodes[*(const uint32_t *)a], *y = &nodes[*(const uint32_t *)b];

	if (waits_began_ns(x) != waits_began_ns(y))
		return waits_began_ns(x) < waits_began_ns(y) ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static json_t *waits_array(struct gw_graph *graph, enum gw_waits_scope scope, uint64_t min_age_ns)
{
	struct gw_index_list list = { .count = 0 };
	json_t *waits = json_array();
	bool failed = !waits;

	for (uint32_t i = 0; i < graph->n_nodes && !failed; i++)
		failed = waits_shows(graph, i, scope, min_age_ns) && gw_index_list_add(&list, i) < 0;
	if (list.count)
		qsort_r(list.items, list.count, sizeof(*list.items), waits_compare_ages, graph);
	for (uint32_t i = 0; i < list.count && !failed; i++)
		failed = json_array_append_new(waits, waits_row(graph, list.items[i])) < 0;
	gw_index_list_deinit(&list);
	return gw_json_unless(waits, failed);
}

json_t *gw_waits_json(const struct gw_snapshot *now, enum gw_waits_scope scope, uint64_t min_age_ns)
{
	struct gw_graph graph;
	json_t *waits = NULL;

	if (gw_graph_build(&graph, now, NULL, NULL, NULL) == 0)
		waits = waits_array(&graph, scope, min_age_ns);
	gw_graph_deinit(&graph);
	return json_pack("{s:s, s:o, s:o}", "schema", "gpuwatch.waits.v1", "taken_at",
			 gw_json_time(gw_snapshot_head(now)->real_ns), "waits", waits);
}
