/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Its own record, the memory around it, and the stacks of who waits for it and who holds it. */
#include "lib/analysis/graph/locks.h"

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"

/* Of the addresses on its stack the first one that is in a function of mutexes is that of the wait. */
static bool lock_is_taken_as_ww_mutex(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	const struct gw_inner_record *inner = gw_snapshot_inner(snapshot, task->address);

	for (size_t i = 0; inner && i < GW_INNER_DEPTH; i++) {
		const struct gw_symbol_record *symbol = gw_snapshot_symbol(snapshot, inner->addresses[i]);

		/* At the beginning of a function is nothing that could be returned to. */
		if (!symbol || symbol->offset == 0)
			continue;
		if (gw_function_is(symbol->name, "ww_mutex_lock*") || gw_function_is(symbol->name, "__ww_mutex_lock*"))
			return true;
		if (gw_function_is(symbol->name, "mutex_lock*") || gw_function_is(symbol->name, "__mutex_lock*"))
			return false;
	}
	return false;
}

/* Of a long queue: the lock is named once for each of them, and one stack is like the other. */
#define LOCK_WAITERS_ASKED 8

static const struct gw_node *lock_waiter(const struct gw_graph *graph, const struct gw_node *node, uint32_t i)
{
	return &graph->nodes[graph->edges[graph->in[node->first_in + i]].from];
}

/* A ww_mutex is a mutex to its lock word; who waits for it knows better, and one that is seen in its function is enough. */
static bool lock_is_ww_mutex(const struct gw_graph *graph, const struct gw_node *node)
{
	for (uint32_t i = 0; i < node->n_in && i < LOCK_WAITERS_ASKED; i++) {
		const struct gw_node *from = lock_waiter(graph, node, i);

		if (from->task && lock_is_taken_as_ww_mutex(graph->snapshot, from->task))
			return true;
	}
	return false;
}

const char *gw_lock_type(const struct gw_graph *graph, const struct gw_node *node)
{
	switch (node->lock ? node->lock->kind : GW_LOCK_UNKNOWN) {
	case GW_LOCK_MUTEX:
		return lock_is_ww_mutex(graph, node) ? "ww_mutex" : "mutex";
	case GW_LOCK_RWSEM:
		return "rwsem";
	case GW_LOCK_PERCPU_RWSEM:
		return "percpu-rwsem";
	case GW_LOCK_RT_MUTEX:
		return lock_is_ww_mutex(graph, node) ? "ww_mutex" : "rt-mutex";
	case GW_LOCK_SEMAPHORE:
		return "semaphore";
	default:
		return node->mm ? "rwsem" : "unknown";
	}
}

/* Functions that lock nothing but dma_resv: dma_resv_lock() itself is inlined into them. */
static bool lock_is_taken_as_resv(const struct gw_snapshot *snapshot, const struct gw_task_record *task)
{
	static const char *const functions[] = {
		"dma_resv_*",	       "drm_exec_lock_obj",	 "drm_exec_prepare_*", "drm_gem_lock_reservations",
		"drm_gem_object_lock", "ttm_eu_reserve_buffers", "ttm_bo_vm_reserve",
	};
	const struct gw_symbol_record *place = gw_place_of(snapshot, task).function;

	for (size_t i = 0; place && i < sizeof(functions) / sizeof(functions[0]); i++)
		if (gw_function_is(place->name, functions[i]))
			return true;
	return false;
}

const char *gw_lock_structure(const struct gw_graph *graph, const struct gw_node *node)
{
	if (gw_snapshot_resv(graph->snapshot, node->address))
		return "dma_resv";
	for (uint32_t i = 0; i < node->n_in && i < LOCK_WAITERS_ASKED; i++) {
		const struct gw_node *from = lock_waiter(graph, node, i);

		if (from->task && from->wait.kind == GW_WAIT_LOCK && from->wait.object == node->address &&
		    lock_is_taken_as_ww_mutex(graph->snapshot, from->task) &&
		    lock_is_taken_as_resv(graph->snapshot, from->task))
			return "dma_resv";
	}
	return NULL;
}

/* The task that holds it as the lock itself says, and sleeps. */
static const struct gw_task_record *lock_holder(const struct gw_graph *graph, const struct gw_node *node)
{
	for (uint32_t i = 0; i < node->n_out; i++) {
		const struct gw_edge *edge = &graph->edges[node->first_out + i];
		const struct gw_task_record *task = graph->nodes[edge->to].task;

		if (edge->relation == GW_RELATION_HELD_BY && edge->evidence == GW_EVIDENCE_OWNER_FIELD &&
		    edge->confidence == GW_CONFIDENCE_PROVEN && task && gw_task_sleeps(task))
			return task;
	}
	return NULL;
}

/* Where another task waits for the lock; NULL if @from does not, or that is no module's function. */
static const struct gw_symbol_record *lock_taker(const struct gw_graph *graph, const struct gw_node *node,
						 const struct gw_node *from)
{
	const struct gw_symbol_record *function = NULL;

	if (from->task && from->wait.kind == GW_WAIT_LOCK && from->wait.object == node->address)
		function = gw_place_of(graph->snapshot, from->task).function;
	return function && function->module[0] ? function : NULL;
}

/* Where the holder waits for another lock: that may be a function which takes any lock, and it has left its call for this one. */
static bool lock_holder_takes_another(const struct gw_graph *graph, const struct gw_task_record *holder,
				      const struct gw_symbol_record *function)
{
	const struct gw_symbol_record *place = gw_place_of(graph->snapshot, holder).function;
	struct gw_wait wait;

	return gw_task_wait(holder, &wait) && wait.kind == GW_WAIT_LOCK && place &&
	       place->address - place->offset == function->address - function->offset;
}

/* A function in which another task waits for the lock is one that takes it. The holder is still in the same one. */
const struct gw_symbol_record *gw_lock_taken_in(const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_task_record *holder = lock_holder(graph, node);

	for (uint32_t i = 0; holder && i < node->n_in && i < LOCK_WAITERS_ASKED; i++) {
		const struct gw_symbol_record *taker = lock_taker(graph, node, lock_waiter(graph, node, i));

		if (taker && gw_stack_is_inside(graph->snapshot, holder, taker) &&
		    !lock_holder_takes_another(graph, holder, taker))
			return taker;
	}
	return NULL;
}
