/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By module: that of whoever waits for the lock, and that of the functions that workers execute. */
#include "lib/analysis/build/handover.h"

#include <errno.h>
#include <string.h>

#include "lib/analysis/record/stack.h"

/* Workers that are shown for one lock, and its waiters that are asked for their module. */
#define HANDOVER_WORKERS_MAX 16
#define HANDOVER_WAITERS_MAX 64

/* Drivers execute short items all the time: one that is to release a lock which others wait for takes longer. */
#define HANDOVER_MIN_NS 50000000ULL

/* The module through which tasks came to the lock; NULL if none of them came through one. */
static const char *handover_module(const struct gw_builder *builder, uint64_t lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);

	for (size_t i = 0; i < waiters.count && i < HANDOVER_WAITERS_MAX; i++) {
		const struct gw_symbol_record *frame = gw_stack_module_frame(builder->now, waiters.members[i].record);

		if (frame)
			return frame->module;
	}
	return NULL;
}

/* It executes an item of the module, for some time, and does not itself wait for the lock. */
static bool handover_may_release(const struct gw_builder *builder, const struct gw_task_record *worker,
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

int gw_handover_expand(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	const char *module = handover_module(builder, lock);
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int found = 0;

	for (size_t i = 0; module && i < n_tasks && found < HANDOVER_WORKERS_MAX; i++) {
		uint32_t worker;

		if (gw_snapshot_task(builder->now, tasks[i]->address) != tasks[i] ||
		    !handover_may_release(builder, tasks[i], module, lock))
			continue;
		if (gw_builder_task(builder, tasks[i], &worker) < 0 ||
		    gw_builder_edge(builder, node, worker, GW_RELATION_RELEASED_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, tasks[i]->watch.sections.work_since_ns) < 0)
			return -ENOMEM;
		found++;
	}
	return found;
}
