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

/* Of the finding: counted from the edge that leaves the root. */
static const struct gw_edge *summary_edge(const struct gw_prose *prose, uint32_t at)
{
	const struct gw_index_list *edges = &prose->finding->edges;

	return &prose->graph->edges[edges->items[at % edges->count]];
}

/* The edge to what the first task itself waits for: behind the sections that it is in. */
static uint32_t summary_at_wait(const struct gw_prose *prose)
{
	uint32_t at = 0;

	while (at + 1 < prose->finding->edges.count && summary_edge(prose, at)->relation == GW_RELATION_INSIDE)
		at++;
	return at;
}

static const struct gw_node *summary_awaited(const struct gw_prose *prose)
{
	return gw_prose_node(prose, summary_edge(prose, summary_at_wait(prose))->to);
}

/* " waits in direct reclaim for mutex 0xffff88800515aa28": what the root itself waits for, and nobody else. */
static void summary_wait(struct gw_prose *prose, const char *where)
{
	const struct gw_edge *edge = summary_edge(prose, summary_at_wait(prose));

	gw_prose_add(prose, edge->relation == GW_RELATION_TRIES ? " tries" : " waits");
	gw_prose_add(prose, where);
	gw_prose_add(prose, edge->relation == GW_RELATION_TRIES ? " again and again to take " : " for ");
	gw_prose_object(prose, edge);
}

/* Of readers the kernel has a hint alone, and who took a semaphore last need not release it. */
static bool summary_hold_is_sure(const struct gw_prose *prose, const struct gw_edge *hold)
{
	return hold->confidence == GW_CONFIDENCE_PROVEN || !gw_prose_node(prose, hold->from)->lock;
}

static bool summary_awaited_hold_is_sure(const struct gw_prose *prose)
{
	const struct gw_edge *next = summary_edge(prose, summary_at_wait(prose) + 1);

	return next->relation != GW_RELATION_HELD_BY || summary_hold_is_sure(prose, next);
}

/* The subject of what is said of whoever stands behind what the root waits for. */
static void summary_who(struct gw_prose *prose)
{
	switch (summary_awaited(prose)->type) {
	case GW_NODE_FENCE:
	case GW_NODE_TIMELINE:
	case GW_NODE_JOB:
		gw_prose_add(prose, ", whose signaller");
		return;
	case GW_NODE_LOCK:
		if (summary_awaited_hold_is_sure(prose)) {
			gw_prose_add(prose, ", whose holder");
			return;
		}
		gw_prose_add(prose, ", most likely held by ");
		gw_prose_name(prose, gw_prose_node(prose, summary_edge(prose, summary_at_wait(prose) + 1)->to));
		gw_prose_add(prose, ", which");
		return;
	case GW_NODE_TASK:
		gw_prose_add(prose, ", and that task");
		return;
	default:
		gw_prose_add(prose, ", which");
	}
}

static void summary_who_waits(struct gw_prose *prose, const char *what)
{
	summary_who(prose);
	gw_prose_add(prose, " waits, directly or through others, for ");
	gw_prose_add(prose, what);
}

/* The edge from the lock by which the loop comes back to its root; NULL if it does so by something else. */
static const struct gw_edge *summary_hold_of_root(const struct gw_prose *prose)
{
	const struct gw_edge *last = summary_edge(prose, prose->finding->edges.count - 1);

	return last->relation == GW_RELATION_HELD_BY && gw_prose_node(prose, last->from)->type == GW_NODE_LOCK ? last
													       : NULL;
}

static void summary_of_locks(struct gw_prose *prose)
{
	const struct gw_edge *hold = summary_hold_of_root(prose);
	bool sure = hold && summary_hold_is_sure(prose, hold);

	summary_wait(prose, "");
	if (summary_edge(prose, summary_at_wait(prose))->relation == GW_RELATION_EXCLUDES)
		summary_who_waits(prose, "what needs this wait to end");
	else if (hold && prose->finding->edges.count == 2)
		gw_prose_add(prose, sure ? ", which it holds itself" : ", which it most likely holds itself");
	else
		summary_who_waits(prose, sure && summary_awaited_hold_is_sure(prose) ? "what it holds"
										     : "what needs that wait to end");
}

/* A lock that the root holds is named as that, and no other one. */
static void summary_of_held(struct gw_prose *prose)
{
	const struct gw_edge *hold = summary_hold_of_root(prose);

	if (summary_awaited(prose)->type != GW_NODE_FENCE) {
		summary_of_locks(prose);
		return;
	}
	summary_wait(prose, "");
	if (!hold) {
		summary_who_waits(prose, "what needs that wait to end");
		return;
	}
	gw_prose_add(prose, summary_hold_is_sure(prose, hold) ? " and holds " : " and most likely holds ");
	gw_prose_name(prose, gw_prose_node(prose, hold->from));
	gw_prose_add(prose, summary_count_tasks(prose) <= 2
				    ? ", which its signaller needs"
				    : ", which its signaller needs, directly or through others");
}

static bool summary_root_tries(const struct gw_prose *prose)
{
	return summary_edge(prose, summary_at_wait(prose))->relation == GW_RELATION_TRIES;
}

static void summary_of_reclaim(struct gw_prose *prose)
{
	summary_wait(prose, " in direct reclaim");
	if (summary_awaited(prose)->type == GW_NODE_FENCE)
		gw_prose_add(prose, ", which cannot be signalled before that reclaim ends");
	else
		summary_who_waits(prose, summary_awaited(prose)->type == GW_NODE_TASK
						 ? "what needs this wait to end"
						 : "what needs that reclaim to end");
}

/* The lock that the callback's caller, or the task in it, holds, if the loop comes back to it by one; else NULL. */
static const struct gw_node *summary_lock_around_callback(const struct gw_prose *prose)
{
	uint32_t at = prose->finding->edges.count - 1;

	if (summary_edge(prose, at)->relation == GW_RELATION_RUNS_IN && at > 0)
		at--;
	return summary_edge(prose, at)->relation == GW_RELATION_HELD_BY
		       ? gw_prose_node(prose, summary_edge(prose, at)->from)
		       : NULL;
}

static void summary_of_notifier(struct gw_prose *prose)
{
	const struct gw_node *lock = summary_lock_around_callback(prose);

	summary_wait(prose, " in an MMU-notifier callback");
	if (lock && lock == summary_awaited(prose)) {
		gw_prose_add(prose, ", which the caller of that callback holds");
		return;
	}
	summary_who(prose);
	gw_prose_add(prose, " needs ");
	if (lock)
		gw_prose_name(prose, lock);
	else
		gw_prose_add(prose, "that callback to end");
	if (summary_count_tasks(prose) > 2)
		gw_prose_add(prose, ", directly or through others");
}

/* By which edge the loop goes on from the work item that signals the fence that the root waits for; NULL: no item does. */
static const struct gw_edge *summary_after_signalling_work(const struct gw_prose *prose)
{
	for (uint32_t at = summary_at_wait(prose); at + 1 < prose->finding->edges.count; at++) {
		enum gw_node_type type = gw_prose_node(prose, summary_edge(prose, at)->to)->type;

		if (type == GW_NODE_WORK)
			return summary_edge(prose, at + 1);
		if (type == GW_NODE_TASK)
			return NULL;
	}
	return NULL;
}

static void summary_of_workqueue(struct gw_prose *prose)
{
	const struct gw_edge *wait = summary_edge(prose, summary_at_wait(prose));
	const struct gw_edge *work = summary_after_signalling_work(prose);

	if (wait->relation == GW_RELATION_PARKS || wait->relation == GW_RELATION_FLUSHES) {
		gw_prose_add(prose, wait->relation == GW_RELATION_PARKS
					    ? " waits for a thread that cannot park before it gets on itself"
					    : " flushes work that cannot end before it does itself");
		return;
	}
	summary_wait(prose, "");
	if (summary_awaited(prose)->type != GW_NODE_FENCE || !work)
		summary_who_waits(prose, "what needs that wait to end");
	else if (work->relation == GW_RELATION_NEEDS_WORKER)
		gw_prose_add(prose, ", and the work that signals it has no worker until one can be created");
	else if (work->relation == GW_RELATION_QUEUED_BEHIND && work->to == prose->finding->root)
		gw_prose_add(prose, ", and the work that signals it is queued behind that waiter");
	else
		summary_who_waits(prose, "what needs that wait to end");
}

/* A job, or fences alone, as a scheduler's jobs depend on each other; tasks alone do not. */
static void summary_of_dependencies(struct gw_prose *prose)
{
	if (summary_count_tasks(prose) == 0 || summary_first_of_type(prose, GW_NODE_JOB)) {
		gw_prose_add(prose, " and the fences that it needs depend on each other");
		return;
	}
	summary_wait(prose, "");
	summary_who_waits(prose, "what needs that wait to end");
}

static const char *summary_through_others(const struct gw_prose *prose)
{
	return summary_count_tasks(prose) > 2 ? ", directly or through others, for " : " for ";
}

/* The last edge leads from the device back to the root. */
static void summary_of_callback(struct gw_prose *prose)
{
	const struct gw_edge *last = summary_edge(prose, prose->finding->edges.count - 1);

	gw_prose_add(prose, " runs a power management callback of ");
	gw_prose_name(prose, gw_prose_node(prose, last->from));
	gw_prose_add(prose, " and waits");
	gw_prose_add(prose, summary_through_others(prose));
	gw_prose_add(prose,
		     summary_count_tasks(prose) > 1 ? "a task that waits for that device" : "that device itself");
}

static void summary_of_loop(struct gw_prose *prose)
{
	gw_prose_task(prose, gw_prose_node(prose, prose->finding->root), true);
	switch (prose->finding->class) {
	case GW_CLASS_UNPLUG_SRCU:
		summary_wait(prose, " in a drm_dev_enter() section");
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
		summary_wait(prose, "");
		gw_prose_add(prose, ", and the reset that could end it waits");
		gw_prose_add(prose, summary_through_others(prose));
		gw_prose_add(prose, "that task");
		return;
	case GW_CLASS_PAGE_LOCK_CYCLE:
		summary_wait(prose, "");
		gw_prose_add(prose, ", and the task that seems to hold that waits");
		gw_prose_add(prose, summary_through_others(prose));
		gw_prose_add(prose, "it");
		return;
	case GW_CLASS_RUNTIME_PM_CYCLE:
		if (summary_first_of_type(prose, GW_NODE_DEVICE))
			summary_of_callback(prose);
		else
			gw_prose_add(
				prose,
				" runs a power management callback and waits for a task that waits for that callback to end");
		return;
	default:
		summary_of_dependencies(prose);
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
		gw_prose_add(prose, gw_prose_is_hint(lock) ? " has most likely not released" : " has not released");
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

/* And the sections that it is in. */
static void summary_of_waiter(struct gw_prose *prose, const struct gw_node *waiter)
{
	uint32_t sections = summary_at_wait(prose);

	gw_prose_task(prose, waiter, sections == 0);
	for (uint32_t i = 0; i < sections; i++)
		gw_prose_section(prose, gw_prose_node(prose, summary_edge(prose, i)->to));
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
		summary_of_waiter(prose, first);
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
	gw_prose_object(prose, summary_edge(prose, summary_at_wait(prose)));
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
