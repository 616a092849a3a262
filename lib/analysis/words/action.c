/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loop ends where one of its waits does. A signal ends the wait of a process in an interruptible or killable sleep; what
 * that process holds, or is inside of, is free when its system call returns. Kernel threads take no signals.
 */
#include "lib/analysis/words/action.h"

#include <inttypes.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/place.h"
#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/words/gpus.h"
#include "lib/analysis/words/kernel-log.h"
#include "lib/analysis/words/names.h"
#include "lib/base/json.h"

static const struct gw_node *action_node(const struct gw_graph *graph, uint32_t node)
{
	return &graph->nodes[node];
}

/* A process that can be asked to end. Who was killed already is not asked again. */
static bool action_is_process(const struct gw_node *node)
{
	return node->type == GW_NODE_TASK && node->task &&
	       !(node->task->flags & (GW_TASK_F_KTHREAD | GW_TASK_F_KILLED)) && node->task->tgid > 1;
}

static bool action_takes_signals(const struct gw_node *node)
{
	return action_is_process(node) && gw_task_sleeps(node->task) && gw_place_signals(node->task) != GW_SIGNALS_NONE;
}

/* What others need of the task is free when its system call returns: a lock, a section. */
static bool action_lets_go(enum gw_relation relation)
{
	return relation == GW_RELATION_HELD_BY || relation == GW_RELATION_RUNS_IN;
}

/* A task whose sleep a signal ends: one of the chain that then lets go of what others need, or any. GW_NO_NODE = none. */
static uint32_t action_find_victim(const struct gw_graph *graph, const struct gw_finding *finding, bool lets_go)
{
	for (uint32_t i = 0; i < finding->edges.count; i++) {
		const struct gw_edge *edge = &graph->edges[finding->edges.items[i]];
		uint32_t task = lets_go ? edge->to : edge->from;

		if ((!lets_go || action_lets_go(edge->relation)) && action_takes_signals(action_node(graph, task)))
			return task;
	}
	return GW_NO_NODE;
}

/* Needs of which any would do may be met otherwise, but not be opened by one task alone. */
static bool action_is_plain_loop(const struct gw_graph *graph, const struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = action_node(graph, finding->chain.items[i]);

		if (node->type == GW_NODE_LOCK && node->n_out > 1)
			return false; /* several readers */
	}
	return true;
}

/* A dead end that nobody but one task waits for is over when that one is. */
static bool action_ends_all(const struct gw_finding *finding)
{
	return !finding->loop && finding->n_victims == 0 && finding->n_participants == 1;
}

/* Made of other fences, or a scheduler's for its jobs: no device's own. */
static bool action_fence_is_of_others(const struct gw_node *node)
{
	const struct gw_fence_record *fence = node->fence;

	return fence && (fence->scheduler || fence->kind == GW_FENCE_ARRAY || fence->kind == GW_FENCE_CHAIN);
}

/* The driver of the fence that is in the way, "" if only fences of no driver are; NULL if there is none. */
static const char *action_fence(const struct gw_graph *graph, const struct gw_finding *finding)
{
	const char *driver = NULL;

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = action_node(graph, finding->chain.items[i]);

		if (node->type != GW_NODE_JOB && node->type != GW_NODE_FENCE)
			continue;
		if (!action_fence_is_of_others(node))
			return gw_name_driver(graph, node);
		driver = "";
	}
	return driver;
}

/* The device whose fence is in the way: its scheduler's, else the only one of its driver; "" if that is not known. */
static const char *action_device(const struct gw_graph *graph, const struct gw_finding *finding, const char *driver)
{
	const struct gw_gpu_record *only = gw_gpu_of_driver(graph->snapshot, driver);

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_device *device =
			gw_name_fence_device(graph, action_node(graph, finding->chain.items[i]));

		if (device && device->driver[0])
			return device->name;
	}
	return only ? only->name : "";
}

/* The kernel log has that the device cannot be reset, or that this was tried in vain. */
static bool action_reset_failed(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_cited cited[GW_CITED_MAX];
	size_t count = gw_kernel_log_cited(graph, finding, cited);

	for (size_t i = 0; i < count; i++)
		if (cited[i].kind == GW_LOG_EVENT_RESET_FAILED || cited[i].kind == GW_LOG_EVENT_WEDGED ||
		    cited[i].kind == GW_LOG_EVENT_DEVICE_LOST || cited[i].kind == GW_LOG_EVENT_NEEDS_REBOOT)
			return true;
	return false;
}

/* The process that left a lock or section behind and goes on: its driver may release that when the files are closed. */
static uint32_t action_find_closer(const struct gw_graph *graph, const struct gw_finding *finding)
{
	uint32_t last = finding->chain.items[finding->chain.count - 1];
	const struct gw_node *node = action_node(graph, last);

	if ((finding->class != GW_CLASS_LEAKED_LOCK && finding->class != GW_CLASS_LEAKED_SECTION) ||
	    !action_is_process(node))
		return GW_NO_NODE;
	return last;
}

/* The edge leads to who stands in run_job() of drm_sched's job. */
static bool action_is_in_run_job(const struct gw_graph *graph, const struct gw_finding *finding, uint32_t edge)
{
	const struct gw_edge *by = &graph->edges[finding->edges.items[edge]];
	const struct gw_edge *next = &graph->edges[finding->edges.items[(edge + 1) % finding->edges.count]];

	return by->relation == GW_RELATION_RUN_BY &&
	       (action_node(graph, by->to)->type == GW_NODE_TASK || next->relation == GW_RELATION_EXECUTED_BY);
}

/*
 * A job of the loop stands in run_job(), and no fence in it is the hardware's or the driver's own: a reset retires none, and
 * before it does anything it waits for run_job() (drm_sched_stop(), drm_sched_wqueue_stop()).
 */
static bool action_waits_for_run_job(const struct gw_graph *graph, const struct gw_finding *finding)
{
	bool runs = false;

	for (uint32_t i = 0; finding->loop && i < finding->edges.count; i++) {
		if (action_node(graph, graph->edges[finding->edges.items[i]].from)->type == GW_NODE_TIMELINE)
			return false;
		runs |= action_is_in_run_job(graph, finding, i);
	}
	return runs;
}

/* Whether a reset could end it, were there one: the reset itself, or the removal of the device, is not in the loop. */
static bool action_may_reset(const struct gw_graph *graph, const struct gw_finding *finding)
{
	return action_fence(graph, finding) && finding->class != GW_CLASS_RESET_CYCLE &&
	       finding->class != GW_CLASS_UNPLUG_SRCU && !action_waits_for_run_job(graph, finding);
}

/* The driver that the last task of the chain is in, "" if it is in none. */
static const char *action_place(const struct gw_graph *graph, const struct gw_finding *finding)
{
	const struct gw_node *root = action_node(graph, finding->root);
	struct gw_subsystem subsystem = { GW_SUBSYSTEM_UNKNOWN, "", false };

	if (root->type == GW_NODE_TASK && root->task)
		subsystem = gw_subsystem_of_task(graph->snapshot, root->task);
	return subsystem.kind == GW_SUBSYSTEM_GPU && !subsystem.generic ? subsystem.name : "";
}

static void action_reset(struct gw_action *action, const struct gw_graph *graph, const struct gw_finding *finding)
{
	const char *driver = action_fence(graph, finding);

	action->code = GW_ACTION_GPU_RESET;
	action->works = GW_WORKS_UNKNOWN;
	action->fence = driver;
	action->driver = driver ? driver : action_place(graph, finding);
	action->device = action_device(graph, finding, action->driver);
}

static struct gw_action action_of_deadlock(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_action action = { GW_ACTION_REBOOT, GW_WORKS_YES, GW_NO_NODE, "", "", false, 0 };
	uint32_t opens = finding->loop ? action_find_victim(graph, finding, true) : GW_NO_NODE;
	uint32_t closer = action_find_closer(graph, finding);

	action.node = opens;
	/* A lock or section that was left behind stays so, whoever stops to wait for it. */
	if (opens == GW_NO_NODE && finding->class != GW_CLASS_LEAKED_LOCK && finding->class != GW_CLASS_LEAKED_SECTION)
		action.node = action_find_victim(graph, finding, false);
	if (action.node != GW_NO_NODE) {
		bool sure = opens != GW_NO_NODE ? action_is_plain_loop(graph, finding) : action_ends_all(finding);

		action.code = GW_ACTION_KILL;
		action.works = sure ? GW_WORKS_YES : GW_WORKS_UNKNOWN;
	} else if (closer != GW_NO_NODE) {
		action.code = GW_ACTION_CLOSE;
		action.works = GW_WORKS_UNKNOWN;
		action.node = closer;
	} else if (action_may_reset(graph, finding) && !action_reset_failed(graph, finding)) {
		action_reset(&action, graph, finding);
	}
	return action;
}

/* A second reset may do what the first one did not. A power of two: a report is renewed when they have doubled. */
#define TIMEOUTS_IN_VAIN 4

/* Nothing ends the jobs of a silent device but its driver: by a timeout handler, or when it lets go of the device. */
static void action_of_silent_device(struct gw_action *action, const struct gw_graph *graph,
				    const struct gw_finding *finding)
{
	const struct gw_node *root = action_node(graph, finding->root);

	bool in_vain = root->timeouts >= TIMEOUTS_IN_VAIN;

	if (root->reset && root->reset->expires_ns && !in_vain)
		return;
	action_reset(action, graph, finding);
	if (in_vain) {
		action->timeouts = root->timeouts;
		action->code = *action->device ? GW_ACTION_UNBIND : GW_ACTION_REBOOT;
	} else if (root->reset && root->reset->timeout_ns == GW_TIMEOUT_NEVER && *action->device) {
		action->code = GW_ACTION_UNBIND;
	}
}

static struct gw_action action_of_stall(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_action action = { GW_ACTION_WAIT, GW_WORKS_UNKNOWN, GW_NO_NODE, "", "", false, 0 };
	const struct gw_node *root = action_node(graph, finding->root);
	bool user = action_is_process(root);

	if (finding->class == GW_CLASS_SILENT_DEVICE) {
		action_of_silent_device(&action, graph, finding);
	} else if (root->end == GW_END_STOPPED && root->task) {
		action.code = GW_ACTION_CONTINUE;
		action.node = finding->root;
	} else if (finding->kind == GW_KIND_LIVELOCK && user) {
		action.code = GW_ACTION_KILL;
		action.node = finding->root;
	} else if (root->poll && action_fence(graph, finding)) {
		action_reset(&action, graph, finding);
	} else if (finding->kind == GW_KIND_LIVELOCK) {
		action.code = GW_ACTION_REBOOT;
		action.works = GW_WORKS_YES;
	} else if (root->end == GW_END_SLEEPS_IN && action_takes_signals(root)) {
		action.node = finding->root;
	}
	return action;
}

struct gw_action gw_action_of(const struct gw_graph *graph, const struct gw_finding *finding)
{
	return finding->kind == GW_KIND_DEADLOCK ? action_of_deadlock(graph, finding) : action_of_stall(graph, finding);
}

/* ---- in words ------------------------------------------------------------------------------ */

static void action_kill(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action)
{
	const struct gw_node *node = action_node(graph, action->node);

	gw_text_add(text, "Kill process %" PRIu32 ": ", (uint32_t)node->task->tgid);
	if (!gw_task_sleeps(node->task)) {
		gw_text_add(text, "whether ");
		gw_name_phrase(text, graph, node);
		gw_text_add(text, " leaves the kernel for that is not known.");
		return;
	}
	gw_text_add(text, "the sleep of ");
	gw_name_phrase(text, graph, node);
	gw_text_add(text, action->works == GW_WORKS_YES ? " ends by a signal, and what it holds is free then."
							: " ends by a signal; that this is enough is not known.");
}

/* At the end of a chain it may only be slow: who kills it gives up what it does. */
static void action_wait(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action)
{
	gw_text_add(text, "Wait: this may still end by itself.");
	if (action->node == GW_NO_NODE)
		return;
	gw_text_add(text, " Otherwise kill process %" PRIu32 ": the sleep of ",
		    (uint32_t)action_node(graph, action->node)->task->tgid);
	gw_name_phrase(text, graph, action_node(graph, action->node));
	gw_text_add(text, " ends by a signal.");
}

static void action_close(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action)
{
	const struct gw_node *node = action_node(graph, action->node);

	gw_text_add(text, "Close ");
	gw_name_phrase(text, graph, node);
	gw_text_add(
		text,
		", which is not stuck itself: a driver may release what it left behind when its files are closed; that this one does is not known. Otherwise reboot.");
}

static void action_continue(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action)
{
	const struct gw_node *node = action_node(graph, action->node);

	gw_text_add(text, "Let ");
	gw_name_phrase(text, graph, node);
	gw_text_add(text, "%s: that it then does what the others wait for is not shown.",
		    node->task->state & TASK_STOPPED  ? " go on by SIGCONT"
		    : node->task->state & TASK_TRACED ? " go on: end the debugger that has stopped it"
						      : " go on: thaw it, as by 0 in its cgroup's cgroup.freeze");
}

static void action_name_device(struct gw_text *text, const struct gw_action *action)
{
	if (*action->device)
		gw_text_add(text, " %s", action->device);
	if (*action->driver)
		gw_text_add(text, " of driver %s", action->driver);
}

static void action_in_vain(struct gw_text *text, const char *what, const struct gw_action *action)
{
	gw_text_add(text, "%s", what);
	if (action->code == GW_ACTION_UNBIND)
		action_name_device(text, action);
	gw_text_add(text,
		    ": the timeout handler of its jobs has run at least %" PRIu32
		    " times, and the same fence is still not signalled: one more reset is not likely to end this",
		    action->timeouts);
}

static void action_unbind(struct gw_text *text, const struct gw_action *action)
{
	if (action->timeouts) {
		action_in_vain(text, "Unbind the GPU", action);
		gw_text_add(
			text,
			". A driver has to end its jobs when it lets go of the device; that this one does is not known. Otherwise reboot.");
		return;
	}
	gw_text_add(text, "Unbind the GPU");
	action_name_device(text, action);
	gw_text_add(
		text,
		": its driver has no timeout for these jobs, and has to end them when it lets go of the device; that this one does is not known. Otherwise reboot.");
}

void gw_action_sentence(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action)
{
	switch (action->code) {
	case GW_ACTION_WAIT:
		action_wait(text, graph, action);
		return;
	case GW_ACTION_CONTINUE:
		action_continue(text, graph, action);
		return;
	case GW_ACTION_KILL:
		action_kill(text, graph, action);
		return;
	case GW_ACTION_CLOSE:
		action_close(text, graph, action);
		return;
	case GW_ACTION_GPU_RESET:
		gw_text_add(text, "Reset the GPU");
		action_name_device(text, action);
		gw_text_add(
			text,
			action->fence
				? ": a driver that retires its fences then ends this; that this one does is not known. Otherwise reboot."
				: ": a driver may give up then what its device does not answer; that this one does is not known. Otherwise reboot.");
		return;
	case GW_ACTION_UNBIND:
		action_unbind(text, action);
		return;
	case GW_ACTION_REBOOT:
		if (action->timeouts) {
			action_in_vain(text, "Reboot", action);
			gw_text_add(text, ".");
			return;
		}
		gw_text_add(
			text,
			"Reboot: nothing less is known to end this. If the reboot hangs, too, `echo b >/proc/sysrq-trigger` does it without the drivers.");
		return;
	}
}

static const char *action_code_name(enum gw_action_code code)
{
	static const char *const names[] = {
		[GW_ACTION_WAIT] = "wait",     [GW_ACTION_CONTINUE] = "continue",   [GW_ACTION_CLOSE] = "close",
		[GW_ACTION_KILL] = "kill",     [GW_ACTION_GPU_RESET] = "gpu-reset", [GW_ACTION_UNBIND] = "unbind",
		[GW_ACTION_REBOOT] = "reboot",
	};

	return names[code];
}

static const char *action_works_name(enum gw_works works)
{
	static const char *const names[] = {
		[GW_WORKS_YES] = "yes",
		[GW_WORKS_UNKNOWN] = "unknown",
		[GW_WORKS_NO] = "no",
	};

	return names[works];
}

/* ---- what does not end it -------------------------------------------------------------------- */

static const char *action_no_kill(const struct gw_graph *graph, const struct gw_finding *finding)
{
	if (finding->class == GW_CLASS_LEAKED_LOCK || finding->class == GW_CLASS_LEAKED_SECTION)
		return "Killing what waits does not free what was left behind.";
	return action_find_victim(graph, finding, false) == GW_NO_NODE
		       ? "Killing a process does not help: no wait of the chain ends by a signal."
		       : NULL;
}

static const char *action_no_reset(const struct gw_graph *graph, const struct gw_finding *finding)
{
	if (finding->class == GW_CLASS_RESET_CYCLE)
		return "A GPU reset does not help: it waits for what it would end.";
	if (action_waits_for_run_job(graph, finding))
		return "A GPU reset does not help: it waits for the scheduler, which runs a job that is part of this.";
	if (!action_fence(graph, finding))
		return "A GPU reset does not help: it retires fences, and none is part of this.";
	return action_reset_failed(graph, finding)
		       ? "A GPU reset does not help: the kernel log reports that the GPU cannot be reset."
		       : NULL;
}

static const char *action_no_unbind(const struct gw_finding *finding)
{
	if (finding->class == GW_CLASS_UNPLUG_SRCU)
		return "Unbinding the device does not help: its removal is what waits.";
	return finding->class == GW_CLASS_LEAKED_SECTION
		       ? "Unbinding the device does not help: its removal waits for that section."
		       : NULL;
}

static int action_add_smaller(json_t *array, enum gw_action_code code, const char *why)
{
	return why ? json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "code", action_code_name(code), "works",
							    action_works_name(GW_WORKS_NO), "sentence", why))
		   : 0;
}

/* Lesser ones than that of a deadlock: what people try first. */
static json_t *action_smaller(const struct gw_graph *graph, const struct gw_finding *finding, enum gw_action_code code)
{
	json_t *array = json_array();

	if (!array || finding->kind != GW_KIND_DEADLOCK)
		return array;
	if ((code > GW_ACTION_KILL && action_add_smaller(array, GW_ACTION_KILL, action_no_kill(graph, finding)) < 0) ||
	    (code > GW_ACTION_GPU_RESET &&
	     action_add_smaller(array, GW_ACTION_GPU_RESET, action_no_reset(graph, finding)) < 0) ||
	    (code > GW_ACTION_UNBIND && action_add_smaller(array, GW_ACTION_UNBIND, action_no_unbind(finding)) < 0)) {
		json_decref(array);
		return NULL;
	}
	return array;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* What a shell does for it, "" where no command is known to. */
static void action_command(struct gw_text *text, const struct gw_action *action, const struct gw_task_record *task)
{
	if (action->code != GW_ACTION_CONTINUE)
		gw_text_add(text, "kill -%s %" PRIu32, action->code == GW_ACTION_KILL ? "KILL" : "TERM", task->tgid);
	else if (task->state & TASK_STOPPED)
		gw_text_add(text, "kill -CONT %" PRIu32, task->tgid);
	else if (!(task->state & (TASK_TRACED | TASK_FROZEN)))
		gw_text_add(text,
			    "echo 0 >\"/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/%" PRIu32 "/cgroup)/cgroup.freeze\"",
			    task->tgid);
}

static void action_put_process(json_t *json, const struct gw_graph *graph, const struct gw_action *action, bool *failed)
{
	const struct gw_task_record *task = action_node(graph, action->node)->task;
	struct gw_text command = { .data = NULL };

	gw_json_put(json, "pid", gw_json_number(task->tgid), failed);
	action_command(&command, action, task);
	if (command.length)
		gw_json_put(json, "command", gw_text_json(&command), failed);
	gw_text_clear(&command);
}

/* tee: a shell expands no pattern behind '>'. */
static void action_put_device(json_t *json, const struct gw_action *action, bool *failed)
{
	struct gw_text command = { .data = NULL };

	if (action->driver[0])
		gw_json_put(json, "driver", gw_json_text(action->driver), failed);
	if (!*action->device)
		return;
	gw_json_put(json, "device", gw_json_text(action->device), failed);
	if (action->code != GW_ACTION_UNBIND)
		return;
	gw_text_add(&command, "echo %s | tee /sys/bus/*/devices/%s/driver/unbind", action->device, action->device);
	gw_json_put(json, "command", gw_text_json(&command), failed);
}

json_t *gw_action_json(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_action action = gw_action_of(graph, finding);
	struct gw_text sentence = { .data = NULL };
	json_t *json;
	bool failed = false;

	gw_action_sentence(&sentence, graph, &action);
	json = json_pack("{s:s, s:s, s:o}", "code", action_code_name(action.code), "works",
			 action_works_name(action.works), "sentence", gw_text_json(&sentence));
	if (action.code == GW_ACTION_KILL || action.code == GW_ACTION_CLOSE || action.code == GW_ACTION_CONTINUE)
		action_put_process(json, graph, &action, &failed);
	if (action.code == GW_ACTION_GPU_RESET || action.code == GW_ACTION_UNBIND)
		action_put_device(json, &action, &failed);
	gw_json_put(json, "smaller", action_smaller(graph, finding, action.code), &failed);
	if (json && !failed)
		return json;
	json_decref(json);
	return NULL;
}
