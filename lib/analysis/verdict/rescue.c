/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The modules of all items that can go on, once per snapshot; then the drivers of a loop's fences are looked up. */
#include "lib/analysis/verdict/rescue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/record/index.h"
#include "lib/base/array.h"

struct rescue {
	const struct gw_graph *graph;
	const struct gw_stuck *stuck;
	struct gw_index pools; /* workers by the pool_workqueue of what they execute */
	const char **modules;  /* sorted */
	size_t count, allocated;
	bool handler; /* a scheduler's timeout handler can go on */
};

static bool rescue_is_dead(const struct rescue *rescue, enum gw_node_type type, uint64_t address, uint64_t extra)
{
	uint32_t node = gw_graph_find(rescue->graph, type, address, extra);

	return node != GW_NO_NODE && rescue->stuck->dead[node];
}

/* It runs, or will by itself. What sleeps without an end waits for somebody, and that may be the loop. */
static bool rescue_goes_on(const struct rescue *rescue, const struct gw_task_record *task)
{
	return (!gw_task_sleeps(task) || gw_task_has_timer(task)) &&
	       !rescue_is_dead(rescue, GW_NODE_TASK, task->address, task->start_ns);
}

/* It waits for room, and nobody who has it goes on. */
static bool rescue_is_held_back(const struct rescue *rescue, const struct gw_work_record *work)
{
	struct gw_index_range workers = gw_index_find(&rescue->pools, work->pwq);

	for (size_t i = 0; i < workers.count; i++)
		if (rescue_goes_on(rescue, workers.members[i].record))
			return false;
	return work->place == GW_WORK_INACTIVE;
}

static int rescue_add(struct rescue *rescue, uint64_t function)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(rescue->graph->snapshot, function);

	if (!symbol || !symbol->module[0])
		return 0;
	rescue->handler |= strcmp(symbol->name, "drm_sched_job_timedout") == 0;
	if (gw_array_reserve(rescue->modules, rescue->count, rescue->allocated, 1) < 0)
		return -ENOMEM;
	rescue->modules[rescue->count++] = symbol->module;
	return 0;
}

static int rescue_add_executed(struct rescue *rescue)
{
	const struct gw_task_record *const *tasks;
	size_t count = gw_snapshot_tasks(rescue->graph->snapshot, &tasks);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct gw_sections *sections = &tasks[i]->watch.sections;

		if (!sections->work)
			continue;
		r = gw_index_add(&rescue->pools, sections->work_pwq, tasks[i]);
		if (r == 0 && rescue_goes_on(rescue, tasks[i]))
			r = rescue_add(rescue, sections->work_function);
	}
	return r ?: gw_index_finish(&rescue->pools);
}

static int rescue_add_queued(struct rescue *rescue)
{
	const struct gw_work_record *const *works;
	size_t count = gw_snapshot_works(rescue->graph->snapshot, &works);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		if ((works[i]->place == GW_WORK_QUEUED || works[i]->place == GW_WORK_INACTIVE) &&
		    !rescue_is_dead(rescue, GW_NODE_WORK, works[i]->work, 0) && !rescue_is_held_back(rescue, works[i]))
			r = rescue_add(rescue, works[i]->function);
	return r;
}

static int rescue_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int rescue_prepare(struct rescue *rescue)
{
	int r = rescue_add_executed(rescue);

	r = r ?: rescue_add_queued(rescue);
	if (r == 0)
		gw_array_sort(rescue->modules, rescue->count, sizeof(*rescue->modules), rescue_compare);
	return r;
}

static bool rescue_has(const struct rescue *rescue, const char *module)
{
	return rescue->count &&
	       bsearch(&module, rescue->modules, rescue->count, sizeof(*rescue->modules), rescue_compare);
}

/* The driver whose items may end the wait for the node's fence, NULL = there is none. */
static const char *rescue_of(const struct rescue *rescue, const struct gw_node *node)
{
	const struct gw_symbol_record *driver =
		node->fence ? gw_snapshot_symbol(rescue->graph->snapshot, node->fence->ops_driver) : NULL;
	uint64_t now_ns = gw_snapshot_head(rescue->graph->snapshot)->mono_ns;

	if (!driver || !driver->module[0] ||
	    (node->waited_since_ns && node->waited_since_ns + GW_CHECK_PATIENCE_NS < now_ns))
		return NULL;
	return rescue_has(rescue, driver->module) || rescue->handler ? driver->module : NULL;
}

static void rescue_weaken(const struct rescue *rescue, struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->chain.count && !finding->rescuer; i++)
		finding->rescuer = rescue_of(rescue, &rescue->graph->nodes[finding->chain.items[i]]);
	if (finding->rescuer)
		finding->confidence = GW_CONFIDENCE_PROBABLE;
}

static bool rescue_is_asked(const struct gw_finding *finding)
{
	return finding->kind == GW_KIND_DEADLOCK && finding->confidence == GW_CONFIDENCE_PROVEN;
}

int gw_rescue_weaken(const struct gw_graph *graph, const struct gw_stuck *stuck, struct gw_finding_list *findings)
{
	struct rescue rescue = { .graph = graph, .stuck = stuck };
	bool asked = false;
	int r = 0;

	for (size_t i = 0; i < findings->count; i++)
		asked |= rescue_is_asked(&findings->items[i]);
	if (asked)
		r = rescue_prepare(&rescue);
	for (size_t i = 0; i < findings->count && r == 0; i++)
		if (rescue_is_asked(&findings->items[i]))
			rescue_weaken(&rescue, &findings->items[i]);
	gw_index_deinit(&rescue.pools);
	free(rescue.modules);
	return r;
}
