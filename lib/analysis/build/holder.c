/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By modules, stacks and calls on record. */
#include "lib/analysis/build/holder.h"

#include <errno.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/stack.h"

/* ---- locks that were handed over --------------------------------------------------- */

/* Workers that are shown for one lock, and its waiters that are asked for their module. */
#define HANDOVER_WORKERS_MAX 16
#define HANDOVER_WAITERS_MAX 64

/* Drivers execute short items all the time: one that is to release a lock which others wait for takes longer. */
#define HANDOVER_MIN_NS 50000000ULL

/* The module through which tasks came to the lock; NULL if none of them came through one. */
static const char *holder_handover_module(const struct gw_builder *builder, uint64_t lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);

	for (size_t i = 0; i < waiters.count && i < HANDOVER_WAITERS_MAX; i++) {
		const struct gw_symbol_record *frame = gw_stack_module_frame(builder->now, waiters.members[i].record);

		if (frame)
			return frame->module;
	}
	return NULL;
}

/*
 * Whoever got the lock to release it does so in good time. A driver always has some item that runs: after so long, what is
 * left of those that could be meant proves nothing any more.
 */
#define HANDOVER_PATIENCE_NS 60000000000ULL

static bool holder_handover_is_overdue(const struct gw_builder *builder, uint64_t lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);
	uint64_t now_ns = gw_snapshot_head(builder->now)->mono_ns;
	struct gw_wait wait;

	for (size_t i = 0; i < waiters.count; i++)
		if (gw_task_wait(waiters.members[i].record, &wait) && wait.since_ns &&
		    wait.since_ns + HANDOVER_PATIENCE_NS < now_ns)
			return true;
	return false;
}

/* It executes an item of the module, for some time, and does not itself wait for the lock. */
static bool holder_handover_may_release(const struct gw_builder *builder, const struct gw_task_record *worker,
					const char *module, uint64_t lock)
{
	const struct gw_symbol_record *function =
		gw_snapshot_symbol(builder->now, worker->watch.sections.work_function);
	uint64_t began_ns = worker->watch.sections.work_since_ns;
	struct gw_wait wait;

	if (!worker->watch.sections.work || !function || strcmp(function->module, module) != 0)
		return false;
	if (began_ns && began_ns + HANDOVER_MIN_NS > gw_snapshot_head(builder->now)->mono_ns)
		return false;
	return !gw_task_wait(worker, &wait) || wait.kind != GW_WAIT_LOCK || wait.object != lock;
}

int gw_holder_handover(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	const char *module = holder_handover_is_overdue(builder, lock) ? NULL : holder_handover_module(builder, lock);
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int found = 0;

	for (size_t i = 0; module && i < n_tasks && found < HANDOVER_WORKERS_MAX; i++) {
		uint32_t worker;

		if (gw_snapshot_task(builder->now, tasks[i]->address) != tasks[i] ||
		    !holder_handover_may_release(builder, tasks[i], module, lock))
			continue;
		if (gw_builder_task(builder, tasks[i], &worker) < 0 ||
		    gw_builder_edge(builder, node, worker, GW_RELATION_RELEASED_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, tasks[i]->watch.sections.work_since_ns) < 0)
			return -ENOMEM;
		found++;
	}
	return found;
}

/* ---- devices whose power state changes ---------------------------------------------- */

/* The device of the task's innermost call: whether that one's callback runs shows the stack. */
static uint64_t holder_power_innermost(const struct gw_task_record *task)
{
	for (uint32_t i = task->watch.depth; i > 0; i--) {
		const struct gw_wait *wait = &task->watch.waits[i - 1];

		if (wait->kind == GW_WAIT_POWER || wait->kind == GW_WAIT_POWER_CALL)
			return wait->object;
	}
	return 0;
}

/* Whether the task runs the device's callback. A call around another one is in its callback, or its state would not change. */
static enum gw_stack_answer holder_power_runs_callback(const struct gw_builder *builder,
						       const struct gw_task_record *task, uint64_t device)
{
	if (holder_power_innermost(task) != device)
		return GW_STACK_YES;
	return gw_stack_in_power_callback(builder->now, task);
}

static int holder_power_callback_in(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
				    enum gw_confidence confidence)
{
	uint32_t to;

	if (gw_builder_task(builder, task, &to) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, to, GW_RELATION_CALLBACK_IN, GW_EVIDENCE_TRACEPOINT, confidence, 0);
}

int gw_expand_power(struct gw_builder *builder, uint32_t node)
{
	uint64_t address = gw_builder_node(builder, node)->address;
	const struct gw_device *device = gw_snapshot_device(builder->now, address);
	struct gw_index_range callers = gw_index_find(&builder->power_calls, address);
	size_t found = 0;

	if (device->power != RPM_RESUMING && device->power != RPM_SUSPENDING)
		return gw_builder_live(builder, node, "has changed its power state");
	/* Of several that seem to, one does. */
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	for (size_t i = 0; i < callers.count; i++) {
		const struct gw_task_record *task = callers.members[i].record;
		enum gw_stack_answer answer = holder_power_runs_callback(builder, task, address);

		if (answer == GW_STACK_NO)
			continue;
		found++;
		if (holder_power_callback_in(builder, node, task,
					     answer == GW_STACK_YES ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE) <
		    0)
			return -ENOMEM;
	}
	return found ? 0 : gw_builder_live(builder, node, "changes its power state by a task that is not on record");
}

/* ---- pages ---------------------------------------------------------------------------- */

/* Migrations that are shown for one page. */
#define PAGE_HOLDERS_MAX 16

/*
 * Waits in the middle of a migration, which holds the locks of the pages that it moves. Whoever waits for a page itself
 * may be just about to lock its first one.
 */
static bool holder_may_hold_page(const struct gw_builder *builder, const struct gw_task_record *task)
{
	struct gw_wait wait;

	return gw_task_wait(task, &wait) && wait.kind != GW_WAIT_PAGE && gw_task_sleeps(task) &&
	       gw_stack_migrates(builder->now, task);
}

int gw_expand_page(struct gw_builder *builder, uint32_t node)
{
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks), found = 0;

	/* One of them holds it, if any does. */
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	for (size_t i = 0; i < n_tasks && found < PAGE_HOLDERS_MAX; i++) {
		uint32_t task;

		if (gw_snapshot_task(builder->now, tasks[i]->address) != tasks[i] ||
		    !holder_may_hold_page(builder, tasks[i]))
			continue;
		found++;
		if (gw_builder_task(builder, tasks[i], &task) < 0 ||
		    gw_builder_edge(builder, node, task, GW_RELATION_HELD_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	}
	return found ? 0
		     : gw_builder_live(
			       builder, node,
			       "is held; the kernel does not record by whom, no task that migrates pages is blocked, and anybody may release it");
}
