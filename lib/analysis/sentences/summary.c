/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line about the loop, the dead end or the first wait of a stall. */
#include "lib/analysis/sentences/summary.h"

#include <inttypes.h>

#include "lib/analysis/sentences/prose.h"
#include "lib/analysis/sentences/steps.h"
#include "lib/analysis/words/end.h"

static const struct gw_node *summary_first_of_type(const struct gw_prose *prose, enum gw_node_type type)
{
	for (uint32_t i = 0; i < prose->finding->chain.count; i++)
		if (gw_prose_node(prose, prose->finding->chain.items[i])->type == type)
			return gw_prose_node(prose, prose->finding->chain.items[i]);
	return NULL;
}

static const struct gw_edge *summary_first_of_relation(const struct gw_prose *prose, enum gw_relation relation)
{
	for (uint32_t i = 0; i < prose->finding->edges.count; i++)
		if (prose->graph->edges[prose->finding->edges.items[i]].relation == relation)
			return &prose->graph->edges[prose->finding->edges.items[i]];
	return NULL;
}

/* The root needs another task to go on, which that task cannot. */
static void summary_of_task_needed(struct gw_prose *prose, enum gw_relation relation, const char *waits)
{
	const struct gw_edge *edge = summary_first_of_relation(prose, relation);

	gw_prose_add(prose, waits);
	gw_prose_object(prose, edge);
	gw_prose_add(prose, ", and that task waits, directly or through others, for what needs this wait to end");
}

static uint32_t summary_count_tasks(const struct gw_prose *prose)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < prose->finding->chain.count; i++)
		count += gw_prose_node(prose, prose->finding->chain.items[i])->type == GW_NODE_TASK;
	return count;
}

static void summary_name_fence(struct gw_prose *prose)
{
	const struct gw_node *fence = summary_first_of_type(prose, GW_NODE_FENCE);

	if (fence)
		gw_prose_name(prose, fence);
	else
		gw_prose_add(prose, "a fence");
}

/* The lock by which the loop comes back to its root; NULL if it does so by something else. */
static const struct gw_node *summary_lock_of_root(const struct gw_prose *prose)
{
	const struct gw_index_list *edges = &prose->finding->edges;
	const struct gw_edge *last = &prose->graph->edges[edges->items[edges->count - 1]];
	const struct gw_node *from = gw_prose_node(prose, last->from);

	return last->relation == GW_RELATION_HELD_BY && from->type == GW_NODE_LOCK ? from : NULL;
}

/* A lock that the root holds is named as that, and no other one. */
static void summary_of_held(struct gw_prose *prose)
{
	const struct gw_node *held = summary_lock_of_root(prose);

	gw_prose_add(prose, " waits for ");
	summary_name_fence(prose);
	if (!held) {
		gw_prose_add(prose,
			     ", whose signaller waits, directly or through others, for what needs that wait to end");
		return;
	}
	gw_prose_add(prose, " and holds ");
	gw_prose_name(prose, held);
	gw_prose_add(prose, summary_count_tasks(prose) <= 2
				    ? ", which its signaller needs"
				    : ", which its signaller needs, directly or through others");
}

static void summary_name_device(struct gw_prose *prose)
{
	const struct gw_node *device = summary_first_of_type(prose, GW_NODE_DEVICE);

	if (device)
		gw_prose_name(prose, device);
	else
		gw_prose_add(prose, "a device");
}

static bool summary_root_tries(const struct gw_prose *prose)
{
	return prose->graph->edges[prose->finding->edges.items[0]].relation == GW_RELATION_TRIES;
}

static void summary_of_reclaim(struct gw_prose *prose)
{
	if (summary_first_of_relation(prose, GW_RELATION_FREED_BY)) {
		summary_of_task_needed(prose, GW_RELATION_FREED_BY, " waits in direct reclaim for ");
		return;
	}
	gw_prose_add(prose, " waits in direct reclaim for ");
	summary_name_fence(prose);
	gw_prose_add(prose, ", which cannot be signalled before that reclaim ends");
}

static void summary_of_notifier(struct gw_prose *prose)
{
	const struct gw_node *root = gw_prose_node(prose, prose->finding->root);
	const struct gw_node *lock = summary_first_of_type(prose, GW_NODE_LOCK);

	gw_prose_add(prose, " waits in an MMU-notifier callback for ");
	if (lock && root->wait.kind == GW_WAIT_LOCK) {
		gw_prose_name(prose, lock);
		gw_prose_add(prose, ", whose holder waits, directly or through others, for that callback to end");
		return;
	}
	summary_name_fence(prose);
	gw_prose_add(prose, lock ? ", whose signaller needs " : ", whose signaller needs that callback to end");
	if (lock)
		gw_prose_name(prose, lock);
}

static void summary_of_workqueue(struct gw_prose *prose)
{
	const struct gw_node *root = gw_prose_node(prose, prose->finding->root);

	if (!gw_wait_is_fence(&root->wait)) {
		gw_prose_add(prose, root->wait.kind == GW_WAIT_PARK
					    ? " waits for a thread that cannot park before it gets on itself"
					    : " flushes work that cannot end before it does itself");
		return;
	}
	gw_prose_add(prose, " waits for ");
	summary_name_fence(prose);
	if (summary_first_of_relation(prose, GW_RELATION_NEEDS_WORKER))
		gw_prose_add(prose, ", and the work that signals it has no worker until one can be created");
	else if (summary_first_of_relation(prose, GW_RELATION_QUEUED_BEHIND))
		gw_prose_add(prose, ", and the work that signals it is queued behind that waiter");
	else
		gw_prose_add(prose,
			     ", whose signaller waits, directly or through others, for what needs that wait to end");
}

static void summary_of_locks(struct gw_prose *prose)
{
	const struct gw_finding *finding = prose->finding;

	if (prose->graph->edges[finding->edges.items[0]].relation == GW_RELATION_EXCLUDES) {
		summary_of_task_needed(prose, GW_RELATION_EXCLUDES, " waits for ");
		return;
	}
	gw_prose_add(prose, summary_root_tries(prose) ? " tries again and again to take " : " waits for ");
	gw_prose_name(prose, summary_first_of_type(prose, GW_NODE_LOCK));
	gw_prose_add(prose, finding->edges.count == 2
				    ? ", which it holds itself"
				    : ", whose holder waits, directly or through others, for what it holds");
}

static void summary_of_loop(struct gw_prose *prose)
{
	gw_prose_task(prose, gw_prose_node(prose, prose->finding->root), true);
	switch (prose->finding->class) {
	case GW_CLASS_UNPLUG_SRCU:
		gw_prose_add(prose, " waits in a drm_dev_enter() section for ");
		summary_name_fence(prose);
		gw_prose_add(prose, ", and drm_dev_unplug() waits for that section");
		return;
	case GW_CLASS_FAULT_PREEMPT:
		gw_prose_add(prose, " handles a GPU page fault and waits for what needs that fault to be over");
		return;
	case GW_CLASS_RECLAIM_CYCLE:
		summary_of_reclaim(prose);
		return;
	case GW_CLASS_NOTIFIER_CYCLE:
		summary_of_notifier(prose);
		return;
	case GW_CLASS_WORKQUEUE_CYCLE:
		summary_of_workqueue(prose);
		return;
	case GW_CLASS_FENCE_LOCK_CYCLE:
		summary_of_held(prose);
		return;
	case GW_CLASS_LOCK_CYCLE:
		summary_of_locks(prose);
		return;
	case GW_CLASS_RESET_CYCLE:
		gw_prose_add(prose, " waits for ");
		summary_name_fence(prose);
		gw_prose_add(prose, ", and the reset that could end it waits for that task");
		return;
	case GW_CLASS_PAGE_LOCK_CYCLE:
		gw_prose_add(prose, " waits for ");
		gw_prose_name(prose, summary_first_of_type(prose, GW_NODE_PAGE));
		gw_prose_add(prose, ", and the task that seems to hold that waits for it");
		return;
	case GW_CLASS_RUNTIME_PM_CYCLE:
		gw_prose_add(prose, " runs a power management callback of ");
		summary_name_device(prose);
		gw_prose_add(prose, " and waits for a task that waits for that device");
		return;
	default:
		gw_prose_add(prose, " and the fences that it needs depend on each other");
	}
}

static void summary_of_section(struct gw_prose *prose)
{
	const struct gw_node *section = summary_first_of_type(prose, GW_NODE_SECTION);

	gw_prose_object(prose, &prose->graph->edges[prose->finding->edges.items[0]]);
	gw_prose_add(prose, ", and ");
	gw_prose_name(prose, gw_prose_last_node(prose));
	gw_prose_add(prose, " never left ");
	gw_prose_name(prose, section);
}

static void summary_of_dead_end(struct gw_prose *prose)
{
	const struct gw_finding *finding = prose->finding;
	const struct gw_node *lock = summary_first_of_type(prose, GW_NODE_LOCK);

	gw_prose_task(prose, gw_prose_node(prose, finding->chain.items[0]), true);
	gw_prose_add(prose, " waits for ");
	if (finding->class == GW_CLASS_LEAKED_LOCK && lock) {
		gw_prose_name(prose, lock);
		gw_prose_add(prose, ", which ");
		gw_prose_name(prose, gw_prose_last_node(prose));
		gw_prose_add(prose, " has not released");
		return;
	}
	if (finding->class == GW_CLASS_LEAKED_SECTION) {
		summary_of_section(prose);
		return;
	}
	summary_name_fence(prose);
	gw_prose_add(prose, ", and nobody is left to signal it: ");
	gw_prose_name(prose, gw_prose_last_node(prose));
	gw_prose_add(prose, " is gone");
}

/* What stands at the end of the chain, if its kind is known. */
static void summary_of_end(struct gw_prose *prose, const struct gw_node *last)
{
	struct gw_text phrase = { .data = NULL };

	if (last->end != GW_END_NONE && gw_end_phrase(&phrase, prose->graph, last)) {
		gw_prose_add(prose, "; at the end of the chain ");
		gw_prose_name(prose, last);
		gw_text_add(&prose->text, " %s", phrase.data ? phrase.data : "");
	}
	gw_text_clear(&phrase);
}

static void summary_of_stall(struct gw_prose *prose)
{
	const struct gw_node *first = gw_prose_node(prose, prose->finding->chain.items[0]);

	if (prose->finding->edges.count == 0 && !first->stack_wait && first->end == GW_END_NONE) {
		gw_prose_unknown_wait(prose);
		return;
	}
	if (first->stack_wait || prose->finding->edges.count == 0)
		gw_prose_name(prose, first);
	else
		gw_prose_task(prose, first, true);
	if (prose->finding->edges.count == 0 && first->end != GW_END_NONE && !gw_prose_waits_for_unseen_fence(first)) {
		gw_prose_add(prose, " ");
		gw_end_phrase(&prose->text, prose->graph, first);
		return;
	}
	if (first->stack_wait) {
		gw_text_add(&prose->text, " is blocked in %s(), a wait that gpuwatch has no record of",
			    first->stack_wait);
		return;
	}
	if (summary_root_tries(prose))
		gw_prose_add(prose, " tries again and again to take ");
	else
		gw_prose_duration(prose, first->since_ns);
	gw_prose_object(prose, &prose->graph->edges[prose->finding->edges.items[0]]);
	summary_of_end(prose, gw_prose_last_node(prose));
}

char *gw_explain_summary(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_prose prose = {
		.graph = graph,
		.finding = finding,
		.now_ns = gw_snapshot_head(graph->snapshot)->mono_ns,
	};

	if (finding->kind != GW_KIND_DEADLOCK)
		summary_of_stall(&prose);
	else if (finding->loop)
		summary_of_loop(&prose);
	else
		summary_of_dead_end(&prose);
	if (finding->n_victims > 0)
		gw_text_add(&prose.text, "; %" PRIu32 " other task%s blocked behind", finding->n_victims,
			    finding->n_victims == 1 ? " is" : "s are");
	return gw_text_finish(&prose.text);
}
