/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Begins at the waiting tasks and expands until nothing is new. */
#include "lib/analysis/build/build.h"

#include <errno.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/build/builder.h"
#include "lib/analysis/build/fence.h"
#include "lib/analysis/build/holder.h"
#include "lib/analysis/build/lock.h"
#include "lib/analysis/build/section.h"
#include "lib/analysis/build/task.h"
#include "lib/analysis/build/timeline.h"
#include "lib/analysis/build/work.h"

/* The GPU wait function that a sleeping task without a known wait is in, innermost first; NULL if none. */
static const char *build_find_stack_wait(const struct gw_builder *builder, const struct gw_task_record *task)
{
	for (uint32_t i = 0; builder->gpu_waits.count && gw_task_sleeps(task) && i < task->stack_depth; i++) {
		struct gw_index_range symbols = gw_index_find(&builder->gpu_waits, task->stack[i]);

		if (symbols.count)
			return ((const struct gw_symbol_record *)symbols.members[0].record)->name;
	}
	return NULL;
}

/* In D, or held by the freezer: somebody may ask whose fault that is, although nobody tracks what it waits for. */
static bool build_is_in_d(const struct gw_task_record *task)
{
	return (gw_task_sleeps(task) && (task->state & (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)) == TASK_UNINTERRUPTIBLE) ||
	       (task->state & TASK_FROZEN);
}

/* A node for each task that waits for anything, so that expanding adds no waiting task any more. */
static int build_add_waiting_tasks(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	struct gw_wait wait;
	uint32_t node;

	for (size_t i = 0; i < n_tasks; i++) {
		bool known = gw_task_wait(tasks[i], &wait);
		const char *stack_wait = known ? NULL : build_find_stack_wait(builder, tasks[i]);

		if (!known && !stack_wait && !build_is_in_d(tasks[i]))
			continue;
		if (gw_builder_task(builder, tasks[i], &node) < 0)
			return -ENOMEM;
		gw_builder_node(builder, node)->stack_wait = stack_wait;
	}
	return 0;
}

/* ---- what of a graph has to do with a GPU: a chain that has nothing of it is somebody else's --------------- */

static bool build_has_gpu_address(const struct gw_builder *builder, uint64_t address)
{
	return address && gw_index_find(&builder->gpu_symbols, address).count > 0;
}

static bool build_has_gpu_task(const struct gw_builder *builder, const struct gw_node *node)
{
	if (gw_wait_is_fence(&node->wait) || node->stack_wait)
		return true;
	return node->task && (build_has_gpu_address(builder, node->task->watch.sections.work_function) ||
			      gw_builder_has_gpu_on_stack(builder, node->task));
}

static bool build_is_of_gpu(const struct gw_builder *builder, const struct gw_node *node)
{
	switch (node->type) {
	case GW_NODE_FENCE:
	case GW_NODE_TIMELINE:
	case GW_NODE_JOB:
	case GW_NODE_DEVICE:
	case GW_NODE_FAULT:
	case GW_NODE_EVICTION:
		return true;
	case GW_NODE_TASK:
		return build_has_gpu_task(builder, node);
	case GW_NODE_LOCK:
		return build_has_gpu_address(builder, node->address);
	case GW_NODE_SRCU:
		return node->address == builder->unplug_srcu || build_has_gpu_address(builder, node->address);
	case GW_NODE_WORK:
		return build_has_gpu_address(builder, node->function);
	default:
		return false;
	}
}

static void build_mark_gpu(struct gw_builder *builder)
{
	for (uint32_t i = 0; i < builder->graph->n_nodes; i++)
		builder->graph->nodes[i].gpu = build_is_of_gpu(builder, &builder->graph->nodes[i]);
}

/* ---- the graph ------------------------------------------------------------------------------- */

static int build_expand(struct gw_builder *builder, uint32_t node)
{
	switch (gw_builder_node(builder, node)->type) {
	case GW_NODE_TASK:
		return gw_expand_task(builder, node);
	case GW_NODE_FENCE:
		return gw_expand_fence(builder, node);
	case GW_NODE_TIMELINE:
		return gw_expand_timeline(builder, node);
	case GW_NODE_LOCK:
		return gw_expand_lock(builder, node);
	case GW_NODE_NOTIFIER:
		return gw_expand_notifier(builder, node);
	case GW_NODE_SRCU:
		return gw_expand_srcu(builder, node);
	case GW_NODE_DEVICE:
		return gw_expand_device(builder, node);
	case GW_NODE_JOB:
		return gw_expand_job(builder, node);
	case GW_NODE_PAGE:
		return gw_expand_page(builder, node);
	case GW_NODE_WORK:
		return gw_expand_work(builder, node);
	case GW_NODE_WORKQUEUE:
		return gw_expand_workqueue(builder, node);
	case GW_NODE_FAULT: /* their edges came with the task */
	case GW_NODE_RECLAIM:
	case GW_NODE_EVICTION:
	case GW_NODE_SECTION:
	case GW_NODE_SLOTS:
		return 0;
	}
	return 0;
}

/* Nodes that must have heard from all who wait for them: of the device, of the earliest wait. */
static bool build_expands_late(const struct gw_node *node)
{
	return node->type == GW_NODE_TIMELINE || node->type == GW_NODE_WORKQUEUE || node->type == GW_NODE_SRCU;
}

static int build_expand_all(struct gw_builder *builder)
{
	struct gw_graph *graph = builder->graph;
	uint32_t early;

	for (early = 0; early < graph->n_nodes; early++)
		if (!build_expands_late(&graph->nodes[early]) && build_expand(builder, early) < 0)
			return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_nodes; i++)
		if ((i >= early || build_expands_late(&graph->nodes[i])) && build_expand(builder, i) < 0)
			return -ENOMEM;
	return 0;
}

int gw_graph_build(struct gw_graph *ret, const struct gw_snapshot *now, const struct gw_snapshot *before,
		   const struct gw_spells *spells, const struct gw_progress *progress)
{
	struct gw_builder builder;
	int r;

	gw_graph_init(ret, now);
	r = gw_builder_init(&builder, ret, now, before, spells, progress);
	r = r ?: build_add_waiting_tasks(&builder);
	r = r ?: build_expand_all(&builder);
	if (r == 0)
		build_mark_gpu(&builder);
	r = r ?: gw_graph_finish(ret);
	gw_builder_deinit(&builder);
	return r;
}
