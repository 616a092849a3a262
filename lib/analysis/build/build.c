/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of building a graph: group the records, begin at the waiting tasks, expand until nothing is new. */
#include "lib/analysis/build/build.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/analysis/build/builder.h"
#include "lib/analysis/record/stack.h"

int gw_builder_edge(struct gw_builder *builder, uint32_t from, uint32_t to, enum gw_relation relation,
		    enum gw_evidence evidence, enum gw_confidence grade, uint64_t since_ns)
{
	const struct gw_edge edge = {
		.from = from,
		.to = to,
		.relation = relation,
		.evidence = evidence,
		.grade = grade,
		.since_ns = since_ns,
	};

	return gw_graph_edge(builder->graph, &edge);
}

int gw_builder_live(struct gw_builder *builder, uint32_t node, const char *why)
{
	gw_builder_node(builder, node)->leaf = GW_LEAF_LIVE;
	gw_builder_node(builder, node)->why = why;
	return 0;
}

int gw_builder_dead(struct gw_builder *builder, uint32_t node, enum gw_confidence grade, const char *why)
{
	gw_builder_node(builder, node)->leaf = GW_LEAF_DEAD;
	gw_builder_node(builder, node)->grade = grade;
	gw_builder_node(builder, node)->why = why;
	return 0;
}

int gw_builder_task(struct gw_builder *builder, const struct gw_task_record *task, uint32_t *ret)
{
	int r = gw_graph_node(builder->graph, GW_NODE_TASK, task->address, task->start_ns, ret);
	struct gw_node *node;

	if (r <= 0)
		return r;
	node = gw_builder_node(builder, *ret);
	node->task = task;
	node->pid = task->pid;
	node->comm = task->comm;
	if (gw_task_wait(task, &node->wait))
		node->since_ns = node->wait.since_ns;
	return 0;
}

int gw_builder_task_at(struct gw_builder *builder, uint64_t address, uint64_t start_ns, uint32_t *ret)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, address);
	const struct gw_present_record *present = gw_snapshot_present(builder->now, address);
	int r;

	*ret = GW_NO_NODE;
	if (task && (start_ns == 0 || task->start_ns == start_ns))
		return gw_state_is_dead(task->state, task->flags) ? 0 : gw_builder_task(builder, task, ret);
	if (!present || (start_ns != 0 && present->start_ns != start_ns) ||
	    gw_state_is_dead(present->state, present->flags))
		return 0;
	r = gw_graph_node(builder->graph, GW_NODE_TASK, address, present->start_ns, ret);
	if (r < 0)
		return r;
	gw_builder_node(builder, *ret)->pid = present->pid;
	gw_builder_node(builder, *ret)->comm = present->comm;
	return 0;
}

int gw_builder_gone_task(struct gw_builder *builder, uint64_t address, uint64_t start_ns, uint32_t pid,
			 const char *comm, uint32_t *ret)
{
	int r = gw_graph_node(builder->graph, GW_NODE_TASK, address, start_ns, ret);
	struct gw_node *node;

	if (r <= 0)
		return r;
	node = gw_builder_node(builder, *ret);
	node->gone = true;
	node->pid = pid;
	node->comm = comm;
	return gw_builder_dead(builder, *ret, GW_CONFIDENCE_PROVEN, "no longer exists");
}

static bool waits_for_srcu(const struct gw_task_record *task)
{
	struct gw_wait wait;

	return gw_task_wait(task, &wait) && wait.kind == GW_WAIT_SRCU;
}

static int group_task(struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_sections *sections = &task->watch.sections;
	bool in_drm = sections->drm_depth > 0 && sections->drm_device && !waits_for_srcu(task);
	struct gw_wait wait;
	int r = gw_groups_add(&builder->executing, sections->work, task);

	r = r ?: gw_groups_add(&builder->functions, sections->work_function, task);
	r = r ?: gw_groups_add(&builder->pools, sections->work_pwq, task);
	r = r ?: gw_groups_add(&builder->workqueues, sections->workqueue, task);
	r = r ?: gw_groups_add(&builder->notifiers, sections->notifier_mm, task);
	r = r ?: gw_groups_add(&builder->drm_sections, in_drm, task);
	r = r ?: gw_groups_add(&builder->unplugs, sections->unplug_device, task);
	r = r ?: gw_groups_add(&builder->mms, task->mm, task);
	if (gw_task_wait(task, &wait) && wait.kind == GW_WAIT_LOCK)
		r = r ?: gw_groups_add(&builder->lock_waiters, wait.object, task);
	return r;
}

static int group_records(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	const struct gw_work_record *const *works;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks), n_works = gw_snapshot_works(builder->now, &works);
	int r = 0;

	for (size_t i = 0; i < n_tasks && r == 0; i++)
		if (gw_snapshot_task(builder->now, tasks[i]->address) == tasks[i])
			r = group_task(builder, tasks[i]);
	for (size_t i = 0; i < n_works && r == 0; i++) {
		if (works[i]->place != GW_WORK_INACTIVE || gw_snapshot_work(builder->now, works[i]->work) != works[i])
			continue;
		r = gw_groups_add(&builder->inactive_functions, works[i]->function, works[i]);
		r = r ?: gw_groups_add(&builder->inactive_workqueues, works[i]->workqueue, works[i]);
	}
	return r;
}

/* All groups of a builder, for what is done to each. */
#define ALL_GROUPS(builder)                                                                                            \
	{                                                                                                              \
		&(builder)->executing, &(builder)->functions, &(builder)->pools, &(builder)->workqueues,               \
			&(builder)->notifiers, &(builder)->drm_sections, &(builder)->unplugs, &(builder)->mms,         \
			&(builder)->lock_waiters, &(builder)->inactive_functions, &(builder)->inactive_workqueues,     \
			&(builder)->gpu_waits                                                                          \
	}

static void sort_groups(struct gw_builder *builder)
{
	struct gw_groups *all[] = ALL_GROUPS(builder);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		gw_groups_sort(all[i]);
}

static void free_groups(struct gw_builder *builder)
{
	struct gw_groups *all[] = ALL_GROUPS(builder);

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		gw_groups_deinit(all[i]);
}

static int group_symbols(struct gw_builder *builder)
{
	const struct gw_symbol_record *const *symbols;
	size_t count = gw_snapshot_symbols(builder->now, &symbols);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		if (gw_stack_is_gpu_wait(symbols[i]))
			r = gw_groups_add(&builder->gpu_waits, symbols[i]->address, symbols[i]);
	return r;
}

/* The GPU wait function that a sleeping task without a known wait is in, innermost first; NULL if none. */
static const char *find_stack_wait(const struct gw_builder *builder, const struct gw_task_record *task)
{
	for (uint32_t i = 0; builder->gpu_waits.count && gw_task_sleeps(task) && i < task->stack_depth; i++) {
		struct gw_group symbols = gw_groups_find(&builder->gpu_waits, task->stack[i]);

		if (symbols.count)
			return ((const struct gw_symbol_record *)symbols.members[0].record)->name;
	}
	return NULL;
}

/* A node for each task that waits for anything, so that expanding adds no waiting task any more. */
static int add_waiting_tasks(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	struct gw_wait wait;
	uint32_t node;

	for (size_t i = 0; i < n_tasks; i++) {
		bool known = gw_task_wait(tasks[i], &wait);
		const char *stack_wait = known ? NULL : find_stack_wait(builder, tasks[i]);

		if ((!known && !stack_wait) || gw_snapshot_task(builder->now, tasks[i]->address) != tasks[i])
			continue;
		if (gw_builder_task(builder, tasks[i], &node) < 0)
			return -ENOMEM;
		gw_builder_node(builder, node)->stack_wait = stack_wait;
	}
	return 0;
}

static int expand(struct gw_builder *builder, uint32_t node)
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
	case GW_NODE_WORK:
		return gw_expand_work(builder, node);
	case GW_NODE_WORKQUEUE:
		return gw_expand_workqueue(builder, node);
	case GW_NODE_FAULT: /* their edges came with the task */
	case GW_NODE_RECLAIM:
	case GW_NODE_EVICTION:
	case GW_NODE_SLOTS:
		return 0;
	}
	return 0;
}

/* Nodes that must have heard from all who wait for them: of the device, of the earliest wait. */
static bool expands_late(const struct gw_node *node)
{
	return node->type == GW_NODE_TIMELINE || node->type == GW_NODE_WORKQUEUE || node->type == GW_NODE_SRCU;
}

static int expand_all(struct gw_builder *builder)
{
	struct gw_graph *graph = builder->graph;
	uint32_t early;

	for (early = 0; early < graph->n_nodes; early++)
		if (!expands_late(&graph->nodes[early]) && expand(builder, early) < 0)
			return -ENOMEM;
	for (uint32_t i = 0; i < graph->n_nodes; i++)
		if ((i >= early || expands_late(&graph->nodes[i])) && expand(builder, i) < 0)
			return -ENOMEM;
	return 0;
}

int gw_graph_build(struct gw_graph *ret, const struct gw_snapshot *now, const struct gw_snapshot *before)
{
	struct gw_builder builder = {
		.graph = ret,
		.now = now,
		.before = before,
		.unplug_srcu = gw_snapshot_host(now)->unplug_srcu,
		.mmap_lock_offset = gw_snapshot_host(now)->mmap_lock_offset,
		.complete = !gw_snapshot_head(now)->incomplete,
	};
	int r;

	gw_graph_init(ret, now);
	r = group_records(&builder);
	r = r ?: group_symbols(&builder);
	if (r == 0) {
		sort_groups(&builder);
		r = add_waiting_tasks(&builder);
	}
	r = r ?: expand_all(&builder);
	r = r ?: gw_graph_finish(ret);
	free_groups(&builder);
	return r;
}
