/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By the module through which the waiters came: whatever of it runs, is queued, or is yet to come. */
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

static bool handover_outlasts(const struct gw_builder *builder, uint64_t lock, uint64_t patience_ns)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);
	uint64_t now_ns = gw_snapshot_head(builder->now)->mono_ns;
	struct gw_wait wait;

	for (size_t i = 0; i < waiters.count; i++)
		if (gw_task_wait(waiters.members[i].record, &wait) && wait.since_ns &&
		    wait.since_ns + patience_ns < now_ns)
			return true;
	return false;
}

/* A driver always has some item that runs: after so long, what is left of those that could be meant proves nothing any more. */
static bool handover_is_overdue(const struct gw_builder *builder, uint64_t lock)
{
	return handover_outlasts(builder, lock, GW_HANDOVER_PATIENCE_NS);
}

bool gw_handover_outlasts(struct gw_builder *builder, uint32_t node, uint64_t patience_ns)
{
	return handover_outlasts(builder, gw_builder_node(builder, node)->address, patience_ns);
}

/* It executes an item of the module, for some time, and does not itself wait for the lock. */
static bool handover_may_release(const struct gw_builder *builder, const struct gw_task_record *worker,
				 const char *module, uint64_t lock)
{
	const struct gw_symbol_record *function =
		gw_snapshot_symbol(builder->now, worker->watch.sections.work_function);
	uint64_t began_ns = worker->watch.sections.work_since_ns;

	if (!worker->watch.sections.work || !function || strcmp(function->module, module) != 0)
		return false;
	if (began_ns && began_ns + HANDOVER_MIN_NS > gw_snapshot_head(builder->now)->mono_ns)
		return false;
	return !gw_task_waits_for_lock(worker, lock);
}

static int handover_to_workers(struct gw_builder *builder, uint32_t node, const char *module)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int found = 0;

	for (size_t i = 0; i < n_tasks && found < HANDOVER_WORKERS_MAX; i++) {
		uint32_t worker;

		if (!handover_may_release(builder, tasks[i], module, lock))
			continue;
		if (gw_builder_task(builder, tasks[i], &worker) < 0 ||
		    gw_builder_edge(builder, node, worker, GW_RELATION_RELEASED_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, tasks[i]->watch.sections.work_since_ns) < 0)
			return -ENOMEM;
		found++;
	}
	return found;
}

/* It has not begun, because others come before it. */
static bool handover_is_queued(const struct gw_builder *builder, const struct gw_work_record *work, const char *module)
{
	const struct gw_symbol_record *function = gw_snapshot_symbol(builder->now, work->function);

	return work->place == GW_WORK_INACTIVE && function && strcmp(function->module, module) == 0;
}

static int handover_to_queued(struct gw_builder *builder, uint32_t node, const char *module)
{
	const struct gw_work_record *const *works;
	size_t n_works = gw_snapshot_works(builder->now, &works);
	int found = 0;

	for (size_t i = 0; i < n_works && found < HANDOVER_WORKERS_MAX; i++) {
		uint32_t work;

		if (!handover_is_queued(builder, works[i], module))
			continue;
		if (gw_builder_work(builder, works[i]->work, works[i]->function, &work) < 0 ||
		    gw_builder_edge(builder, node, work, GW_RELATION_RELEASED_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
		found++;
	}
	return found;
}

int gw_handover_workers(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	const char *module = handover_is_overdue(builder, lock) ? NULL : handover_module(builder, lock);
	int running = module ? handover_to_workers(builder, node, module) : 0;
	int queued = module && running >= 0 ? handover_to_queued(builder, node, module) : 0;

	return running < 0 ? running : queued < 0 ? queued : running + queued;
}

/* One that has been armed since then came too late to be meant, or has run and released nothing. */
static bool handover_timer_runs(const struct gw_builder *builder, const char *module, uint64_t lock)
{
	const struct gw_timer_record *const *timers;
	size_t n_timers = gw_snapshot_timers(builder->now, &timers);

	for (size_t i = 0; i < n_timers; i++) {
		const struct gw_symbol_record *function = gw_snapshot_symbol(builder->now, timers[i]->function);

		if (function && strcmp(function->module, module) == 0 &&
		    gw_progress_armed_before_left(builder->progress, timers[i]->timer, lock))
			return true;
	}
	return false;
}

bool gw_handover_is_due(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	const char *module = handover_is_overdue(builder, lock) ? NULL : handover_module(builder, lock);

	return module && handover_timer_runs(builder, module, lock);
}

/* It is in the driver for another reason than to wait for the lock. */
static bool handover_task_may_release(const struct gw_builder *builder, const struct gw_task_record *task,
				      const char *module, uint64_t lock)
{
	const struct gw_symbol_record *frame = gw_stack_module_frame(builder->now, task);

	return frame && strcmp(frame->module, module) == 0 && !gw_task_waits_for_lock(task, lock);
}

bool gw_handover_is_excluded(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	const char *module = handover_module(builder, lock);
	const struct gw_task_record *const *tasks;
	const struct gw_work_record *const *works;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	size_t n_works = gw_snapshot_works(builder->now, &works);

	/* Who sleeps interruptibly in the driver may have got it, too, and is not in each look. */
	if (!module || !builder->complete || gw_snapshot_head(builder->now)->full == GW_SLEEPERS_NONE ||
	    handover_timer_runs(builder, module, lock))
		return false;
	for (size_t i = 0; i < n_tasks; i++)
		if (handover_may_release(builder, tasks[i], module, lock) ||
		    handover_task_may_release(builder, tasks[i], module, lock))
			return false;
	for (size_t i = 0; i < n_works; i++)
		if (handover_is_queued(builder, works[i], module))
			return false;
	return true;
}
