/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words. One sentence per waiting task, built from the edges to the next one. */
#include "lib/analysis/words/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"
#include "lib/analysis/words/action.h"
#include "lib/analysis/words/end.h"
#include "lib/analysis/words/names.h"
#include "lib/analysis/words/whose.h"

/* Tasks of a chain that have a sentence each; the rest of a longer one is left out. */
#define SENTENCES_MAX 5

/* Steps of a one-line chain. */
#define CHAIN_STEPS 16

struct explanation {
	const struct gw_graph *graph;
	const struct gw_finding *finding;
	uint64_t now_ns;
	struct gw_text text;
};

static const struct gw_node *explain_node(const struct explanation *explanation, uint32_t node)
{
	return &explanation->graph->nodes[node];
}

static void explain_add(struct explanation *explanation, const char *words)
{
	gw_text_add(&explanation->text, "%s", words);
}

static void explain_name(struct explanation *explanation, const struct gw_node *node)
{
	gw_name_phrase(&explanation->text, explanation->graph, node);
}

static void explain_duration(struct explanation *explanation, uint64_t since_ns)
{
	if (since_ns == 0 || since_ns > explanation->now_ns) {
		explain_add(explanation, " waits for ");
		return;
	}
	explain_add(explanation, " has waited more than "); /* true also when it is read later */
	gw_text_add_age(&explanation->text, explanation->now_ns - since_ns);
	explain_add(explanation, " for ");
}

/* ---- one step ------------------------------------------------------------------------ */

/* What a task waits for, as the object of "waits for". */
static void explain_object(struct explanation *explanation, const struct gw_edge *edge)
{
	const struct gw_node *to = explain_node(explanation, edge->to);

	switch (to->type) {
	case GW_NODE_SRCU:
		explain_add(explanation, "all drm_dev_enter() sections to end");
		return;
	case GW_NODE_NOTIFIER:
		explain_name(explanation, to);
		explain_add(explanation, " to end");
		return;
	case GW_NODE_WORK:
	case GW_NODE_WORKQUEUE:
		explain_name(explanation, to);
		explain_add(explanation, " to finish");
		return;
	case GW_NODE_DEVICE:
		explain_name(explanation, to);
		explain_add(explanation, " to change its power state");
		return;
	case GW_NODE_TASK:
		explain_add(explanation, edge->relation == GW_RELATION_PARKS ? "the parking of " : "the end of ");
		explain_name(explanation, to);
		return;
	default:
		explain_name(explanation, to);
	}
}

/* Each edge that does not leave a task continues the sentence. NULL: it adds nothing. */
static const char *explain_connector(const struct explanation *explanation, const struct gw_edge *edge)
{
	switch (edge->relation) {
	case GW_RELATION_SIGNALLED_BY:
		return explain_node(explanation, edge->to)->gone ? ", so far signalled by " : ", to be signalled by ";
	case GW_RELATION_DEPENDS_ON:
		return explain_node(explanation, edge->to)->type == GW_NODE_SECTION ? "; one of them is "
										    : ", which needs ";
	case GW_RELATION_SIGNALLED_WITH:
		return ", which comes with ";
	case GW_RELATION_RUN_BY:
		return ", to be run by ";
	case GW_RELATION_NEEDS_CPU_OF:
		return ", which cannot start on its CPU, taken by ";
	case GW_RELATION_EXECUTED_BY:
		return ", executed by ";
	case GW_RELATION_QUEUED_BEHIND:
		return ", queued behind the work of ";
	case GW_RELATION_HELD_BY:
		if (edge->evidence == GW_EVIDENCE_LAST_HOLDER)
			return ", last taken by ";
		return explain_node(explanation, edge->to)->type == GW_NODE_NOTIFIER ? ", held by the caller of "
										     : ", held by ";
	case GW_RELATION_RUNS_IN:
		return explain_node(explanation, edge->from)->type == GW_NODE_SRCU ? "; in one of them is "
										   : ", in which is ";
	case GW_RELATION_DRIVEN_BY:
		return ", which lost its hardware with ";
	case GW_RELATION_UNPLUGGED_BY:
		return ", to be retired after drm_dev_unplug() by ";
	case GW_RELATION_RESET_BY:
		return explain_node(explanation, edge->to)->type == GW_NODE_WORK
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

static void explain_section(struct explanation *explanation, const struct gw_node *node)
{
	explain_add(explanation, node->type == GW_NODE_FAULT ? ", handling " : ", in ");
	explain_name(explanation, node);
	explain_add(explanation, ",");
}

static bool explain_is_section(const struct gw_node *node)
{
	return node->type == GW_NODE_FAULT || node->type == GW_NODE_EVICTION || node->type == GW_NODE_RECLAIM;
}

/* The task, and where it is: ", in amdgpu_cs_ioctl [amdgpu],". */
static void explain_task(struct explanation *explanation, const struct gw_node *node, bool comma)
{
	struct gw_place place = { .function = NULL };

	explain_name(explanation, node);
	if (node->type == GW_NODE_TASK && node->task && !explanation->graph->from_text)
		place = gw_place_of(explanation->graph->snapshot, node->task);
	if (!place.function)
		return;
	explain_add(explanation, ", in ");
	gw_name_function(&explanation->text, place.driver ? place.driver : place.function);
	if (comma)
		explain_add(explanation, ",");
}

/* A sentence about the task or job that edge @at leaves, up to the next task. Returns the edge after it. */
static uint32_t explain_step(struct explanation *explanation, uint32_t at)
{
	const struct gw_index_list *edges = &explanation->finding->edges;
	const struct gw_edge *edge = &explanation->graph->edges[edges->items[at]];
	const struct gw_node *from = explain_node(explanation, edge->from);

	explain_task(explanation, from, !explain_is_section(explain_node(explanation, edge->to)));
	while (explain_is_section(explain_node(explanation, edge->to)) && at + 1 < edges->count) {
		explain_section(explanation, explain_node(explanation, edge->to));
		edge = &explanation->graph->edges[edges->items[++at]];
	}
	if (from->spell && from->spell->kind == GW_SPELL_NAPS)
		explain_add(explanation, " waits again and again for a short time, at present for ");
	else if (from->type == GW_NODE_TASK)
		explain_duration(explanation, from->since_ns);
	else
		explain_add(explanation, edge->relation == GW_RELATION_RUN_BY ? " is run by " : " needs ");
	explain_object(explanation, edge);
	for (at++; at < edges->count && explain_node(explanation, edge->to)->type != GW_NODE_TASK; at++) {
		edge = &explanation->graph->edges[edges->items[at]];
		if (explain_connector(explanation, edge)) {
			explain_add(explanation, explain_connector(explanation, edge));
			explain_name(explanation, explain_node(explanation, edge->to));
		}
	}
	return at;
}

/* The task waits for something, and nothing of it is known. */
static void explain_unknown_wait(struct explanation *explanation)
{
	const struct gw_node *node = explain_node(explanation, explanation->finding->chain.items[0]);

	explain_name(explanation, node);
	if (explanation->graph->from_text && node->why) {
		gw_text_add(&explanation->text, " %s", node->why);
		return;
	}
	explain_duration(explanation, node->since_ns);
	gw_text_add(&explanation->text, "an object that cannot be identified (%s)", gw_wait_kind_name(node->wait.kind));
}

static void explain_steps(struct explanation *explanation)
{
	const struct gw_index_list *edges = &explanation->finding->edges;
	uint32_t sentences = 0;

	if (edges->count == 0)
		explain_unknown_wait(explanation);
	for (uint32_t at = 0; at < edges->count && sentences < SENTENCES_MAX; sentences++) {
		if (sentences)
			explain_add(explanation, "; ");
		at = explain_step(explanation, at);
		if (sentences + 1 == SENTENCES_MAX && at < edges->count)
			explain_add(explanation, "; and so on");
	}
	explain_add(explanation, ".");
}

/* ---- what is not sure ------------------------------------------------------------------- */

/* It has not run since before the programs were attached: then its wait began before, too. */
static bool explain_began_before_attach(const struct explanation *explanation, const struct gw_node *node)
{
	uint64_t attached_ns = gw_snapshot_host(explanation->graph->snapshot)->attached_ns;

	return node->task && node->task->start_ns < attached_ns && node->task->last_ran_ns &&
	       node->task->last_ran_ns < attached_ns;
}

static void explain_unknown_beginnings(struct explanation *explanation)
{
	for (uint32_t i = 0; !explanation->graph->from_text && i < explanation->finding->chain.count; i++) {
		const struct gw_node *node = explain_node(explanation, explanation->finding->chain.items[i]);

		if (node->type != GW_NODE_TASK || node->wait.kind == GW_WAIT_NONE || node->since_ns)
			continue;
		gw_text_add(&explanation->text,
			    explain_began_before_attach(explanation, node)
				    ? " The wait of pid %" PRIu32
				      " began before gpuwatch was attached, at an unknown time."
				    : " No program saw the wait of pid %" PRIu32 " begin.",
			    node->pid);
	}
}

static const char *explain_evidence(enum gw_evidence evidence)
{
	switch (evidence) {
	case GW_EVIDENCE_TRACEPOINT:
		return "observed from outside";
	case GW_EVIDENCE_OWNER_FIELD:
		return "a hint in the lock";
	case GW_EVIDENCE_LEARNED_SIGNALLER:
		return "learned from earlier fences";
	case GW_EVIDENCE_STACK:
		return "read from a stack";
	case GW_EVIDENCE_WORKQUEUE_STATE:
		return "inferred from the state of the workqueue";
	case GW_EVIDENCE_FENCE_STRUCTURE:
		return "inferred from the fence";
	case GW_EVIDENCE_TEXT:
		return "what the log suggests";
	case GW_EVIDENCE_LAST_HOLDER:
		return "inferred from who took it last: any task and any interrupt may release a semaphore";
	case GW_EVIDENCE_INFERRED:
		break;
	}
	return "inferred";
}

/* The kernel does not record which jobs a page fault holds up. */
static void explain_held_up(struct explanation *explanation, const struct gw_edge *edge)
{
	explain_add(explanation, " Not proven: that the fault holds up ");
	explain_name(explanation, explain_node(explanation, edge->from));
	explain_add(
		explanation,
		edge->confidence == GW_CONFIDENCE_PROBABLE
			? ". Both are of the same device, and none of its driver's fences was seen signalled meanwhile; a device that runs other jobs beside a fault would not be held up."
			: ". Both are of the same driver, and no more than that links them.");
}

static void explain_weakest_edge(struct explanation *explanation)
{
	const struct gw_index_list *edges = &explanation->finding->edges;
	const struct gw_edge *weakest = NULL;

	for (uint32_t i = 0; i < edges->count; i++) {
		const struct gw_edge *edge = &explanation->graph->edges[edges->items[i]];

		if (edge->confidence < GW_CONFIDENCE_PROVEN && (!weakest || edge->confidence < weakest->confidence))
			weakest = edge;
	}
	if (!weakest)
		return;
	if (weakest->relation == GW_RELATION_HELD_UP_BY) {
		explain_held_up(explanation, weakest);
		return;
	}
	explain_add(explanation, " Not proven: that ");
	explain_name(explanation, explain_node(explanation, weakest->from));
	explain_add(explanation, " depends on ");
	explain_name(explanation, explain_node(explanation, weakest->to));
	gw_text_add(&explanation->text, " is only %s.", explain_evidence(weakest->evidence));
}

/* ---- dead ends, stalls --------------------------------------------------------------------- */

static const struct gw_node *explain_last_node(const struct explanation *explanation)
{
	return explain_node(explanation, explanation->finding->chain.items[explanation->finding->chain.count - 1]);
}

/* Who entered it, when, and where that task is now. */
static void explain_left_section(struct explanation *explanation, const struct gw_node *section,
				 const struct gw_node *task)
{
	explain_add(explanation, " ");
	explain_name(explanation, task);
	explain_add(explanation, " entered it");
	if (section->since_ns && section->since_ns < explanation->now_ns) {
		explain_add(explanation, " ");
		gw_text_add_age(&explanation->text, explanation->now_ns - section->since_ns);
		explain_add(explanation, " before this was read");
	}
	if (task->gone)
		explain_add(explanation, " and has exited without leaving it.");
	else
		gw_text_add(&explanation->text, ", %s, and has not left it.", section->why);
}

static void explain_dead_end(struct explanation *explanation)
{
	const struct gw_finding *finding = explanation->finding;
	const struct gw_node *last = explain_last_node(explanation);
	const struct gw_node *before = explain_node(explanation, finding->chain.items[finding->chain.count - 2]);

	if (finding->class == GW_CLASS_LEAKED_SECTION) {
		explain_left_section(explanation, before, last);
	} else if (finding->class == GW_CLASS_ORPHANED_FENCE) {
		explain_add(
			explanation,
			" That task no longer exists, and gpuwatch has recorded no other signaller of this timeline.");
	} else if (last->gone) {
		explain_add(explanation, " That task no longer exists, and it still owns the lock.");
	} else {
		explain_add(explanation, " ");
		explain_name(explanation, last);
		gw_text_add(&explanation->text, " %s, and still owns the lock.",
			    before->why ? before->why : "went on without it");
	}
}

/* The wait for a fence that a stack alone shows: not which one it is. */
static void explain_untracked(struct explanation *explanation, const struct gw_node *node)
{
	const struct gw_snapshot *snapshot = explanation->graph->snapshot;
	struct gw_place place = gw_place_of(snapshot, node->task);
	const struct gw_symbol_record *caller = place.driver ? place.driver : place.function;

	explain_name(explanation, node);
	gw_text_add(&explanation->text, " is blocked in %s()", node->stack_wait);
	if (caller && !gw_function_is(caller->name, node->stack_wait))
		gw_text_add(&explanation->text,
			    caller->module[0] ? ", called from %s() of module %s" : ", called from %s()", caller->name,
			    caller->module);
	explain_add(
		explanation,
		". gpuwatch has no record of this wait, so it cannot show which fence the task waits for, or who signals it.");
	gw_end_sleep(&explanation->text, explanation->graph, node);
}

/* A chain of one task, which sleeps for what nobody tracks. */
static void explain_sleeper(struct explanation *explanation, const struct gw_node *node)
{
	explain_name(explanation, node);
	explain_add(explanation, " ");
	gw_end_phrase(&explanation->text, explanation->graph, node);
	explain_add(explanation, ". gpuwatch does not track what it sleeps for, so it cannot show who wakes it up.");
	gw_end_sleep(&explanation->text, explanation->graph, node);
}

static bool explain_waits_for_unseen_fence(const struct gw_node *node)
{
	return node->stack_wait && gw_stack_gpu_wait(node->stack_wait) != GW_WAIT_COMPLETION;
}

static void explain_end(struct explanation *explanation, const struct gw_node *last)
{
	struct gw_text phrase = { .data = NULL };

	if (gw_end_phrase(&phrase, explanation->graph, last)) {
		explain_add(explanation, " The chain ends there: ");
		explain_name(explanation, last);
		gw_text_add(&explanation->text, " %s.", phrase.data ? phrase.data : "");
	}
	gw_text_clear(&phrase);
	if (gw_end_is_sleep(last))
		gw_end_sleep(&explanation->text, explanation->graph, last);
}

/* What keeps a loop from being a deadlock: something in it that may go on by itself. */
static void explain_open_loop(struct explanation *explanation)
{
	const struct gw_index_list *chain = &explanation->finding->chain;

	for (uint32_t i = 0; i < chain->count; i++) {
		const struct gw_node *node = explain_node(explanation, chain->items[i]);

		if (node->leaf != GW_LEAF_LIVE || !node->why)
			continue;
		explain_add(explanation, " These waits form a loop, but ");
		explain_name(explanation, node);
		gw_text_add(&explanation->text, " %s.", node->why);
		return;
	}
	explain_add(explanation, " These waits form a loop, and it is not proven that nothing else ends it.");
}

/* The chain leads out of the GPU's drivers. */
static void explain_acquit(struct explanation *explanation)
{
	struct gw_subsystem whose = gw_whose(explanation->graph, explanation->finding->chain.items[0]);

	if (explanation->graph->from_text || whose.kind == GW_SUBSYSTEM_GPU || whose.kind == GW_SUBSYSTEM_UNKNOWN ||
	    whose.kind == GW_SUBSYSTEM_OTHER)
		return;
	gw_text_add(&explanation->text, " What holds it up is no GPU driver, but %s (%s).", whose.name,
		    gw_subsystem_kind_name(whose.kind));
}

static void explain_stall(struct explanation *explanation)
{
	const struct gw_node *first = explain_node(explanation, explanation->finding->chain.items[0]),
			     *last = explain_last_node(explanation);

	if (explain_waits_for_unseen_fence(first)) {
		explain_untracked(explanation, first);
		return;
	}
	if (first == last && gw_end_is_sleep(first)) {
		explain_sleeper(explanation, first);
		return;
	}
	explain_steps(explanation);
	if (explanation->finding->edges.count == explanation->finding->chain.count) {
		explain_open_loop(explanation);
		return;
	}
	if (last != first)
		explain_end(explanation, last);
	explain_acquit(explanation);
	if (explanation->finding->kind == GW_KIND_STALL && explanation->finding->class != GW_CLASS_SILENT_DEVICE)
		explain_add(explanation, " Nothing proves a deadlock: it may be slow rather than stuck.");
	if (explanation->finding->kind == GW_KIND_LIVELOCK)
		explain_add(explanation, " Nothing proves that this loop never ends.");
}

char *gw_explain_cause(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct explanation explanation = {
		.graph = graph,
		.finding = finding,
		.now_ns = gw_snapshot_head(graph->snapshot)->mono_ns,
	};

	if (finding->kind != GW_KIND_DEADLOCK) {
		explain_stall(&explanation);
	} else {
		explain_steps(&explanation);
		if (!finding->loop)
			explain_dead_end(&explanation);
	}
	explain_unknown_beginnings(&explanation);
	explain_weakest_edge(&explanation);
	return gw_text_finish(&explanation.text);
}

/* ---- summary --------------------------------------------------------------------------------- */

static const struct gw_node *explain_first_of_type(const struct explanation *explanation, enum gw_node_type type)
{
	for (uint32_t i = 0; i < explanation->finding->chain.count; i++)
		if (explain_node(explanation, explanation->finding->chain.items[i])->type == type)
			return explain_node(explanation, explanation->finding->chain.items[i]);
	return NULL;
}

static uint32_t explain_count_tasks(const struct explanation *explanation)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < explanation->finding->chain.count; i++)
		count += explain_node(explanation, explanation->finding->chain.items[i])->type == GW_NODE_TASK;
	return count;
}

static void explain_name_fence(struct explanation *explanation)
{
	const struct gw_node *fence = explain_first_of_type(explanation, GW_NODE_FENCE);

	if (fence)
		explain_name(explanation, fence);
	else
		explain_add(explanation, "a fence");
}

/* The lock by which the loop comes back to its root; NULL if it does so by something else. */
static const struct gw_node *explain_lock_of_root(const struct explanation *explanation)
{
	const struct gw_index_list *edges = &explanation->finding->edges;
	const struct gw_edge *last = &explanation->graph->edges[edges->items[edges->count - 1]];
	const struct gw_node *from = explain_node(explanation, last->from);

	return last->relation == GW_RELATION_HELD_BY && from->type == GW_NODE_LOCK ? from : NULL;
}

/* A lock that the root holds is named as that, and no other one. */
static void explain_summarise_held(struct explanation *explanation)
{
	const struct gw_node *held = explain_lock_of_root(explanation);

	explain_add(explanation, " waits for ");
	explain_name_fence(explanation);
	if (!held) {
		explain_add(explanation,
			    ", whose signaller waits, directly or through others, for what needs that wait to end");
		return;
	}
	explain_add(explanation, " and holds ");
	explain_name(explanation, held);
	explain_add(explanation, explain_count_tasks(explanation) <= 2
					 ? ", which its signaller needs"
					 : ", which its signaller needs, directly or through others");
}

static void explain_name_device(struct explanation *explanation)
{
	const struct gw_node *device = explain_first_of_type(explanation, GW_NODE_DEVICE);

	if (device)
		explain_name(explanation, device);
	else
		explain_add(explanation, "a device");
}

static void explain_summarise_loop(struct explanation *explanation)
{
	const struct gw_finding *finding = explanation->finding;
	const struct gw_node *lock = explain_first_of_type(explanation, GW_NODE_LOCK);

	explain_task(explanation, explain_node(explanation, finding->root), true);
	switch (finding->class) {
	case GW_CLASS_UNPLUG_SRCU:
		explain_add(explanation, " waits in a drm_dev_enter() section for ");
		explain_name_fence(explanation);
		explain_add(explanation, ", and drm_dev_unplug() waits for that section");
		return;
	case GW_CLASS_FAULT_PREEMPT:
		explain_add(explanation, " handles a GPU page fault and waits for what needs that fault to be over");
		return;
	case GW_CLASS_RECLAIM_CYCLE:
		explain_add(explanation, " waits in direct reclaim for ");
		explain_name_fence(explanation);
		explain_add(explanation, ", which cannot be signalled before");
		return;
	case GW_CLASS_NOTIFIER_CYCLE:
		explain_add(explanation, " waits in an MMU-notifier callback for ");
		explain_name_fence(explanation);
		explain_add(explanation,
			    lock ? ", whose signaller needs " : ", whose signaller needs that callback to end");
		if (lock)
			explain_name(explanation, lock);
		return;
	case GW_CLASS_WORKQUEUE_CYCLE:
		if (gw_wait_is_fence(&explain_node(explanation, finding->root)->wait)) {
			explain_add(explanation, " waits for ");
			explain_name_fence(explanation);
			explain_add(explanation, ", and the work that signals it is queued behind");
		} else {
			explain_add(explanation,
				    explain_node(explanation, finding->root)->wait.kind == GW_WAIT_PARK
					    ? " waits for a thread that cannot park before it gets on itself"
					    : " flushes work that cannot end before it does itself");
		}
		return;
	case GW_CLASS_FENCE_LOCK_CYCLE:
		explain_summarise_held(explanation);
		return;
	case GW_CLASS_LOCK_CYCLE:
		explain_add(explanation, " waits for ");
		explain_name(explanation, lock);
		explain_add(explanation,
			    finding->edges.count == 2
				    ? ", which it holds itself"
				    : ", whose holder waits, directly or through others, for what it holds");
		return;
	case GW_CLASS_RESET_CYCLE:
		explain_add(explanation, " waits for ");
		explain_name_fence(explanation);
		explain_add(explanation, ", and the reset that could end it waits for that task");
		return;
	case GW_CLASS_PAGE_LOCK_CYCLE:
		explain_add(explanation, " waits for ");
		explain_name(explanation, explain_first_of_type(explanation, GW_NODE_PAGE));
		explain_add(explanation, ", and the task that seems to hold that waits for it");
		return;
	case GW_CLASS_RUNTIME_PM_CYCLE:
		explain_add(explanation, " runs a power management callback of ");
		explain_name_device(explanation);
		explain_add(explanation, " and waits for a task that waits for that device");
		return;
	default:
		explain_add(explanation, " and the fences that it needs depend on each other");
	}
}

static void explain_summarise_section(struct explanation *explanation)
{
	const struct gw_node *section = explain_first_of_type(explanation, GW_NODE_SECTION);

	explain_object(explanation, &explanation->graph->edges[explanation->finding->edges.items[0]]);
	explain_add(explanation, ", and ");
	explain_name(explanation, explain_last_node(explanation));
	explain_add(explanation, " never left ");
	explain_name(explanation, section);
}

static void explain_summarise_dead_end(struct explanation *explanation)
{
	const struct gw_finding *finding = explanation->finding;
	const struct gw_node *lock = explain_first_of_type(explanation, GW_NODE_LOCK);

	explain_task(explanation, explain_node(explanation, finding->chain.items[0]), true);
	explain_add(explanation, " waits for ");
	if (finding->class == GW_CLASS_LEAKED_LOCK && lock) {
		explain_name(explanation, lock);
		explain_add(explanation, ", which ");
		explain_name(explanation, explain_last_node(explanation));
		explain_add(explanation, " has not released");
		return;
	}
	if (finding->class == GW_CLASS_LEAKED_SECTION) {
		explain_summarise_section(explanation);
		return;
	}
	explain_name_fence(explanation);
	explain_add(explanation, ", and nobody is left to signal it: ");
	explain_name(explanation, explain_last_node(explanation));
	explain_add(explanation, " is gone");
}

/* What stands at the end of the chain, if its kind is known. */
static void explain_summarise_end(struct explanation *explanation, const struct gw_node *last)
{
	struct gw_text phrase = { .data = NULL };

	if (last->end != GW_END_NONE && gw_end_phrase(&phrase, explanation->graph, last)) {
		explain_add(explanation, "; at the end of the chain ");
		explain_name(explanation, last);
		gw_text_add(&explanation->text, " %s", phrase.data ? phrase.data : "");
	}
	gw_text_clear(&phrase);
}

static void explain_summarise_stall(struct explanation *explanation)
{
	const struct gw_node *first = explain_node(explanation, explanation->finding->chain.items[0]);

	if (explanation->finding->edges.count == 0 && !first->stack_wait && first->end == GW_END_NONE) {
		explain_unknown_wait(explanation);
		return;
	}
	explain_name(explanation, first);
	if (explanation->finding->edges.count == 0 && first->end != GW_END_NONE &&
	    !explain_waits_for_unseen_fence(first)) {
		explain_add(explanation, " ");
		gw_end_phrase(&explanation->text, explanation->graph, first);
		return;
	}
	if (first->stack_wait) {
		gw_text_add(&explanation->text, " is blocked in %s(), a wait that gpuwatch has no record of",
			    first->stack_wait);
		return;
	}
	explain_duration(explanation, first->since_ns);
	explain_object(explanation, &explanation->graph->edges[explanation->finding->edges.items[0]]);
	explain_summarise_end(explanation, explain_last_node(explanation));
}

char *gw_explain_summary(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct explanation explanation = {
		.graph = graph,
		.finding = finding,
		.now_ns = gw_snapshot_head(graph->snapshot)->mono_ns,
	};

	if (finding->kind != GW_KIND_DEADLOCK)
		explain_summarise_stall(&explanation);
	else if (finding->loop)
		explain_summarise_loop(&explanation);
	else
		explain_summarise_dead_end(&explanation);
	if (finding->n_victims > 0)
		gw_text_add(&explanation.text, "; %" PRIu32 " other task%s blocked behind", finding->n_victims,
			    finding->n_victims == 1 ? " is" : "s are");
	return gw_text_finish(&explanation.text);
}

/* ---- advice --------------------------------------------------------------------------------------- */

/* What people do about a class: on a machine of which there is only a log, and in the code. */
struct advice {
	const char *machine, *developers;
};

static struct advice explain_advice_of(enum gw_class class)
{
	static const struct {
		enum gw_class class;
		struct advice advice;
	} rows[] = {
		{ GW_CLASS_FENCE_LOCK_CYCLE,
		  { "Nothing but a GPU reset that retires the fence, or a reboot, ends this.",
		    "For the driver's developers: whatever must run before a fence signals may take only locks that nobody holds while waiting for a fence; annotate it with dma_fence_begin_signalling() and run with lockdep." } },
		{ GW_CLASS_NOTIFIER_CYCLE,
		  { "Nothing but a GPU reset that retires the fence, or a reboot, ends this.",
		    "For the driver's developers: MMU-notifier callbacks may wait for fences, so the path that signals them must not take mmap_lock, wait for an invalidation or allocate memory with GFP_KERNEL." } },
		{ GW_CLASS_RECLAIM_CYCLE,
		  { "Nothing but a GPU reset that retires the fence, or a reboot, ends this; more free memory makes it rarer.",
		    "For the driver's developers: the path that signals a fence must not allocate memory with GFP_KERNEL, nor take a lock under which somebody else does." } },
		{ GW_CLASS_FAULT_PREEMPT,
		  { "Reset the GPU.",
		    "For the driver's developers: a GPU page fault must be served without waiting for fences of jobs that cannot be preempted while the fault is pending (Documentation/driver-api/dma-buf.rst, \"Recoverable Hardware Page Faults Implications\")." } },
		{ GW_CLASS_UNPLUG_SRCU,
		  { "The device cannot be removed any more; a reboot ends this.",
		    "For the driver's developers: retire all fences of the device before drm_dev_unplug(), and do not wait for fences inside drm_dev_enter() sections." } },
		{ GW_CLASS_SCHED_DEP_CYCLE,
		  { "End the processes that submitted these jobs, or reset the GPU.",
		    "For the driver's developers: a job may depend only on fences that existed when it was armed; check for dependencies that are added later." } },
		{ GW_CLASS_WORKQUEUE_CYCLE,
		  { "Nothing but a GPU reset that retires the fence, or a reboot, ends this.",
		    "For the driver's developers: work that signals fences needs a workqueue of its own, with WQ_MEM_RECLAIM, on which nothing waits for fences; and never flush it under a lock that it takes or before a fence that it waits for." } },
		{ GW_CLASS_ORPHANED_FENCE,
		  { "Only a reset or reload of the driver that retires the fence, or a reboot, ends this.",
		    "For the driver's developers: signal every outstanding fence with an error before the thread, work or device that would have signalled it goes away." } },
		{ GW_CLASS_LOCK_CYCLE,
		  { "Nothing but a reboot ends this.",
		    "For the developers: these locks are taken in different orders, or one of them twice; lockdep names both places." } },
		{ GW_CLASS_RESET_CYCLE,
		  { "The reset cannot run, so a reboot ends this.",
		    "For the driver's developers: whoever holds a lock that the timeout or reset worker takes must not wait for a fence that only this worker can end." } },
		{ GW_CLASS_RUNTIME_PM_CYCLE,
		  { "Nothing but a reboot ends this; keeping the device powered (echo on > /sys/…/power/control) avoids it.",
		    "For the driver's developers: a runtime PM callback must not wait for a task that waits for the device to be resumed." } },
		{ GW_CLASS_BUSY_HOLDER,
		  { "A reboot ends this, if it does not end by itself.",
		    "What waits for the task at the end of the chain is not to blame. For the driver's developers: a loop that polls a device needs a bound, and must not hold what others need." } },
		{ GW_CLASS_RETRY_LOOP,
		  { "A reboot ends this, if it does not end by itself.",
		    "What waits for the task at the end of the chain is not to blame: examine what it polls. For the driver's developers: a loop of short sleeps needs a bound, and must not hold what others need." } },
		{ GW_CLASS_PAGE_LOCK_CYCLE,
		  { "Most likely nothing short of a reboot ends this.",
		    "For the driver's developers: whoever holds the locks of pages, as between migrate_vma_setup() and migrate_vma_finalize(), must not wait for mmap_lock or for a fence whose signaller may fault." } },
		{ GW_CLASS_LEAKED_LOCK,
		  { "Most likely nothing short of a reboot frees the lock.",
		    "For the driver's developers: a path of the owner returns without unlocking; check its error paths." } },
		{ GW_CLASS_LEAKED_SECTION,
		  { "Most likely nothing short of a reboot ends this: the end of the process does not leave the section for it.",
		    "For the driver's developers: a path returns without drm_dev_exit(); check its error paths." } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].class == class)
			return rows[i].advice;
	/* A long wait; the other kinds of reports have texts of their own. */
	return (struct advice){
		"",
		"Examine the end of the chain: the GPU may be busy with a long job, hung, or waiting for a slow task. `gpuwatch-cli timelines` shows whether the timeline still advances."
	};
}

/* Of a log nobody knows the states of the waits: what ends it follows from its class alone. */
char *gw_explain_advice(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct advice advice = explain_advice_of(finding->class);
	struct gw_text text = { .data = NULL };

	if (graph->from_text) {
		gw_text_add(&text, "%s", advice.machine);
	} else {
		struct gw_action action = gw_action_of(graph, finding);

		gw_action_sentence(&text, graph, &action);
	}
	gw_text_add(&text, "%s%s", text.length ? " " : "", advice.developers);
	return gw_text_finish(&text);
}

static bool explain_has_passed(const uint32_t *passed, uint32_t count, uint32_t node)
{
	for (uint32_t i = 0; i < count; i++)
		if (passed[i] == node)
			return true;
	return false;
}

/* Ends where it comes back to, be that where it began or later: a victim's chain leads into a loop. */
char *gw_explain_chain(const struct gw_graph *graph, uint32_t task)
{
	struct gw_text text = { .data = NULL };
	uint32_t passed[CHAIN_STEPS], node = task, steps = 0;
	bool back;

	gw_name_phrase(&text, graph, &graph->nodes[node]);
	while (graph->nodes[node].n_out > 0 && steps + 1 < CHAIN_STEPS) {
		const struct gw_edge *edge = &graph->edges[graph->nodes[node].first_out];

		passed[steps++] = node;
		node = edge->to;
		back = explain_has_passed(passed, steps, node);
		if (edge->relation == GW_RELATION_ON_TIMELINE)
			continue; /* named with its fence */
		gw_text_add(&text, " → ");
		gw_name_phrase(&text, graph, &graph->nodes[node]);
		if (back)
			break;
	}
	return gw_text_finish(&text);
}
