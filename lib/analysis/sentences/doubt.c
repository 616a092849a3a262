/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a finding is not sure, in words. */
#include "lib/analysis/sentences/doubt.h"

#include <inttypes.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"
#include "lib/base/units.h"

/* It has not run since before the programs were attached: then its wait began before, too. */
static bool doubt_began_before_attach(const struct gw_prose *prose, const struct gw_node *node)
{
	uint64_t attached_ns = gw_snapshot_host(prose->graph->snapshot)->attached_ns;

	return node->task && node->task->start_ns < attached_ns && node->task->last_ran_ns &&
	       node->task->last_ran_ns < attached_ns;
}

static void doubt_unknown_beginnings(struct gw_prose *prose)
{
	for (uint32_t i = 0; !prose->graph->from_text && i < prose->finding->chain.count; i++) {
		const struct gw_node *node = gw_prose_node(prose, prose->finding->chain.items[i]);

		if (node->type != GW_NODE_TASK || node->wait.kind == GW_WAIT_NONE || node->since_ns)
			continue;
		gw_text_add(&prose->text,
			    doubt_began_before_attach(prose, node)
				    ? " The wait of pid %" PRIu32
				      " began before gpuwatch was attached, at an unknown time."
				    : " No program saw the wait of pid %" PRIu32 " begin.",
			    node->pid);
	}
}

static const char *doubt_evidence(enum gw_evidence evidence)
{
	switch (evidence) {
	case GW_EVIDENCE_TRACEPOINT:
		return "observed from outside";
	case GW_EVIDENCE_OWNER_FIELD:
		return "a hint in the lock, which names one of its readers";
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
static void doubt_held_up(struct gw_prose *prose, const struct gw_edge *edge)
{
	gw_prose_add(prose, " Not proven: that the fault holds up ");
	gw_prose_name(prose, gw_prose_node(prose, edge->from));
	gw_prose_add(
		prose,
		edge->confidence == GW_CONFIDENCE_PROBABLE
			? ". Both are of the same device, and none of its driver's fences was seen signalled meanwhile; a device that runs other jobs beside a fault would not be held up."
			: ". Both are of the same driver, and no more than that links them.");
}

/* A lock that its owner went on without may have been handed over. */
static void doubt_release(struct gw_prose *prose)
{
	const struct gw_node *owner = gw_prose_last_node(prose);

	gw_prose_add(
		prose,
		" Not proven: that nobody else releases it. The owner may have left that to another task, a work item or a timer");
	if (owner->task && !(owner->task->flags & GW_TASK_F_KTHREAD))
		gw_prose_add(prose, ", and it may do so itself in a later system call");
	gw_prose_add(prose, ".");
}

static bool doubt_is_about_release(const struct gw_prose *prose)
{
	const struct gw_finding *finding = prose->finding;

	return finding->class == GW_CLASS_LEAKED_LOCK && !prose->graph->from_text &&
	       prose->graph->edges[finding->edges.items[finding->edges.count - 1]].evidence == GW_EVIDENCE_OWNER_FIELD;
}

/* Each of them has a timeout, and only their section, or the loop around them, goes on. */
static bool doubt_is_about_short_waits(const struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from);

	return edge->evidence == GW_EVIDENCE_TRACEPOINT &&
	       (from->type == GW_NODE_RECLAIM || (from->spell && edge->relation == GW_RELATION_WAITS_FOR));
}

/* A signal ends the wait, and its process may get one by itself. */
static enum gw_alarm doubt_alarm(const struct gw_prose *prose, const struct gw_edge *edge, uint64_t *expires_ns)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from);

	if (!from->task || prose->graph->from_text || from->wait.kind == GW_WAIT_NONE)
		return GW_ALARM_NONE;
	return gw_place_alarm(prose->graph->snapshot, from->task, expires_ns);
}

/* When it fires is told from the beginning of the wait on, so that each look says the same. */
static void doubt_timer(struct gw_prose *prose, const struct gw_node *from, uint64_t expires_ns)
{
	gw_prose_add(prose, "a timer of its process sends a signal");
	if (expires_ns && from->since_ns && expires_ns > from->since_ns)
		gw_text_add(&prose->text, " %" PRIu64 " s after the wait began",
			    (expires_ns - from->since_ns + GW_NSEC_PER_SEC / 2) / GW_NSEC_PER_SEC);
	gw_prose_add(prose, ", which ends the wait unless the process blocks or ignores it.");
}

static void doubt_signal(struct gw_prose *prose, const struct gw_edge *edge, enum gw_alarm alarm, uint64_t expires_ns)
{
	static const char *const what[] = {
		[GW_ALARM_UNREAD] =
			"a signal ends its wait, and whether a timer of its process is to send one was not read.",
		[GW_ALARM_CPU_TIME] =
			"a signal ends its wait, and its process gets one when its other threads have used up a limit of CPU time.",
		[GW_ALARM_THREADS] =
			"a signal ends its wait, and another thread of its process may send one, as a watchdog does that ends the process.",
		[GW_ALARM_PENDING] = "a signal that ends its wait is pending.",
	};

	gw_prose_add(prose, " Not proven: that ");
	gw_prose_name(prose, gw_prose_node(prose, edge->from));
	gw_prose_add(prose, " waits on: ");
	if (alarm == GW_ALARM_TIMER)
		doubt_timer(prose, gw_prose_node(prose, edge->from), expires_ns);
	else
		gw_prose_add(prose, what[alarm]);
}

/* The item that signalled last is that of a job which is done. */
static bool doubt_is_about_items(const struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from);

	return edge->evidence == GW_EVIDENCE_LEARNED_SIGNALLER && from->timeline && from->timeline->timeline.items &&
	       gw_prose_node(prose, edge->to)->type == GW_NODE_WORK;
}

/* The driver has a function of its own for it. */
static bool doubt_is_about_own_wait(const struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from);

	return edge->evidence == GW_EVIDENCE_TRACEPOINT && from->task && gw_wait_is_fence(&from->wait) &&
	       !prose->graph->from_text && gw_stack_waits_its_own_way(prose->graph->snapshot, from->task);
}

/* Nobody was seen signalling this very timeline. */
static bool doubt_is_inherited(const struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from);

	return edge->evidence == GW_EVIDENCE_LEARNED_SIGNALLER && from->timeline && from->timeline->inherited;
}

/* What the edge claims, in the words of its relation. */
static void doubt_claim(struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from), *to = gw_prose_node(prose, edge->to);
	bool held = edge->relation == GW_RELATION_HELD_BY;
	bool signalled = edge->relation == GW_RELATION_SIGNALLED_BY;

	gw_prose_name(prose, held || signalled ? to : from);
	gw_prose_add(prose, held	? " holds "
			    : signalled ? (to->gone ? " alone signals " : " signals ")
					: " depends on ");
	gw_prose_name(prose, held || signalled ? from : to);
}

/* A driver's own reset: what it is shows by its name alone. */
static void doubt_reset(struct gw_prose *prose, const struct gw_edge *edge)
{
	gw_prose_add(prose, " Not proven: that ");
	gw_prose_name(prose, gw_prose_node(prose, edge->to));
	gw_prose_add(prose, " ends the fences of ");
	gw_prose_name(prose, gw_prose_node(prose, edge->from));
	gw_prose_add(prose, ": by its name it is a reset of that driver, and the device may still answer.");
}

/* Of a loop with direct reclaim in it all may be sure, but that the OOM killer leaves it alone. */
static void doubt_oom_killer(struct gw_prose *prose)
{
	for (uint32_t i = 0; !prose->graph->from_text && i < prose->finding->chain.count; i++) {
		const struct gw_node *node = gw_prose_node(prose, prose->finding->chain.items[i]);

		if (prose->finding->class != GW_CLASS_RECLAIM_CYCLE || node->type != GW_NODE_TASK || !node->task ||
		    !gw_place_may_be_killed(node->task))
			continue;
		gw_prose_add(prose, " Not proven: that the OOM killer does not end ");
		gw_prose_name(prose, node);
		gw_prose_add(prose, ", whose wait a fatal signal ends.");
		return;
	}
}

/* Nothing is wrong with the loop itself. */
static void doubt_outsiders(struct gw_prose *prose)
{
	if (gw_snapshot_head(prose->graph->snapshot)->incomplete)
		gw_prose_add(prose, " Not proven: the look was incomplete, and what was not read may end it.");
	else if (prose->finding->rescuer)
		gw_text_add(&prose->text,
			    " Not proven: a work item that is not held up may be the recovery of %s, and end it.",
			    prose->finding->rescuer);
	else
		doubt_oom_killer(prose);
}

static void doubt_weakest_edge(struct gw_prose *prose)
{
	const struct gw_index_list *edges = &prose->finding->edges;
	const struct gw_edge *weakest = NULL;
	enum gw_alarm alarm;
	uint64_t expires_ns;

	for (uint32_t i = 0; i < edges->count; i++) {
		const struct gw_edge *edge = &prose->graph->edges[edges->items[i]];

		if (edge->confidence >= GW_CONFIDENCE_PROVEN)
			continue;
		/* Of two, that a wait ends by itself is the likelier. */
		if (!weakest || edge->confidence < weakest->confidence ||
		    (edge->confidence == weakest->confidence && doubt_is_about_short_waits(prose, edge)))
			weakest = edge;
	}
	if (!weakest) {
		doubt_outsiders(prose);
		return;
	}
	if (weakest->relation == GW_RELATION_HELD_UP_BY) {
		doubt_held_up(prose, weakest);
		return;
	}
	if (weakest->relation == GW_RELATION_RESET_BY &&
	    gw_prose_node(prose, weakest->from)->type == GW_NODE_TIMELINE) {
		doubt_reset(prose, weakest);
		return;
	}
	if (doubt_is_about_short_waits(prose, weakest)) {
		gw_prose_add(prose, " Not proven: that these short waits never end.");
		return;
	}
	alarm = doubt_alarm(prose, weakest, &expires_ns);
	if (alarm != GW_ALARM_NONE) {
		doubt_signal(prose, weakest, alarm, expires_ns);
		return;
	}
	if (doubt_is_about_items(prose, weakest)) {
		gw_prose_add(prose, " Not proven: that no other item than ");
		gw_prose_name(prose, gw_prose_node(prose, weakest->to));
		gw_prose_add(prose, " signals ");
		gw_prose_name(prose, gw_prose_node(prose, weakest->from));
		gw_prose_add(prose, ": several items with its function have signalled that.");
		return;
	}
	if (doubt_is_about_own_wait(prose, weakest)) {
		gw_prose_add(prose, " Not proven: that ");
		gw_prose_name(prose, gw_prose_node(prose, weakest->from));
		gw_prose_add(prose, " never gives up: it waits in a function of its driver's own.");
		return;
	}
	if (weakest->relation == GW_RELATION_TRIES) {
		gw_prose_add(prose, " Not proven: that ");
		gw_prose_name(prose, gw_prose_node(prose, weakest->from));
		gw_prose_add(prose, " goes on trying: a loop may give up.");
		return;
	}
	gw_prose_add(prose, " Not proven: that ");
	doubt_claim(prose, weakest);
	gw_text_add(&prose->text, ". This is only %s.",
		    doubt_is_inherited(prose, weakest) ? "learned from fences of the driver's other timelines"
						       : doubt_evidence(weakest->evidence));
}

void gw_prose_doubts(struct gw_prose *prose)
{
	doubt_unknown_beginnings(prose);
	if (prose->finding->confidence == GW_CONFIDENCE_PROVEN)
		return;
	if (doubt_is_about_release(prose))
		doubt_release(prose);
	else
		doubt_weakest_edge(prose);
}
