/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No addresses, numbers, names of tasks or offsets: those differ from one time to the next. */
#include "lib/analysis/verdict/signature.h"

#include <string.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/subsystem.h"
#include "lib/base/hash.h"

/* Compilers append ".isra.0", ".constprop.0", ".cold" to the name of one and the same function. */
static uint64_t signature_function(uint64_t hash, const struct gw_symbol_record *symbol)
{
	hash = gw_hash_bytes(hash, symbol->name, strcspn(symbol->name, "."));
	return gw_hash_string(hash, symbol->module);
}

/* A task that runs is somewhere else in each look: by the outermost function of a module that it is in. */
static const struct gw_symbol_record *signature_outermost(const struct gw_snapshot *snapshot,
							  const struct gw_task_record *task)
{
	const struct gw_running_record *running = gw_snapshot_running(snapshot, task->address);
	bool sampled = running && running->samples;
	const __u64 *stack = sampled ? running->stack : task->stack;

	for (uint32_t i = sampled ? running->stack_depth : task->stack_depth; i-- > 0;) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, stack[i]);

		if (symbol && symbol->module[0])
			return symbol;
	}
	return NULL;
}

/*
 * The innermost one of a module that is not DRM's own, in or outside of where the task sleeps: whether that module drives a GPU
 * does not matter, since not everybody who reads a stack can know that.
 */
static const struct gw_symbol_record *signature_module(const struct gw_snapshot *snapshot,
						       const struct gw_task_record *task,
						       const struct gw_symbol_record *from)
{
	bool reached = false;

	for (uint32_t i = 0; i < task->stack_depth; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, task->stack[i]);

		reached |= symbol == from;
		if (reached && symbol && symbol->module[0] && !gw_subsystem_of(symbol->name, symbol->module).generic)
			return symbol;
	}
	return NULL;
}

static uint64_t signature_task(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	struct gw_place place = { .function = NULL };
	const struct gw_symbol_record *module;
	uint64_t hash = GW_HASH_START;

	if (gw_task_sleeps(task))
		place = gw_place_of(snapshot, task);
	else
		place.function = signature_outermost(snapshot, task);
	if (!place.function)
		return 0;
	hash = signature_function(hash, place.function);
	module = signature_module(snapshot, task, place.function);
	return module && module != place.function ? signature_function(hash, module) : hash;
}

uint64_t gw_signature(const struct gw_graph *graph, const struct gw_finding *finding)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = &graph->nodes[finding->chain.items[i]];
		uint64_t hash =
			node->type == GW_NODE_TASK && node->task ? signature_task(graph->snapshot, node->task) : 0;

		/* A sum: the same whichever task of a loop comes first. Who waits in front of an end, chance decides. */
		if (finding->kind == GW_KIND_DEADLOCK)
			sum += hash;
		else if (hash)
			sum = hash;
	}
	if (sum == 0)
		return 0;
	return gw_hash_number(gw_hash_string(GW_HASH_START, gw_class_name(finding->class)), sum);
}
