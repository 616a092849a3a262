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
#include "lib/base/text.h"

/* Victims that are shown with their stacks: one tells much about the context_nodes. */
#define VICTIM_STACKS 32

/* Nodes of a chain that are shown: from its begin and from its end. No driver makes one that long; a stream of records may. */
#define CHAIN_SHOWN 512

struct render {
	const struct gw_graph *graph;
	const struct gw_finding *finding;
	bool *left_out; /* by node, of the chain; NULL = none is */
};

static bool render_is_shown(const struct render *render, uint32_t place)
{
	uint32_t count = render->finding->chain.count;

	return count <= CHAIN_SHOWN || place < CHAIN_SHOWN / 2 || place >= count - CHAIN_SHOWN / 2;
}

static int render_leave_out(struct render *render)
{
	const struct gw_index_list *chain = &render->finding->chain;

	if (chain->count <= CHAIN_SHOWN)
		return 0;
	render->left_out = calloc(render->graph->n_nodes, sizeof(*render->left_out));
	for (uint32_t i = 0; render->left_out && i < chain->count; i++)
		render->left_out[chain->items[i]] = !render_is_shown(render, i);
	return render->left_out ? 0 : -ENOMEM;
}

static int render_append_nodes(json_t *array, const struct render *render, const struct gw_index_list *nodes,
			       uint32_t stacks)
{
	for (uint32_t i = 0; i < nodes->count; i++) {
		const struct gw_node *node = &render->graph->nodes[nodes->items[i]];
		bool stack = node->type == GW_NODE_TASK && stacks > 0;

		if (render->left_out && render->left_out[nodes->items[i]])
			continue;
		stacks -= stack;
		if (json_array_append_new(array, gw_json_node(render->graph, node, stack)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Those between nodes that are shown. */
static int render_append_edges(json_t *array, const struct render *render, const struct gw_index_list *edges)
{
	for (uint32_t i = 0; i < edges->count; i++) {
		const struct gw_edge *edge = &render->graph->edges[edges->items[i]];

		if (render->left_out && (render->left_out[edge->from] || render->left_out[edge->to]))
			continue;
		if (json_array_append_new(array, gw_json_edge(render->graph, edge)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int render_append_ids(json_t *array, const struct render *render, const struct gw_index_list *nodes)
{
	for (uint32_t i = 0; i < nodes->count; i++) {
		if (render->left_out && render->left_out[nodes->items[i]])
			continue;
		if (json_array_append_new(array, gw_json_id(&render->graph->nodes[nodes->items[i]])) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int render_lists(struct gw_report *report, const struct render *render)
{
	const struct gw_finding *finding = render->finding;

	if (render_append_nodes(report->nodes, render, &finding->chain, UINT32_MAX) < 0 ||
	    render_append_nodes(report->nodes, render, &finding->context_nodes, VICTIM_STACKS) < 0 ||
	    render_append_edges(report->edges, render, &finding->edges) < 0 ||
	    render_append_edges(report->edges, render, &finding->context_edges) < 0)
		return -ENOMEM;
	/* A stall has no cycle: its chain is not dead. */
	if (finding->kind == GW_KIND_DEADLOCK && render_append_ids(report->cycle, render, &finding->chain) < 0)
		return -ENOMEM;
	return render_append_ids(report->victims, render, &finding->victims);
}

static int render_json(struct gw_report *report, const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct render render = { .graph = graph, .finding = finding };
	int r;

	report->nodes = json_array();
	report->edges = json_array();
	report->cycle = json_array();
	report->victims = json_array();
	if (!report->nodes || !report->edges || !report->cycle || !report->victims)
		return -ENOMEM;
	r = render_leave_out(&render);
	if (render.left_out)
		report->chain_total = finding->chain.count;
	r = r ?: render_lists(report, &render);
	free(render.left_out);
	return r;
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

int gw_render_unproven(struct gw_report *report)
{
	struct gw_text text = { .data = NULL };
	char *explanation;

	gw_text_add(
		&text,
		"%s The last snapshots do not prove it any more, although the same waits go on: something may still end them.",
		report->explanation);
	explanation = gw_text_finish(&text);
	if (!explanation)
		return -ENOMEM;
	free(report->explanation);
	report->explanation = explanation;
	report->confidence = GW_CONFIDENCE_PROBABLE;
	return 0;
}
