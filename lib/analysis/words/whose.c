/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Along a chain to the last one that shows whose it is. */
#include "lib/analysis/words/whose.h"

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/words/names.h"
#include "lib/base/json.h"

/* Steps of a chain that are looked at. */
#define CHAIN_MAX 64

/* Of a scheduler's fence the driver is that of its device. */
static struct gw_subsystem whose_fence(const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_device *device = gw_name_fence_device(graph, node);

	if (device && device->driver[0])
		return (struct gw_subsystem){ GW_SUBSYSTEM_GPU, device->driver, false };
	return (struct gw_subsystem){ GW_SUBSYSTEM_GPU, gw_name_driver(graph, node),
				      node->fence && node->fence->scheduler };
}

/* Its stack may have no frame of the item's function: a tail call leaves none. */
static struct gw_subsystem whose_task(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	struct gw_subsystem found = gw_subsystem_of_task(snapshot, task);
	const struct gw_symbol_record *item = NULL;

	/* Wherever it slept when the freezer came. */
	if (found.kind == GW_SUBSYSTEM_UNKNOWN && (task->state & TASK_FROZEN))
		return (struct gw_subsystem){ GW_SUBSYSTEM_FREEZER, "freezer", false };
	if (found.kind == GW_SUBSYSTEM_UNKNOWN && task->watch.sections.work)
		item = gw_snapshot_symbol(snapshot, task->watch.sections.work_function);
	return item ? gw_subsystem_of_symbol(snapshot, item) : found;
}

static struct gw_subsystem whose_node(const struct gw_graph *graph, const struct gw_node *node)
{
	struct gw_subsystem found = { GW_SUBSYSTEM_UNKNOWN, "", false };

	if (node->type == GW_NODE_TASK && node->task)
		found = whose_task(graph->snapshot, node->task);
	else if (node->type == GW_NODE_FENCE && *gw_name_driver(graph, node))
		return whose_fence(graph, node);
	if (found.kind == GW_SUBSYSTEM_UNKNOWN && node->gpu)
		return (struct gw_subsystem){ GW_SUBSYSTEM_GPU, "drm", true };
	return found;
}

struct gw_subsystem gw_whose(const struct gw_graph *graph, uint32_t index)
{
	struct gw_subsystem last = { GW_SUBSYSTEM_UNKNOWN, "", false };

	for (uint32_t steps = 0; steps < CHAIN_MAX; steps++) {
		const struct gw_node *node = &graph->nodes[index];
		struct gw_subsystem found = whose_node(graph, node);

		/* DRM's core says less than the driver that was found already. */
		if (found.kind != GW_SUBSYSTEM_UNKNOWN && !(found.generic && last.kind == GW_SUBSYSTEM_GPU))
			last = found;
		if (node->n_out == 0)
			break;
		index = graph->edges[node->first_out].to;
	}
	return last;
}

json_t *gw_whose_json(const struct gw_graph *graph, uint32_t index)
{
	struct gw_subsystem subsystem = gw_whose(graph, index);

	return json_pack("{s:s, s:o}", "kind", gw_subsystem_kind_name(subsystem.kind), "name",
			 gw_json_text(subsystem.name));
}
