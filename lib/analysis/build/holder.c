/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By modules, stacks and calls on record. */
#include "lib/analysis/build/holder.h"

#include <errno.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/stack.h"

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
