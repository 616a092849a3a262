/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a report: texts and JSON. */
#include "lib/analysis/verdict/render.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/analysis/sentences/advice.h"
#include "lib/analysis/sentences/cause.h"
#include "lib/analysis/sentences/summary.h"
#include "lib/analysis/verdict/signature.h"
#include "lib/analysis/words/action.h"
#include "lib/analysis/words/json.h"
#include "lib/analysis/words/kernel-log.h"
#include "lib/analysis/words/names.h"
#include "lib/analysis/words/whose.h"

/* Victims that are shown with their stacks: one tells much about the context_nodes. */
#define VICTIM_STACKS 32

static int render_append_nodes(json_t *array, const struct gw_graph *graph, const struct gw_index_list *nodes,
			       uint32_t stacks)
{
	for (uint32_t i = 0; i < nodes->count; i++) {
		const struct gw_node *node = &graph->nodes[nodes->items[i]];
		bool stack = node->type == GW_NODE_TASK && stacks > 0;

		stacks -= stack;
		if (json_array_append_new(array, gw_json_node(graph, node, stack)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int render_append_edges(json_t *array, const struct gw_graph *graph, const struct gw_index_list *edges)
{
	for (uint32_t i = 0; i < edges->count; i++)
		if (json_array_append_new(array, gw_json_edge(graph, &graph->edges[edges->items[i]])) < 0)
			return -ENOMEM;
	return 0;
}

static int render_append_ids(json_t *array, const struct gw_graph *graph, const struct gw_index_list *nodes)
{
	for (uint32_t i = 0; i < nodes->count; i++)
		if (json_array_append_new(array, gw_json_id(&graph->nodes[nodes->items[i]])) < 0)
			return -ENOMEM;
	return 0;
}

static int render_json(struct gw_report *report, const struct gw_graph *graph, const struct gw_finding *finding)
{
	report->nodes = json_array();
	report->edges = json_array();
	report->cycle = json_array();
	report->victims = json_array();
	if (!report->nodes || !report->edges || !report->cycle || !report->victims)
		return -ENOMEM;
	if (render_append_nodes(report->nodes, graph, &finding->chain, UINT32_MAX) < 0 ||
	    render_append_nodes(report->nodes, graph, &finding->context_nodes, VICTIM_STACKS) < 0 ||
	    render_append_edges(report->edges, graph, &finding->edges) < 0 ||
	    render_append_edges(report->edges, graph, &finding->context_edges) < 0)
		return -ENOMEM;
	/* A stall has no cycle: its chain is not dead. */
	if (finding->kind == GW_KIND_DEADLOCK && render_append_ids(report->cycle, graph, &finding->chain) < 0)
		return -ENOMEM;
	return render_append_ids(report->victims, graph, &finding->victims);
}

static int render_texts(struct gw_report *report, const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_text root = { .data = NULL };

	gw_name_id(&root, &graph->nodes[finding->root]);
	report->root_node = gw_text_finish(&root);
	report->summary = gw_explain_summary(graph, finding);
	report->explanation = gw_explain_cause(graph, finding);
	report->advice = gw_explain_advice(graph, finding);
	if (graph->from_text)
		return report->root_node && report->summary && report->explanation && report->advice ? 0 : -ENOMEM;
	report->action = gw_action_json(graph, finding);
	report->kernel_log = gw_kernel_log_json(graph, finding);
	return report->root_node && report->summary && report->explanation && report->advice && report->action &&
			       report->kernel_log
		       ? 0
		       : -ENOMEM;
}

int gw_render(struct gw_report **ret, const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_report *report = calloc(1, sizeof(*report));
	uint64_t signature;

	if (!report)
		return -ENOMEM;
	report->kind = finding->kind;
	report->class = finding->class;
	report->confidence = finding->confidence;
	report->key = finding->key;
	if (finding->kind != GW_KIND_DEADLOCK && !graph->from_text)
		report->subsystem = gw_whose_json(graph, finding->chain.items[0]);
	report->formed_mono_ns = finding->formed_ns;
	report->victims_total = finding->n_victims;
	signature = gw_signature(graph, finding);
	if (signature)
		snprintf(report->signature, sizeof(report->signature), "%016" PRIx64, signature);
	if (render_json(report, graph, finding) < 0 || render_texts(report, graph, finding) < 0) {
		gw_report_free(report);
		return -ENOMEM;
	}
	*ret = report;
	return 0;
}
