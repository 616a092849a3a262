/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row for each timeline of a snapshot, with the tasks that the graph shows to wait for it. */
#include "lib/analysis/words/timelines.h"

#include "lib/analysis/build/build.h"
#include "lib/analysis/graph/index-list.h"
#include "lib/analysis/graph/paths.h"
#include "lib/analysis/words/json.h"
#include "lib/analysis/words/names.h"
#include "lib/base/json.h"

static uint64_t timelines_signalled(const struct gw_timeline *timeline)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < GW_SIGNALLERS; i++)
		sum += timeline->signallers[i].count;
	return sum;
}

/* Signals per second since @before; null if that cannot be told. */
static json_t *timelines_rate(const struct gw_timeline *timeline, const struct gw_snapshot *now,
			      const struct gw_snapshot *before)
{
	const struct gw_timeline_record *then = before ? gw_snapshot_timeline(before, timeline->context) : NULL;
	uint64_t now_ns = gw_snapshot_head(now)->mono_ns, then_ns = before ? gw_snapshot_head(before)->mono_ns : now_ns;
	uint64_t count = timelines_signalled(timeline), earlier = then ? timelines_signalled(&then->timeline) : 0;

	if (!then || then_ns >= now_ns || earlier > count)
		return json_null();
	return json_real((double)(count - earlier) * 1e9 / (double)(now_ns - then_ns));
}

/* Tasks that wait for fences of the timeline, directly or through arrays and chains. Returns 0 or -ENOMEM. */
static int timelines_count_waiting(const struct gw_graph *graph, struct gw_paths *paths, uint64_t context,
				   uint64_t *ret)
{
	uint32_t node = gw_graph_find(graph, GW_NODE_TIMELINE, context, 0);
	struct gw_index_list reached = { .count = 0 };
	int r = 0;

	*ret = 0;
	if (node != GW_NO_NODE)
		r = gw_paths_towards(paths, &node, 1, GW_CONFIDENCE_HINT, NULL, gw_paths_stop_at_tasks, (void *)graph,
				     &reached);
	for (uint32_t i = 0; i < reached.count; i++)
		*ret += graph->nodes[reached.items[i]].type == GW_NODE_TASK;
	gw_index_list_deinit(&reached);
	return r;
}

/* The node of a timeline, or one made up for a timeline that nobody waits for: it has the same names. */
static struct gw_node timelines_node(const struct gw_graph *graph, const struct gw_timeline_record *record)
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

static json_t *timelines_row(const struct gw_graph *graph, struct gw_paths *paths,
			     const struct gw_timeline_record *record, const struct gw_snapshot *before)
{
	struct gw_node node = timelines_node(graph, record);
	const struct gw_timeline *timeline = &record->timeline;
	uint64_t waiting;

	if (timelines_count_waiting(graph, paths, timeline->context, &waiting) < 0)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "context", gw_json_number(timeline->context),
			 "driver", gw_json_text(gw_name_driver(graph, &node)), "timeline",
			 gw_json_text(gw_name_timeline(graph, &node)), "seqno", gw_json_number(timeline->seqno),
			 "signalled", gw_json_number(timelines_signalled(timeline)), "rate_per_s",
			 timelines_rate(timeline, graph->snapshot, before), "signallers",
			 gw_json_signallers(graph->snapshot, timeline), "waiting", gw_json_number(waiting));
}

static json_t *timelines_array(const struct gw_graph *graph, const struct gw_snapshot *before)
{
	const struct gw_timeline_record *const *records;
	size_t count = gw_snapshot_timelines(graph->snapshot, &records);
	json_t *array = json_array();
	struct gw_paths paths;
	bool failed = gw_paths_init(&paths, graph) < 0 || !array;

	for (size_t i = 0; i < count && !failed; i++)
		failed = json_array_append_new(array, timelines_row(graph, &paths, records[i], before)) < 0;
	gw_paths_deinit(&paths);
	return gw_json_unless(array, failed);
}

json_t *gw_timelines_json(const struct gw_snapshot *now, const struct gw_snapshot *before)
{
	struct gw_graph graph;
	json_t *timelines = NULL;

	if (gw_graph_build(&graph, now, NULL, NULL, NULL) == 0)
		timelines = timelines_array(&graph, before);
	gw_graph_deinit(&graph);
	return json_pack("{s:s, s:o, s:o}", "schema", "gpuwatch.timelines.v1", "taken_at",
			 gw_json_time(gw_snapshot_head(now)->real_ns), "timelines", timelines);
}
