/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Phrases of ends: what their builders give as a reason, or the function that a task sleeps in. */
#include "lib/analysis/words/end.h"

#include <inttypes.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/wait.h"
#include "lib/analysis/words/names.h"
#include "lib/base/units.h"

static void end_function(struct gw_text *text, const struct gw_symbol_record *function)
{
	gw_text_add(text, function->module[0] ? "%s() of module %s" : "%s()", function->name, function->module);
}

static bool end_sleeps_in(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	struct gw_place place = { .function = NULL };

	if (node->task)
		place = gw_place_of(graph->snapshot, node->task);
	if (!place.function)
		return false;
	gw_text_add(text, "sleeps in ");
	end_function(text, place.function);
	if (place.driver) {
		gw_text_add(text, ", called from ");
		end_function(text, place.driver);
	}
	return true;
}

struct gw_place gw_end_place(const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_running_record *running = gw_snapshot_running(graph->snapshot, node->address);

	return node->spell && running && running->samples ? gw_place_of_samples(graph->snapshot, running)
							  : gw_place_of(graph->snapshot, node->task);
}

static void end_busy(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_running_record *running = gw_snapshot_running(graph->snapshot, node->address);
	uint64_t lasts_ns = gw_snapshot_head(graph->snapshot)->mono_ns - node->spell->since_ns;
	struct gw_place place = gw_end_place(graph, node);

	if (node->end == GW_END_BUSY_HOLDER) {
		gw_text_add(text, "runs in the kernel, and has not come out of it for more than ");
		gw_text_add_age(text, lasts_ns);
		gw_text_add(text, ", in which it had ");
		gw_text_add_age(text, node->spell->exec_ns);
		gw_text_add(text, " of a CPU");
		if (running)
			gw_text_add(text, " (CPU %" PRIu32 ")", running->cpu);
		gw_text_add(text, place.function ? "; it spins in " : "");
	} else {
		gw_text_add(text, "sleeps again and again for short times, %" PRIu64 " times in the last ",
			    node->spell->switches);
		gw_text_add_age(text, lasts_ns);
		gw_text_add(text, place.function ? ", in " : "");
	}
	if (place.function)
		end_function(text, place.function);
	if (place.function && place.driver) {
		gw_text_add(text, ", called from ");
		end_function(text, place.driver);
	}
	if (node->task->watch.sections.reclaim_since_ns)
		gw_text_add(text, ", in direct reclaim");
}

static void end_polls(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;

	gw_text_add(text, "arms itself again and again, at least %" PRIu32 " times in the last ", node->poll->times);
	gw_text_add_age(text, now_ns - node->poll->since_ns);
	gw_text_add(text, ", and the timeline that it signals has not advanced for more than ");
	gw_text_add_age(text, now_ns - node->quiet_since_ns);
}

static void end_timeout_handler(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;
	const struct gw_reset_record *reset = node->reset;

	if (reset->timeout_ns == GW_TIMEOUT_NEVER) {
		gw_text_add(text, "; the timeout handler of scheduler %s is disabled", reset->name);
	} else if (reset->expires_ns) {
		gw_text_add(text, "; the timeout handler of scheduler %s ", reset->name);
		if (node->timeouts > 1)
			gw_text_add(text, "has run at least %" PRIu32 " times meanwhile, and ", node->timeouts);
		else if (node->timeouts)
			gw_text_add(text, "has run meanwhile, and ");
		gw_text_add(text, "begins in ");
		gw_text_add_age(text, reset->expires_ns > now_ns ? reset->expires_ns - now_ns : 0);
	} else if (reset->place == GW_WORK_IDLE) {
		gw_text_add(text, "; the timer of scheduler %s's timeout handler does not run", reset->name);
	} else {
		gw_text_add(text, "; the timeout handler of scheduler %s is due", reset->name);
	}
}

static void end_silent_timeline(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	gw_text_add(text, "is signalled by interrupts, and has not advanced for more than ");
	gw_text_add_age(text, gw_snapshot_head(graph->snapshot)->mono_ns - node->quiet_since_ns);
	gw_text_add(text, ": its last signalled fence is %" PRIu64 ", and %" PRIu64 " is waited for",
		    (uint64_t)node->timeline->timeline.seqno, node->seqno);
	if (node->reset)
		end_timeout_handler(text, graph, node);
}

/* Candidates that are named; all of them are nodes of the report. */
#define READERS_NAMED 4

static void end_readers(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	uint32_t readers = node->lock ? node->lock->readers : 0;
	bool percpu = node->lock && node->lock->kind == GW_LOCK_PERCPU_RWSEM;

	gw_text_add(text, "is held for reading by %" PRIu32 " task%s", readers, readers == 1 ? "" : "s");
	gw_text_add(
		text, "%s",
		percpu ? ", and the kernel records none of them. By their stacks these may hold it: "
		       : ", and the kernel records the last reader alone, which may have released it. By their stacks these may hold it: ");
	for (uint32_t i = 0; i < node->n_out && i < READERS_NAMED; i++) {
		gw_text_add(text, "%s", i ? "; " : "");
		gw_name_phrase(text, graph, &graph->nodes[graph->edges[node->first_out + i].to]);
	}
	if (node->n_out > READERS_NAMED)
		gw_text_add(text, "; and %" PRIu32 " more", node->n_out - READERS_NAMED);
}

/* No reason to name a time that is the scheduler's own: a task that has a CPU again a moment later. */
#define LATE_NS GW_NSEC_PER_SEC

static void end_last_ran(struct gw_text *text, const struct gw_graph *graph, const struct gw_task_record *task)
{
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;

	if (!task->last_ran_ns || task->last_ran_ns + LATE_NS > now_ns)
		return;
	gw_text_add(text, "; it last ran ");
	gw_text_add_age(text, now_ns - task->last_ran_ns);
	gw_text_add(text, " before this look");
}

bool gw_end_is_sleep(const struct gw_node *node)
{
	return node->type == GW_NODE_TASK && (node->end == GW_END_SLEEPS_IN || node->end == GW_END_SILENT_DEVICE);
}

bool gw_end_phrase(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	if (node->end == GW_END_SILENT_DEVICE && node->type == GW_NODE_TIMELINE && node->timeline) {
		end_silent_timeline(text, graph, node);
		return true;
	}
	if (node->end == GW_END_READERS) {
		end_readers(text, graph, node);
		return true;
	}
	if (node->poll) {
		end_polls(text, graph, node);
		return true;
	}
	if (node->spell) {
		end_busy(text, graph, node);
		return true;
	}
	if (gw_end_is_sleep(node) && end_sleeps_in(text, graph, node)) {
		if (node->end == GW_END_SILENT_DEVICE)
			gw_text_add(
				text, "%s",
				node->wait.kind == GW_WAIT_COMPLETION
					? ", with a timeout: most likely its device does not answer"
					: ", inside a drm_dev_enter() section: most likely its device does not answer");
		return true;
	}
	if (!node->why)
		return false;
	gw_text_add(text, "%s", node->why);
	if (node->type == GW_NODE_TASK && node->task && gw_task_awaits_cpu(node->task))
		end_last_ran(text, graph, node->task);
	return true;
}

/* When the task ran last is not when its wait began: it may have woken up in between. */
static void end_age(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;

	if (node->since_ns && node->since_ns < now_ns) {
		gw_text_add(text, " The wait began ");
		gw_text_add_age(text, now_ns - node->since_ns);
		gw_text_add(text, " before this look.");
	} else if (node->task->last_ran_ns && node->task->last_ran_ns < now_ns) {
		gw_text_add(text, " It last ran ");
		gw_text_add_age(text, now_ns - node->task->last_ran_ns);
		gw_text_add(text, " before this look; when it entered the function is not recorded.");
	}
}

void gw_end_sleep(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node)
{
	static const char *const signals[] = {
		[GW_SIGNALS_NONE] = " No signal wakes it up",
		[GW_SIGNALS_FATAL] = " A fatal signal wakes it up",
		[GW_SIGNALS_ANY] = " A signal wakes it up",
	};

	if (!node->task || !gw_task_sleeps(node->task))
		return;
	end_age(text, graph, node);
	gw_text_add(text, "%s", signals[gw_place_signals(node->task)]);
	if (node->task->flags & GW_TASK_F_TIMER)
		gw_text_add(text, "%s%s.",
			    gw_place_signals(node->task) == GW_SIGNALS_NONE ? "; a timer does"
									    : ", and so does a timer",
			    node->task->flags & GW_TASK_F_FAR ? ", in a day or later" : "");
	else if (node->task->flags & GW_TASK_F_NO_TIMER)
		gw_text_add(text, ", and no timer does.");
	else
		gw_text_add(text, ".");
}
