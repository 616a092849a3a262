/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a node shows that it is a GPU's. */
#include "lib/analysis/build/gpu.h"

static bool gpu_has_address(const struct gw_builder *builder, uint64_t address)
{
	return address && gw_index_find(&builder->gpu_symbols, address).count > 0;
}

bool gw_gpu_on_stack(const struct gw_builder *builder, const struct gw_task_record *task)
{
	for (uint32_t i = 0; i < task->stack_depth; i++)
		if (gpu_has_address(builder, task->stack[i]))
			return true;
	return false;
}

static bool gpu_has_task(const struct gw_builder *builder, const struct gw_node *node)
{
	if (gw_wait_is_fence(&node->wait) || node->stack_wait)
		return true;
	return node->task && (gpu_has_address(builder, node->task->watch.sections.work_function) ||
			      gw_gpu_on_stack(builder, node->task));
}

static bool gpu_has_node(const struct gw_builder *builder, const struct gw_node *node)
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
		return gpu_has_task(builder, node);
	case GW_NODE_LOCK:
		return gpu_has_address(builder, node->address);
	case GW_NODE_SRCU:
		return node->address == builder->unplug_srcu || gpu_has_address(builder, node->address);
	case GW_NODE_WORK:
		return gpu_has_address(builder, node->function);
	default:
		return false;
	}
}

void gw_gpu_mark(struct gw_builder *builder)
{
	for (uint32_t i = 0; i < builder->graph->n_nodes; i++)
		builder->graph->nodes[i].gpu = gpu_has_node(builder, &builder->graph->nodes[i]);
}
