/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The explanation: the steps of a chain, what stands at its end, and what is not sure of it. */
#include "lib/analysis/sentences/cause.h"

#include <string.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"
#include "lib/analysis/sentences/doubt.h"
#include "lib/analysis/sentences/kernel-log.h"
#include "lib/analysis/sentences/prose.h"
#include "lib/analysis/sentences/steps.h"
#include "lib/analysis/words/end.h"
#include "lib/analysis/words/whose.h"
#include "lib/analysis/words/word.h"

/* Who entered it, when, and where that task is now. */
static void cause_left_section(struct gw_prose *prose, const struct gw_node *section, const struct gw_node *task)
{
	gw_prose_add(prose, " ");
	gw_prose_name(prose, task);
	gw_prose_add(prose, " entered it");
	if (section->since_ns && section->since_ns < prose->now_ns) {
		gw_prose_add(prose, " ");
		gw_text_add_age(&prose->text, prose->now_ns - section->since_ns);
		gw_prose_add(prose, " before this report was made");
	}
	if (task->gone)
		gw_prose_add(prose, " and has exited without leaving it.");
	else
		gw_text_add(&prose->text, ", %s, and has not left it.", section->why);
}

static void cause_dead_end(struct gw_prose *prose)
{
	const struct gw_finding *finding = prose->finding;
	const struct gw_node *last = gw_prose_last_node(prose);
	const struct gw_node *before = gw_prose_node(prose, finding->chain.items[finding->chain.count - 2]);

	if (finding->class == GW_CLASS_LEAKED_SECTION) {
		cause_left_section(prose, before, last);
	} else if (finding->class == GW_CLASS_ORPHANED_FENCE) {
		gw_prose_add(
			prose,
			" That task no longer exists, and gpuwatch has recorded no other signaller of this timeline.");
	} else if (last->gone && before->lock && before->lock->kind == GW_LOCK_SEMAPHORE) {
		gw_prose_add(prose, " That task no longer exists, and nobody has released the semaphore since.");
	} else if (last->gone && gw_prose_is_hint(before)) {
		gw_prose_add(prose, " That task no longer exists, and the lock is still held for reading.");
	} else if (last->gone) {
		gw_prose_add(prose, gw_word_of_oops(prose->graph, last)
					    ? " That task died by an oops, and it still owns the lock."
					    : " That task no longer exists, and it still owns the lock.");
	} else {
		gw_prose_add(prose, " ");
		gw_prose_name(prose, last);
		gw_text_add(&prose->text,
			    gw_prose_is_hint(before) ? " %s, and the lock is still held for reading."
						     : " %s, and still owns the lock.",
			    before->why ? before->why : "went on without it");
	}
}

/* The wait for a fence that a stack alone shows: not which one it is. */
static void cause_untracked(struct gw_prose *prose, const struct gw_node *node)
{
	const struct gw_snapshot *snapshot = prose->graph->snapshot;
	struct gw_place place = gw_place_of(snapshot, node->task);
	const struct gw_symbol_record *caller = place.driver ? place.driver : place.function;

	gw_prose_name(prose, node);
	gw_text_add(&prose->text, " is blocked in %s()", node->stack_wait);
	if (caller && !gw_function_is(caller->name, node->stack_wait))
		gw_text_add(&prose->text, caller->module[0] ? ", called from %s() of module %s" : ", called from %s()",
			    caller->name, caller->module);
	gw_prose_add(
		prose,
		". gpuwatch has no record of this wait, so it cannot show which fence the task waits for, or who signals it.");
	gw_end_sleep(&prose->text, prose->graph, node);
}

/* A chain of one task, which sleeps for what nobody tracks. */
static void cause_sleeper(struct gw_prose *prose, const struct gw_node *node)
{
	gw_prose_name(prose, node);
	gw_prose_add(prose, " ");
	gw_end_phrase(&prose->text, prose->graph, node);
	gw_prose_add(prose,
		     node->wait.kind == GW_WAIT_COMPLETION
			     ? ". It waits for a completion, and nothing shows who completes it."
			     : ". gpuwatch does not track what it sleeps for, so it cannot show who wakes it up.");
	gw_end_sleep(&prose->text, prose->graph, node);
}

static void cause_end(struct gw_prose *prose, const struct gw_node *last)
{
	struct gw_text phrase = { .data = NULL };

	if (gw_end_phrase(&phrase, prose->graph, last)) {
		gw_prose_add(prose, " The chain ends there: ");
		gw_prose_name(prose, last);
		gw_text_add(&prose->text, " %s.", phrase.data ? phrase.data : "");
	}
	gw_text_clear(&phrase);
	if (gw_end_is_sleep(last))
		gw_end_sleep(&prose->text, prose->graph, last);
}

/* What the wait itself is for. */
static bool cause_waits_for(const struct gw_node *node, const struct gw_node *last)
{
	return last->type == GW_NODE_SRCU && node->wait.kind == GW_WAIT_SRCU && node->wait.object == last->address;
}

/* A task that waits for the end of the chain, and has a frame of the driver that is there. */
static bool cause_may_be_needed(const struct gw_prose *prose, const struct gw_node *node, const struct gw_node *last,
				const char *module)
{
	const struct gw_symbol_record *inner;

	if (node == last || node->type != GW_NODE_TASK || !node->task || cause_waits_for(node, last))
		return false;
	/* Processes come from outside; who owns a page, or reads under an SRCU, may be one. */
	if (last->type != GW_NODE_PAGE && last->type != GW_NODE_SRCU && !(node->task->flags & GW_TASK_F_KTHREAD))
		return false;
	inner = gw_stack_module_frame(prose->graph->snapshot, node->task);
	return inner && strcmp(inner->module, module) == 0;
}

/* The module that what stands at the end of the chain is of, "" if it is of none. */
static const char *cause_module_of_end(const struct gw_prose *prose, const struct gw_node *last)
{
	const struct gw_index_list *chain = &prose->finding->chain;
	const struct gw_symbol_record *symbol = NULL;

	if ((last->type == GW_NODE_PAGE || last->type == GW_NODE_SRCU) && chain->count > 1)
		last = gw_prose_node(prose, chain->items[chain->count - 2]);
	if (last->task)
		symbol = gw_stack_module_frame(prose->graph->snapshot, last->task);
	else if (last->fence)
		symbol = gw_snapshot_symbol(prose->graph->snapshot, last->fence->ops_driver);
	return symbol ? symbol->module : "";
}

/* Among those that are blocked behind the end of the chain may be the one that it needs: no record shows that. */
static void cause_suspect(struct gw_prose *prose, const struct gw_node *last)
{
	const struct gw_index_list *lists[] = { &prose->finding->chain, &prose->finding->victims };
	const char *module = cause_module_of_end(prose, last);

	for (size_t l = 0; *module && !prose->graph->from_text && l < 2; l++) {
		for (uint32_t i = 0; i < lists[l]->count; i++) {
			const struct gw_node *node = gw_prose_node(prose, lists[l]->items[i]);

			if (!cause_may_be_needed(prose, node, last, module))
				continue;
			gw_prose_add(prose, " ");
			gw_prose_name(prose, node);
			gw_text_add(&prose->text, " of %s is blocked behind it: if %s, this is a deadlock.", module,
				    last->type == GW_NODE_PAGE	     ? "that task holds the lock of the page"
				    : last->type == GW_NODE_SRCU     ? "that task is one of these readers"
				    : last->type == GW_NODE_TIMELINE ? "the device does not go on without that task"
								     : "that task is the one that wakes it up");
			return;
		}
	}
}

/* What keeps a loop from being a deadlock: something in it that may go on by itself. */
static void cause_open_loop(struct gw_prose *prose)
{
	const struct gw_index_list *chain = &prose->finding->chain;

	for (uint32_t i = 0; i < chain->count; i++) {
		const struct gw_node *node = gw_prose_node(prose, chain->items[i]);

		if (node->leaf != GW_LEAF_LIVE || !node->why)
			continue;
		gw_prose_add(prose, " These waits form a loop, but ");
		gw_prose_name(prose, node);
		gw_text_add(&prose->text, " %s.", node->why);
		return;
	}
	gw_prose_add(prose, " These waits form a loop, and it is not proven that nothing else ends it.");
}

/* What a reset alone ends is not slow: the reset is what does not get on. */
static bool cause_needs_reset(const struct gw_prose *prose)
{
	const struct gw_index_list *edges = &prose->finding->edges;

	for (uint32_t i = 0; i < edges->count; i++)
		if (prose->graph->edges[edges->items[i]].relation == GW_RELATION_RESET_BY)
			return true;
	return false;
}

/* The chain leads out of the GPU's drivers. */
static void cause_acquit(struct gw_prose *prose)
{
	struct gw_subsystem whose = gw_whose(prose->graph, prose->finding->chain.items[0]);

	if (prose->graph->from_text || whose.kind == GW_SUBSYSTEM_GPU || whose.kind == GW_SUBSYSTEM_UNKNOWN ||
	    whose.kind == GW_SUBSYSTEM_OTHER)
		return;
	gw_text_add(&prose->text, " What holds it up is no GPU driver, but %s (%s).", whose.name,
		    gw_subsystem_kind_name(whose.kind));
}

static void cause_stall(struct gw_prose *prose)
{
	const struct gw_node *first = gw_prose_node(prose, prose->finding->chain.items[0]),
			     *last = gw_prose_last_node(prose);

	if (gw_prose_waits_for_unseen_fence(first)) {
		cause_untracked(prose, first);
		return;
	}
	if (first == last && gw_end_is_sleep(first)) {
		cause_sleeper(prose, first);
		cause_suspect(prose, first);
		return;
	}
	gw_prose_steps(prose);
	if (prose->finding->edges.count == prose->finding->chain.count) {
		cause_open_loop(prose);
		return;
	}
	if (last != first)
		cause_end(prose, last);
	if (gw_end_is_sleep(last) || last->type == GW_NODE_PAGE || last->type == GW_NODE_SRCU ||
	    last->end == GW_END_SILENT_DEVICE)
		cause_suspect(prose, last);
	cause_acquit(prose);
	if (prose->finding->kind == GW_KIND_STALL && prose->finding->class != GW_CLASS_SILENT_DEVICE &&
	    last->end != GW_END_STOPPED)
		gw_prose_add(prose, cause_needs_reset(prose)
					    ? " Nothing proves that the reset never ends."
					    : " Nothing proves a deadlock: it may be slow rather than stuck.");
	if (prose->finding->kind == GW_KIND_LIVELOCK)
		gw_prose_add(prose, " Nothing proves that this loop never ends.");
}

/* Whoever reads this has tried that. */
static void cause_killed(struct gw_prose *prose)
{
	const struct gw_index_list *chain = &prose->finding->chain;

	for (uint32_t i = 0; i < chain->count; i++) {
		const struct gw_node *node = gw_prose_node(prose, chain->items[i]);

		if (node->type != GW_NODE_TASK || !node->task || !gw_place_outlasts_kill(node->task))
			continue;
		gw_prose_add(prose, " ");
		gw_prose_name(prose, node);
		gw_prose_add(prose, " was killed, and cannot end before its wait does.");
	}
}

char *gw_explain_cause(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_prose prose = {
		.graph = graph,
		.finding = finding,
		.now_ns = gw_snapshot_head(graph->snapshot)->mono_ns,
	};

	if (finding->kind != GW_KIND_DEADLOCK) {
		cause_stall(&prose);
	} else {
		gw_prose_steps(&prose);
		if (!finding->loop)
			cause_dead_end(&prose);
	}
	cause_killed(&prose);
	gw_prose_kernel_log(&prose);
	gw_prose_doubts(&prose);
	return gw_text_finish(&prose.text);
}
