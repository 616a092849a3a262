/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loop ends where one of its waits does. A signal ends the wait of a process in an interruptible or killable sleep; what
 * that process holds, or is inside of, is free when its system call returns. Kernel threads take no signals.
 */
#include "lib/analysis/words/action.h"

#include <inttypes.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/words/names.h"
#include "lib/base/json.h"

static const struct gw_node *action_node(const struct gw_graph *graph, uint32_t node)
{
	return &graph->nodes[node];
}

static bool action_takes_signals(const struct gw_node *node)
{
	return node->type == GW_NODE_TASK && node->task && !(node->task->flags & GW_TASK_F_KTHREAD) &&
	       node->task->pid > 1 && gw_task_sleeps(node->task) && gw_place_signals(node->task) != GW_SIGNALS_NONE;
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

/* The driver of the fence that is in the way, "" if that is drm_sched's and no other is; NULL if there is none. */
static const char *action_fence(const struct gw_graph *graph, const struct gw_finding *finding)
{
	const char *driver = NULL;

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = action_node(graph, finding->chain.items[i]);

		if (node->type != GW_NODE_JOB && node->type != GW_NODE_FENCE)
			continue;
		if (!node->fence || !node->fence->scheduler)
			return gw_name_driver(graph, node);
		driver = "";
	}
	return driver;
}

static struct gw_action action_of_deadlock(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_action action = { GW_ACTION_REBOOT, GW_WORKS_YES, GW_NO_NODE, "" };
	uint32_t opens = finding->loop ? action_find_victim(graph, finding, true) : GW_NO_NODE;
	const char *driver = action_fence(graph, finding);

	action.node = opens;
	/* A lock or section that was left behind stays so, whoever stops to wait for it. */
	if (opens == GW_NO_NODE && finding->class != GW_CLASS_LEAKED_LOCK && finding->class != GW_CLASS_LEAKED_SECTION)
		action.node = action_find_victim(graph, finding, false);
	if (action.node != GW_NO_NODE) {
		bool sure = opens != GW_NO_NODE ? action_is_plain_loop(graph, finding) : action_ends_all(finding);

		action.code = GW_ACTION_KILL;
		action.works = sure ? GW_WORKS_YES : GW_WORKS_UNKNOWN;
	} else if (driver && finding->class != GW_CLASS_RESET_CYCLE && finding->class != GW_CLASS_UNPLUG_SRCU) {
		action.code = GW_ACTION_GPU_RESET;
		action.works = GW_WORKS_UNKNOWN;
		action.driver = driver;
	}
	return action;
}

static struct gw_action action_of_stall(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_action action = { GW_ACTION_WAIT, GW_WORKS_UNKNOWN, GW_NO_NODE, "" };
	const struct gw_node *root = action_node(graph, finding->root);
	bool user = root->type == GW_NODE_TASK && root->task && !(root->task->flags & GW_TASK_F_KTHREAD);

	if (finding->class == GW_CLASS_SILENT_DEVICE && !(root->reset && root->reset->expires_ns)) {
		const char *driver = action_fence(graph, finding);

		action.code = GW_ACTION_GPU_RESET;
		action.driver = driver ? driver : "";
	} else if (finding->kind == GW_KIND_LIVELOCK && user) {
		action.code = GW_ACTION_KILL;
		action.node = finding->root;
	} else if (finding->kind == GW_KIND_LIVELOCK) {
		action.code = GW_ACTION_REBOOT;
		action.works = GW_WORKS_YES;
	}
	return action;
}

struct gw_action gw_action_of(const struct gw_graph *graph, const struct gw_finding *finding)
{
	return finding->kind == GW_KIND_DEADLOCK ? action_of_deadlock(graph, finding) : action_of_stall(graph, finding);
}

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

void gw_action_sentence(struct gw_text *text, const struct gw_graph *graph, const struct gw_action *action)
{
	switch (action->code) {
	case GW_ACTION_WAIT:
		gw_text_add(text, "Wait: it is not shown that this does not end by itself.");
		return;
	case GW_ACTION_KILL:
		action_kill(text, graph, action);
		return;
	case GW_ACTION_GPU_RESET:
		gw_text_add(
			text,
			"Reset the GPU%s%s: a driver that retires its fences then ends this; that this one does is not known. Otherwise reboot.",
			*action->driver ? " of driver " : "", action->driver);
		return;
	case GW_ACTION_REBOOT:
		gw_text_add(text, "Reboot: gpuwatch knows of nothing less that ends this.");
		return;
	}
}

static const char *action_code_name(enum gw_action_code code)
{
	static const char *const names[] = {
		[GW_ACTION_WAIT] = "wait",
		[GW_ACTION_KILL] = "kill",
		[GW_ACTION_GPU_RESET] = "gpu-reset",
		[GW_ACTION_REBOOT] = "reboot",
	};

	return names[code];
}

json_t *gw_action_json(const struct gw_graph *graph, const struct gw_finding *finding)
{
	struct gw_action action = gw_action_of(graph, finding);
	struct gw_text sentence = { .data = NULL }, command = { .data = NULL };
	json_t *json;
	bool failed = false;

	gw_action_sentence(&sentence, graph, &action);
	json = json_pack("{s:s, s:s, s:o}", "code", action_code_name(action.code), "works",
			 action.works == GW_WORKS_YES ? "yes" : "unknown", "sentence", gw_text_json(&sentence));
	if (action.code == GW_ACTION_KILL) {
		uint32_t pid = action_node(graph, action.node)->task->tgid;

		gw_text_add(&command, "kill -KILL %" PRIu32, pid);
		gw_json_put(json, "pid", gw_json_number(pid), &failed);
		gw_json_put(json, "command", gw_text_json(&command), &failed);
	}
	if (action.code == GW_ACTION_GPU_RESET && action.driver[0])
		gw_json_put(json, "driver", gw_json_text(action.driver), &failed);
	if (json && !failed)
		return json;
	json_decref(json);
	return NULL;
}
