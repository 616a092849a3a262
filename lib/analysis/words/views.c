/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not a report: the waits and the timelines of a snapshot, as JSON. */
#include <stdlib.h>

#include "lib/analysis/analysis.h"
#include "lib/analysis/build/build.h"
#include "lib/analysis/graph/paths.h"
#include "lib/analysis/words/explain.h"
#include "lib/analysis/words/json.h"
#include "lib/analysis/words/names.h"
#include "lib/base/text.h"

/* ---- waits ------------------------------------------------------------------------- */

static uint64_t began_ns(const struct gw_node *node)
{
	return node->since_ns ? node->since_ns : node->task->last_ran_ns;
}

static bool shows(const struct gw_graph *graph, uint32_t index, uint64_t min_age_ns)
{
	const struct gw_node *node = &graph->nodes[index];
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;

	if (node->type != GW_NODE_TASK || !node->task || !gw_task_sleeps(node->task))
		return false;
	if (began_ns(node) > now_ns || now_ns - began_ns(node) < min_age_ns)
		return false;
	/* Completions are everywhere, and most of them are nobody's trouble. */
	return node->stack_wait || (node->wait.kind != GW_WAIT_NONE && node->wait.kind != GW_WAIT_COMPLETION &&
				    (node->wait.kind != GW_WAIT_POLL || node->wait.object));
}

static json_t *wait_fence(const struct gw_graph *graph, const struct gw_node *fence)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "context", gw_json_number(fence->context), "seqno",
			 gw_json_number(fence->seqno), "driver", gw_json_text(gw_name_driver(graph, fence)), "timeline",
			 gw_json_text(gw_name_timeline(graph, fence)));
}

/* The first object that the task waits for, seen through what it is inside of. */
static const struct gw_node *object_of(const struct gw_graph *graph, const struct gw_node *node)
{
	while (node->n_out > 0) {
		node = &graph->nodes[graph->edges[node->first_out].to];
		if (node->type != GW_NODE_FAULT && node->type != GW_NODE_EVICTION && node->type != GW_NODE_RECLAIM)
			return node;
	}
	return NULL;
}

static json_t *wait_chain(const struct gw_graph *graph, uint32_t index)
{
	char *chain = gw_explain_chain(graph, index);
	json_t *json = chain ? json_string(chain) : NULL;

	free(chain);
	return json;
}

static json_t *wait_json(const struct gw_graph *graph, uint32_t index)
{
	const struct gw_node *node = &graph->nodes[index], *object = object_of(graph, node);
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;
	json_t *wait = json_object();
	bool failed = !wait;

	gw_json_put(wait, "pid", gw_json_number(node->pid), &failed);
	gw_json_put(wait, "tgid", gw_json_number(node->task->tgid), &failed);
	gw_json_put(wait, "comm", gw_json_text(node->comm), &failed);
	gw_json_put(wait, "state", json_string(gw_state_letter(node->task->state)), &failed);
	gw_json_put(wait, "kind", json_string(gw_wait_kind_name(node->wait.kind)), &failed);
	gw_json_put(wait, "age_ns", gw_json_number(now_ns - began_ns(node)), &failed);
	gw_json_put(wait, "since_mono_ns", gw_json_number(node->since_ns), &failed);
	gw_json_put(wait, "known_since", json_boolean(node->since_ns), &failed);
	gw_json_put(wait, "object", gw_json_address(node->wait.object), &failed);
	if (node->stack_wait)
		gw_json_put(wait, "function", gw_json_text(node->stack_wait), &failed);
	if (object && object->type == GW_NODE_FENCE)
		gw_json_put(wait, "fence", wait_fence(graph, object), &failed);
	if (object && object->type == GW_NODE_LOCK)
		gw_json_put(wait, "lock", gw_describe_node(graph, object, false), &failed);
	gw_json_put(wait, "inside", gw_describe_sections(&node->task->watch.sections), &failed);
	gw_json_put(wait, "chain", wait_chain(graph, index), &failed);
	if (!failed)
		return wait;
	json_decref(wait);
	return NULL;
}

static int compare_ages(const void *a, const void *b, void *graph)
{
	const struct gw_node *nodes = ((const struct gw_graph *)graph)->nodes;
	const struct gw_node *x = &nodes[*(const uint32_t *)a], *y = &nodes[*(const uint32_t *)b];

	if (began_ns(x) != began_ns(y))
		return began_ns(x) < began_ns(y) ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static json_t *waits_of(struct gw_graph *graph, uint64_t min_age_ns)
{
	struct gw_list list = { .count = 0 };
	json_t *waits = json_array();
	bool failed = !waits;

	for (uint32_t i = 0; i < graph->n_nodes && !failed; i++)
		failed = shows(graph, i, min_age_ns) && gw_list_add(&list, i) < 0;
	if (list.count)
		qsort_r(list.items, list.count, sizeof(*list.items), compare_ages, graph);
	for (uint32_t i = 0; i < list.count && !failed; i++)
		failed = json_array_append_new(waits, wait_json(graph, list.items[i])) < 0;
	gw_list_deinit(&list);
	if (!failed)
		return waits;
	json_decref(waits);
	return NULL;
}

json_t *gw_waits_json(const struct gw_snapshot *now, uint64_t min_age_ns)
{
	struct gw_graph graph;
	json_t *waits = NULL;

	if (gw_graph_build(&graph, now, NULL) == 0)
		waits = waits_of(&graph, min_age_ns);
	gw_graph_deinit(&graph);
	return json_pack("{s:s, s:o, s:o}", "schema", "gpuwatch.waits.v1", "taken_at",
			 gw_json_time(gw_snapshot_head(now)->real_ns), "waits", waits);
}

/* ---- timelines ------------------------------------------------------------------------ */

static uint64_t signalled(const struct gw_timeline *timeline)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < GW_SIGNALLERS; i++)
		sum += timeline->signallers[i].count;
	return sum;
}

/* Signals per second since @before; null if that cannot be told. */
static json_t *rate(const struct gw_timeline *timeline, const struct gw_snapshot *now, const struct gw_snapshot *before)
{
	const struct gw_timeline_record *then = before ? gw_snapshot_timeline(before, timeline->context) : NULL;
	uint64_t now_ns = gw_snapshot_head(now)->mono_ns, then_ns = before ? gw_snapshot_head(before)->mono_ns : now_ns;
	uint64_t count = signalled(timeline), earlier = then ? signalled(&then->timeline) : 0;

	if (!then || then_ns >= now_ns || earlier > count)
		return json_null();
	return json_real((double)(count - earlier) * 1e9 / (double)(now_ns - then_ns));
}

static bool is_no_task(void *graph, uint32_t node)
{
	return ((const struct gw_graph *)graph)->nodes[node].type != GW_NODE_TASK;
}

/* Tasks that wait for fences of the timeline, directly or through arrays and chains. Returns 0 or -ENOMEM. */
static int count_waiting(const struct gw_graph *graph, struct gw_paths *paths, uint64_t context, uint64_t *ret)
{
	uint32_t node = gw_graph_find(graph, GW_NODE_TIMELINE, context, 0);
	struct gw_list reached = { .count = 0 };
	int r = 0;

	*ret = 0;
	if (node != GW_NO_NODE)
		r = gw_paths_towards(paths, &node, 1, GW_CONFIDENCE_HINT, NULL, is_no_task, (void *)graph, &reached);
	for (uint32_t i = 0; i < reached.count; i++)
		*ret += graph->nodes[reached.items[i]].type == GW_NODE_TASK;
	gw_list_deinit(&reached);
	return r;
}

/* The node of a timeline, or one made up for a timeline that nobody waits for: it has the same names. */
static struct gw_node node_of(const struct gw_graph *graph, const struct gw_timeline_record *record)
{
	uint32_t node = gw_graph_find(graph, GW_NODE_TIMELINE, record->timeline.context, 0);

	if (node != GW_NO_NODE)
		return graph->nodes[node];
	return (struct gw_node){
		.type = GW_NODE_TIMELINE,
		.address = record->timeline.context,
		.timeline = record,
		.comm = "",
	};
}

static json_t *timeline_json(const struct gw_graph *graph, struct gw_paths *paths,
			     const struct gw_timeline_record *record, const struct gw_snapshot *before)
{
	struct gw_node node = node_of(graph, record);
	const struct gw_timeline *timeline = &record->timeline;
	uint64_t waiting;

	if (count_waiting(graph, paths, timeline->context, &waiting) < 0)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "context", gw_json_number(timeline->context),
			 "driver", gw_json_text(gw_name_driver(graph, &node)), "timeline",
			 gw_json_text(gw_name_timeline(graph, &node)), "seqno", gw_json_number(timeline->seqno),
			 "signalled", gw_json_number(signalled(timeline)), "rate_per_s",
			 rate(timeline, graph->snapshot, before), "signallers",
			 gw_describe_signallers(graph->snapshot, timeline), "waiting", gw_json_number(waiting));
}

static json_t *timelines_of(const struct gw_graph *graph, const struct gw_snapshot *before)
{
	const struct gw_timeline_record *const *records;
	size_t count = gw_snapshot_timelines(graph->snapshot, &records);
	json_t *array = json_array();
	struct gw_paths paths;
	bool failed = gw_paths_init(&paths, graph) < 0 || !array;

	for (size_t i = 0; i < count && !failed; i++) {
		uint64_t context = records[i]->timeline.context;

		if (context && gw_snapshot_timeline(graph->snapshot, context) == records[i])
			failed = json_array_append_new(array, timeline_json(graph, &paths, records[i], before)) < 0;
	}
	gw_paths_deinit(&paths);
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

json_t *gw_timelines_json(const struct gw_snapshot *now, const struct gw_snapshot *before)
{
	struct gw_graph graph;
	json_t *timelines = NULL;

	if (gw_graph_build(&graph, now, NULL) == 0)
		timelines = timelines_of(&graph, before);
	gw_graph_deinit(&graph);
	return json_pack("{s:s, s:o, s:o}", "schema", "gpuwatch.timelines.v1", "taken_at",
			 gw_json_time(gw_snapshot_head(now)->real_ns), "timelines", timelines);
}
