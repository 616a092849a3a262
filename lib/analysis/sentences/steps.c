/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One sentence per waiting task, built from the edges to the next one. */
#include "lib/analysis/sentences/steps.h"

#include "lib/analysis/words/names.h"

/* Tasks of a chain that have a sentence each; the rest of a longer one is left out. */
#define SENTENCES_MAX 5

/* Each edge that does not leave a task continues the sentence. NULL: it adds nothing. */
static const char *steps_connector(const struct gw_prose *prose, const struct gw_edge *edge)
{
	switch (edge->relation) {
	case GW_RELATION_SIGNALLED_BY:
		return gw_prose_node(prose, edge->to)->gone ? ", so far signalled by " : ", to be signalled by ";
	case GW_RELATION_DEPENDS_ON:
		return gw_prose_node(prose, edge->to)->type == GW_NODE_SECTION ? "; one of them is " : ", which needs ";
	case GW_RELATION_SIGNALLED_WITH:
		return ", which comes with ";
	case GW_RELATION_RUN_BY:
		return ", to be run by ";
	case GW_RELATION_NEEDS_CPU_OF:
		return ", which cannot start on its CPU, taken by ";
	case GW_RELATION_NEEDS_WORKER:
		return ", whose pool has no free worker until one is started by ";
	case GW_RELATION_EXECUTED_BY:
		return ", executed by ";
	case GW_RELATION_QUEUED_BEHIND:
		return ", queued behind the work of ";
	case GW_RELATION_HELD_BY:
		if (edge->evidence == GW_EVIDENCE_LAST_HOLDER)
			return ", last taken by ";
		/* The last reader's name is in the lock, whether it still reads or not. */
		if (edge->confidence < GW_CONFIDENCE_PROVEN && !prose->graph->from_text &&
		    gw_prose_node(prose, edge->to)->type == GW_NODE_TASK &&
		    (!gw_prose_node(prose, edge->to)->gone || gw_prose_is_hint(gw_prose_node(prose, edge->from))))
			return ", most likely held by ";
		return gw_prose_node(prose, edge->to)->type == GW_NODE_NOTIFIER ? ", held by the caller of "
										: ", held by ";
	case GW_RELATION_RUNS_IN:
		return gw_prose_node(prose, edge->from)->type == GW_NODE_SRCU ? "; in one of them is "
									      : ", which runs in ";
	case GW_RELATION_DRIVEN_BY:
		return ", which lost its hardware with ";
	case GW_RELATION_UNPLUGGED_BY:
		return ", to be retired after drm_dev_unplug() by ";
	case GW_RELATION_RESET_BY:
		if (gw_prose_node(prose, edge->from)->type == GW_NODE_JOB)
			return ", whose hardware has a job that has outlasted its timeout and is to be ended by ";
		if (gw_prose_node(prose, edge->from)->type == GW_NODE_TIMELINE)
			return ", whose device is silent, and which is to be ended by its driver's ";
		return gw_prose_node(prose, edge->to)->type == GW_NODE_WORK
			       ? ", which has outlasted its job's timeout and is to be ended by "
			       : ", which nothing but a reset ends any more, to be done by ";
	case GW_RELATION_CALLBACK_IN:
		return ", whose callback runs in ";
	case GW_RELATION_ENTERED_BY:
		return ", entered by ";
	case GW_RELATION_HELD_UP_BY:
		return ", whose device stands still for the page fault that is handled by ";
	case GW_RELATION_RELEASED_BY:
		return ", which its owner left and which may be released by ";
	default:
		return NULL;
	}
}

static bool steps_is_section(const struct gw_node *node)
{
	return node->type == GW_NODE_FAULT || node->type == GW_NODE_EVICTION || node->type == GW_NODE_RECLAIM;
}

/* A sentence about the task or job that edge @at leaves, up to the next task. Returns the edge after it. */
static uint32_t steps_one(struct gw_prose *prose, uint32_t at)
{
	const struct gw_index_list *edges = &prose->finding->edges;
	const struct gw_edge *edge = &prose->graph->edges[edges->items[at]];
	const struct gw_node *from = gw_prose_node(prose, edge->from);

	gw_prose_task(prose, from, !steps_is_section(gw_prose_node(prose, edge->to)));
	while (steps_is_section(gw_prose_node(prose, edge->to)) && at + 1 < edges->count) {
		gw_prose_section(prose, gw_prose_node(prose, edge->to));
		edge = &prose->graph->edges[edges->items[++at]];
	}
	if (edge->relation == GW_RELATION_TRIES)
		gw_prose_add(prose, " tries again and again to take ");
	else if (from->spell && from->spell->kind == GW_SPELL_NAPS)
		gw_prose_add(prose, " waits again and again for a short time, at present for ");
	else if (from->type == GW_NODE_TASK)
		gw_prose_duration(prose, from->since_ns);
	else
		gw_prose_add(prose, edge->relation == GW_RELATION_RUN_BY ? " is run by " : " needs ");
	gw_prose_object(prose, edge);
	gw_prose_far_timeout(prose, from);
	for (at++; at < edges->count && gw_prose_node(prose, edge->to)->type != GW_NODE_TASK; at++) {
		edge = &prose->graph->edges[edges->items[at]];
		if (edge->relation == GW_RELATION_SIGNALLED_WITH) {
			gw_prose_add(prose, ", which comes with its job");
		} else if (steps_connector(prose, edge)) {
			gw_prose_add(prose, steps_connector(prose, edge));
			gw_prose_name(prose, gw_prose_node(prose, edge->to));
		}
	}
	return at;
}

/* The task waits for something, and nothing of it is known. */
void gw_prose_unknown_wait(struct gw_prose *prose)
{
	const struct gw_node *node = gw_prose_node(prose, prose->finding->chain.items[0]);

	gw_prose_name(prose, node);
	if (prose->graph->from_text && node->why) {
		gw_text_add(&prose->text, " %s", node->why);
		return;
	}
	gw_prose_duration(prose, node->since_ns);
	gw_text_add(&prose->text, "an object that cannot be identified (%s)", gw_wait_kind_name(node->wait.kind));
}

void gw_prose_steps(struct gw_prose *prose)
{
	const struct gw_index_list *edges = &prose->finding->edges;
	uint32_t sentences = 0;

	if (edges->count == 0)
		gw_prose_unknown_wait(prose);
	for (uint32_t at = 0; at < edges->count && sentences < SENTENCES_MAX; sentences++) {
		if (sentences)
			gw_prose_add(prose, "; ");
		at = steps_one(prose, at);
		if (sentences + 1 == SENTENCES_MAX && at < edges->count)
			gw_prose_add(prose, "; and so on");
	}
	gw_prose_add(prose, ".");
}
