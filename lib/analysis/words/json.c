/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of nodes and edges. */
#include "lib/analysis/words/json.h"

#include <stdlib.h>

#include "lib/analysis/graph/locks.h"
#include "lib/analysis/words/end.h"
#include "lib/analysis/words/gpus.h"
#include "lib/analysis/words/names.h"
#include "lib/base/json.h"
#include "lib/base/text.h"

static void json_put_text(json_t *object, const char *key, const char *value, bool *failed)
{
	gw_json_put(object, key, gw_json_text(value), failed);
}

static void json_put_number(json_t *object, const char *key, uint64_t value, bool *failed)
{
	gw_json_put(object, key, gw_json_number(value), failed);
}

json_t *gw_json_id(const struct gw_node *node)
{
	struct gw_text text = { .data = NULL };

	gw_name_id(&text, node);
	return gw_text_json(&text);
}

json_t *gw_json_phrase(const struct gw_graph *graph, const struct gw_node *node)
{
	struct gw_text text = { .data = NULL };

	gw_name_phrase(&text, graph, node);
	return gw_text_json(&text);
}

static json_t *json_symbol(const struct gw_snapshot *snapshot, uint64_t address)
{
	struct gw_text text = { .data = NULL };

	gw_name_address(&text, snapshot, address);
	return gw_text_json(&text);
}

json_t *gw_json_stack(const struct gw_snapshot *snapshot, const __u64 *addresses, uint32_t depth)
{
	json_t *stack = json_array();

	for (uint32_t i = 0; stack && i < depth; i++) {
		if (json_array_append_new(stack, json_symbol(snapshot, addresses[i])) < 0) {
			json_decref(stack);
			return NULL;
		}
	}
	return stack;
}

json_t *gw_json_sections(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	const struct gw_sections *sections = &task->watch.sections;
	struct gw_fault fault;
	const struct {
		const char *name;
		bool inside;
	} all[] = {
		{ "notifier", sections->notifier_mm },
		{ "reclaim", sections->reclaim_since_ns },
		{ "fault", gw_fault_of(snapshot, task->address, &fault) },
		{ "drm-section", sections->drm_depth && sections->drm_device },
		{ "unplug", sections->unplug_device },
		{ "work", sections->work },
	};
	json_t *array = json_array();

	for (size_t i = 0; array && i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].inside && json_array_append_new(array, json_string(all[i].name)) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* Where it is, and what ends its sleep if it sleeps. */
static void json_put_place(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	const struct gw_task_record *task = node->task;
	uint64_t timeout_s = gw_wait_far_timeout_s(&node->wait, gw_snapshot_head(graph->snapshot)->mono_ns);
	struct gw_place place = gw_end_place(graph, node);
	struct gw_text text = { .data = NULL };

	if (gw_task_sleeps(task))
		json_put_text(object, "signals", gw_signals_name(gw_place_signals(task)), failed);
	if (gw_task_sleeps(task) && task->flags & (GW_TASK_F_TIMER | GW_TASK_F_NO_TIMER))
		gw_json_put(object, "timer", json_boolean(task->flags & GW_TASK_F_TIMER), failed);
	if (gw_place_outlasts_kill(task))
		gw_json_put(object, "killed", json_true(), failed);
	if (timeout_s)
		json_put_number(object, "far_timeout_s", timeout_s, failed);
	if (!place.function || (!gw_task_sleeps(task) && !node->spell))
		return;
	gw_name_function(&text, place.driver ? place.driver : place.function);
	gw_json_put(object, "place", gw_text_json(&text), failed);
}

/* What a busy holder or a retry loop did from look to look. */
static void json_put_spell(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	const struct gw_running_record *running = gw_snapshot_running(graph->snapshot, node->address);
	json_t *busy = json_object();

	*failed |= !busy;
	json_put_number(busy, "since_mono_ns", node->spell->since_ns, failed);
	json_put_number(busy, "cpu_time_ns", node->spell->exec_ns, failed);
	json_put_number(busy, "switches", node->spell->switches, failed);
	if (running) {
		json_put_number(busy, "cpu", running->cpu, failed);
		json_put_number(busy, "samples", running->samples, failed);
	}
	if (running && running->samples)
		gw_json_put(busy, "stack", gw_json_stack(graph->snapshot, running->stack, running->stack_depth),
			    failed);
	gw_json_put(object, "busy", busy, failed);
}

static void json_put_task(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool stack,
			  bool *failed)
{
	const struct gw_task_record *task = node->task;
	const struct gw_present_record *present =
		task || node->gone ? NULL : gw_snapshot_present(graph->snapshot, node->address);
	const char *state = node->gone ? "X" : task ? gw_state_letter(task->state) : "";

	if (present)
		state = gw_state_letter(present->state);
	json_put_number(object, "pid", node->pid, failed);
	json_put_number(object, "tgid", task ? task->tgid : present ? present->tgid : 0, failed);
	json_put_text(object, "comm", node->comm, failed);
	json_put_text(object, "state", state, failed);
	json_put_number(object, "since_mono_ns", node->since_ns, failed);
	gw_json_put(object, "address", gw_json_address(node->address), failed);
	gw_json_put(object, "stack",
		    gw_json_stack(graph->snapshot, task ? task->stack : NULL, stack && task ? task->stack_depth : 0),
		    failed);
	if (node->gone)
		gw_json_put(object, "gone", json_true(), failed);
	if (node->wait.kind != GW_WAIT_NONE)
		json_put_text(object, "wait", gw_wait_kind_name(node->wait.kind), failed);
	if (node->stack_wait)
		json_put_text(object, "wait_function", node->stack_wait, failed);
	if (gw_wait_is_fence(&node->wait))
		gw_json_put(object, "interruptible", json_boolean(node->wait.flags & GW_WAIT_F_INTERRUPTIBLE), failed);
	if (task)
		gw_json_put(object, "inside", gw_json_sections(graph->snapshot, task), failed);
	if (task)
		json_put_place(object, graph, node, failed);
	if (node->spell)
		json_put_spell(object, graph, node, failed);
	if (task && task->cgroup_id)
		json_put_number(object, "cgroup_id", task->cgroup_id, failed);
}

static void json_put_fence(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	static const char *const kinds[] = {
		[GW_FENCE_PLAIN] = "plain",
		[GW_FENCE_ARRAY] = "array",
		[GW_FENCE_CHAIN] = "chain",
		[GW_FENCE_SCHED_SCHEDULED] = "sched-scheduled",
		[GW_FENCE_SCHED_FINISHED] = "sched-finished",
	};

	gw_json_put(object, "address", gw_json_address(node->address), failed);
	json_put_number(object, "context", node->context, failed);
	json_put_number(object, "seqno", node->seqno, failed);
	json_put_text(object, "driver", gw_name_driver(graph, node), failed);
	json_put_text(object, "timeline", gw_name_timeline(graph, node), failed);
	if (gw_name_fence_device(graph, node))
		json_put_text(object, "device_name", gw_name_fence_device(graph, node)->name, failed);
	if (node->fence && node->fence->ops)
		gw_json_put(object, "ops", json_symbol(graph->snapshot, node->fence->ops), failed);
	else
		json_put_text(object, "ops", "", failed);
	if (node->type == GW_NODE_JOB)
		gw_json_put(object, "scheduler", gw_json_address(node->fence->scheduler), failed);
	else if (node->fence)
		json_put_text(object, "kind", kinds[node->fence->kind], failed);
}

json_t *gw_json_signallers(const struct gw_snapshot *snapshot, const struct gw_timeline *timeline)
{
	static const char *const kinds[] = {
		[GW_SIGNALLER_NONE] = "none",	    [GW_SIGNALLER_TASK] = "task",	[GW_SIGNALLER_WORK] = "work",
		[GW_SIGNALLER_SOFTIRQ] = "softirq", [GW_SIGNALLER_HARDIRQ] = "hardirq",
	};
	json_t *array = json_array();
	bool failed = !array;

	for (size_t i = 0; !failed && timeline && i < GW_SIGNALLERS; i++) {
		const struct gw_signaller *signaller = &timeline->signallers[i];
		json_t *object;

		if (signaller->kind == GW_SIGNALLER_NONE)
			continue;
		object = json_object();
		json_put_text(object, "kind", kinds[signaller->kind], &failed);
		json_put_number(object, "pid", signaller->pid, &failed);
		json_put_text(object, "comm", signaller->comm, &failed);
		if (signaller->function)
			gw_json_put(object, "function", json_symbol(snapshot, signaller->function), &failed);
		json_put_number(object, "count", signaller->count, &failed);
		failed |= json_array_append_new(array, object) < 0;
	}
	return gw_json_unless(array, failed);
}

static void json_put_timeline(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	json_put_number(object, "context", node->address, failed);
	json_put_text(object, "driver", gw_name_driver(graph, node), failed);
	json_put_text(object, "timeline", gw_name_timeline(graph, node), failed);
	if (node->quiet_since_ns)
		json_put_number(object, "quiet_since_mono_ns", node->quiet_since_ns, failed);
	if (node->timeline)
		json_put_number(object, "signalled_seqno", node->timeline->timeline.seqno, failed);
	if (node->seqno)
		json_put_number(object, "wanted_seqno", node->seqno, failed);
	gw_json_put(object, "signallers",
		    gw_json_signallers(graph->snapshot, node->timeline ? &node->timeline->timeline : NULL), failed);
}

static json_t *json_function(const struct gw_symbol_record *function)
{
	struct gw_text text = { .data = NULL };

	gw_name_function(&text, function);
	return gw_text_json(&text);
}

static void json_put_lock(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(graph->snapshot, node->address);
	const struct gw_symbol_record *taken = symbol || node->mm ? NULL : gw_lock_taken_in(graph, node);

	gw_json_put(object, "address", gw_json_address(node->address), failed);
	json_put_text(object, "lock_type", gw_lock_type(graph, node), failed);
	if (gw_lock_structure(graph, node))
		json_put_text(object, "structure", gw_lock_structure(graph, node), failed);
	json_put_text(object, "symbol", node->mm ? "mmap_lock" : symbol ? symbol->name : "", failed);
	if (taken)
		gw_json_put(object, "taken_in", json_function(taken), failed);
	if (node->mm)
		gw_json_put(object, "mm", gw_json_address(node->mm), failed);
	if (node->lock && node->lock->kind == GW_LOCK_RWSEM)
		json_put_number(object, "readers", node->lock->readers, failed);
}

static void json_put_work(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	static const char *const places[] = {
		[GW_WORK_EXECUTING] = "executing", [GW_WORK_INACTIVE] = "inactive", [GW_WORK_QUEUED] = "queued",
		[GW_WORK_IDLE] = "idle",	   [GW_WORK_DELAYED] = "delayed",
	};

	gw_json_put(object, "address", gw_json_address(node->address), failed);
	json_put_text(object, "workqueue", gw_name_workqueue(node), failed);
	if (node->type != GW_NODE_WORK)
		return;
	if (node->function)
		gw_json_put(object, "function", json_symbol(graph->snapshot, node->function), failed);
	if (node->work)
		json_put_text(object, "place", places[node->work->place], failed);
}

void gw_json_put_fault(json_t *object, const struct gw_fault *fault, bool *failed)
{
	if (fault->pid)
		json_put_number(object, "pid", fault->pid, failed);
	if (fault->pasid)
		json_put_number(object, "pasid", fault->pasid, failed);
	if (fault->address)
		gw_json_put(object, "fault_address", gw_json_address(fault->address), failed);
	if (fault->name[0])
		json_put_text(object, "device_name", fault->name, failed);
	if (fault->driver[0])
		json_put_text(object, "driver", fault->driver, failed);
	if (fault->function)
		json_put_text(object, "handler", fault->function, failed);
	json_put_text(object, "seen", fault->seen, failed);
}

static void json_put_section(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	const struct gw_activity *activity = node->activity;
	struct gw_fault fault;

	gw_json_put(object, "task", gw_json_address(node->address), failed);
	json_put_number(object, "since_mono_ns", node->since_ns, failed);
	if (node->type == GW_NODE_FAULT && gw_fault_of(graph->snapshot, node->address, &fault))
		gw_json_put_fault(object, &fault, failed);
	if (!activity)
		return;
	if (activity->kind == GW_ACTIVITY_FAULT) {
		json_put_number(object, "device", activity->device, failed);
		return;
	}
	json_put_number(object, "pid", activity->pid, failed);
	json_put_number(object, "pasid", activity->pasid, failed);
	json_put_text(object, "phase", activity->kind == GW_ACTIVITY_RESTORE ? "restore" : "evict", failed);
}

static void json_put_device(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool *failed)
{
	const struct gw_device *device = gw_name_find_device(graph->snapshot, node->address);
	const struct gw_gpu_record *gpu = device ? gw_gpu_named(graph->snapshot, device->name) : NULL;

	gw_json_put(object, "address", gw_json_address(node->address), failed);
	json_put_text(object, "name", device ? device->name : "", failed);
	json_put_text(object, "driver", device ? device->driver : "", failed);
	if (device && device->card >= 0)
		json_put_number(object, "card", (uint64_t)device->card, failed);
	else if (gpu && gpu->card >= 0)
		json_put_number(object, "card", (uint64_t)gpu->card, failed);
	if (device && device->render >= 0)
		json_put_number(object, "render", (uint64_t)device->render, failed);
	else if (gpu && gpu->render >= 0)
		json_put_number(object, "render", (uint64_t)gpu->render, failed);
	if (gpu && gpu->kfd_node >= 0)
		json_put_number(object, "kfd_node", (uint64_t)gpu->kfd_node, failed);
}

/* That a task never left. */
static void json_put_left_section(json_t *object, const struct gw_graph *graph, const struct gw_node *node,
				  bool *failed)
{
	gw_json_put(object, "task", gw_json_address(node->extra), failed);
	json_put_number(object, "since_mono_ns", node->since_ns, failed);
	if (node->section->kind == GW_SECTION_DRM)
		json_put_device(object, graph, node, failed);
	else
		gw_json_put(object, "mm", gw_json_address(node->address), failed);
}

static void json_put_fields(json_t *object, const struct gw_graph *graph, const struct gw_node *node, bool stack,
			    bool *failed)
{
	switch (node->type) {
	case GW_NODE_TASK:
		json_put_task(object, graph, node, stack, failed);
		return;
	case GW_NODE_FENCE:
	case GW_NODE_JOB:
		json_put_fence(object, graph, node, failed);
		return;
	case GW_NODE_TIMELINE:
		json_put_timeline(object, graph, node, failed);
		return;
	case GW_NODE_LOCK:
		json_put_lock(object, graph, node, failed);
		return;
	case GW_NODE_WORK:
	case GW_NODE_WORKQUEUE:
	case GW_NODE_SLOTS:
		json_put_work(object, graph, node, failed);
		return;
	case GW_NODE_NOTIFIER:
		gw_json_put(object, "mm", gw_json_address(node->address), failed);
		json_put_number(object, "since_mono_ns", node->since_ns, failed);
		return;
	case GW_NODE_SRCU:
		gw_json_put(object, "address", gw_json_address(node->address), failed);
		gw_json_put(object, "symbol", json_symbol(graph->snapshot, node->address), failed);
		return;
	case GW_NODE_DEVICE:
		json_put_device(object, graph, node, failed);
		return;
	case GW_NODE_PAGE:
		gw_json_put(object, node->extra ? "mm" : "address", gw_json_address(node->address), failed);
		if (node->extra)
			gw_json_put(object, "user_address", gw_json_address(node->extra), failed);
		return;
	case GW_NODE_SECTION:
		json_put_left_section(object, graph, node, failed);
		return;
	case GW_NODE_FAULT:
	case GW_NODE_RECLAIM:
	case GW_NODE_EVICTION:
		json_put_section(object, graph, node, failed);
		return;
	}
}

/* What its job's timeout handler will do, and when. */
static json_t *json_timeout_handler(const struct gw_node *node)
{
	static const char *const states[] = {
		[GW_WORK_EXECUTING] = "due", [GW_WORK_INACTIVE] = "due",    [GW_WORK_QUEUED] = "due",
		[GW_WORK_IDLE] = "idle",     [GW_WORK_DELAYED] = "waiting",
	};
	const struct gw_reset_record *reset = node->reset;
	bool failed = false;
	json_t *object = json_object();
	const char *state = reset->timeout_ns == GW_TIMEOUT_NEVER ? "disabled" : states[reset->place];

	gw_json_put(object, "scheduler", json_string(reset->name), &failed);
	json_put_text(object, "state", state ? state : "unknown", &failed);
	if (reset->timeout_ns != GW_TIMEOUT_NEVER)
		json_put_number(object, "timeout_ns", reset->timeout_ns, &failed);
	if (reset->expires_ns)
		json_put_number(object, "expires_mono_ns", reset->expires_ns, &failed);
	if (node->timeouts)
		json_put_number(object, "runs", node->timeouts, &failed);
	return gw_json_unless(object, failed);
}

json_t *gw_json_node(const struct gw_graph *graph, const struct gw_node *node, bool stack)
{
	json_t *object = json_object();
	bool failed = !object;

	gw_json_put(object, "id", gw_json_id(node), &failed);
	json_put_text(object, "type", gw_node_type_name(node->type), &failed);
	gw_json_put(object, "phrase", gw_json_phrase(graph, node), &failed);
	json_put_fields(object, graph, node, stack, &failed);
	if (node->why)
		json_put_text(object, "note", node->why, &failed);
	if (node->reset)
		gw_json_put(object, "timeout_handler", json_timeout_handler(node), &failed);
	if (node->end != GW_END_NONE)
		json_put_text(object, "end", gw_end_name(node->end), &failed);
	return gw_json_unless(object, failed);
}

json_t *gw_json_edge(const struct gw_graph *graph, const struct gw_edge *edge)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:s, s:s}", "from", gw_json_id(&graph->nodes[edge->from]), "to",
			 gw_json_id(&graph->nodes[edge->to]), "relation", gw_relation_name(edge->relation),
			 "since_mono_ns", gw_json_number(edge->since_ns), "evidence", gw_evidence_name(edge->evidence),
			 "confidence", gw_confidence_name(edge->confidence));
}
