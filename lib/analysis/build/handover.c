/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By the module through which the waiters came: whatever of it runs, is queued, or is yet to come. */
#include "lib/analysis/build/handover.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"

/* Workers, and items, that are shown for one lock, which is live if there are more; and its waiters that are asked for their module. */
#define HANDOVER_WORKERS_MAX 16
#define HANDOVER_WAITERS_MAX 64

/* Drivers execute short items all the time: one that is to release a lock which others wait for takes longer. */
#define HANDOVER_MIN_NS 50000000ULL

/* A stack has a driver, and helpers through which it came: DRM, TTM, the scheduler. */
#define HANDOVER_MODULES_MAX 8

/* Each once, as gw_builder_module() has them. */
struct handover_modules {
	uint64_t keys[HANDOVER_MODULES_MAX];
	size_t count;
	bool more; /* there are others */
};

/* Of whose helpers a driver's lock is, its stack does not tell: each module on it may be the one. */
static void handover_add_modules(const struct gw_builder *builder, const struct gw_task_record *task,
				 struct handover_modules *modules)
{
	for (uint32_t i = 0; i < task->stack_depth; i++) {
		uint64_t key = gw_builder_module_at(builder, task->stack[i]);
		size_t at = 0;

		while (at < modules->count && modules->keys[at] != key)
			at++;
		if (!key || at < modules->count)
			continue;
		if (modules->count < HANDOVER_MODULES_MAX)
			modules->keys[modules->count++] = key;
		else
			modules->more = true;
	}
}

/* The modules through which tasks came to the lock; none if they came through none. */
static struct handover_modules handover_modules(const struct gw_builder *builder, uint64_t lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);
	struct handover_modules modules = { .count = 0 };

	for (size_t i = 0; i < waiters.count && i < HANDOVER_WAITERS_MAX; i++)
		handover_add_modules(builder, waiters.members[i].record, &modules);
	return modules;
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

/* ---- what of each module there is, found once per snapshot and only where somebody asks ---------------- */

struct handover_timer {
	const struct gw_timer_record *record;
	uint64_t armed_ns;
};

static int handover_compare_timers(const void *a, const void *b)
{
	const struct handover_timer *x = a, *y = b;

	return x->armed_ns < y->armed_ns ? -1 : x->armed_ns > y->armed_ns;
}

/* The one that has been armed the longest first. */
static int handover_index_timers(struct gw_builder *builder)
{
	const struct gw_timer_record *const *records;
	size_t count = gw_snapshot_timers(builder->now, &records);
	_cleanup_free_ struct handover_timer *timers = calloc(count + 1, sizeof(*timers));
	int r = timers ? 0 : -ENOMEM;

	for (size_t i = 0; timers && i < count; i++)
		timers[i] = (struct handover_timer){
			.record = records[i],
			.armed_ns = gw_progress_armed_since(builder->progress, records[i]->timer),
		};
	if (timers)
		gw_array_sort(timers, count, sizeof(*timers), handover_compare_timers);
	for (size_t i = 0; i < count && r == 0; i++)
		r = gw_index_add(&builder->handover.timers, gw_builder_module_at(builder, timers[i].record->function),
				 timers[i].record);
	return r;
}

/* It executes an item, for some time. */
static bool handover_executes(const struct gw_builder *builder, const struct gw_task_record *worker)
{
	uint64_t began_ns = worker->watch.sections.work_since_ns;

	if (!worker->watch.sections.work)
		return false;
	return !began_ns || began_ns + HANDOVER_MIN_NS <= gw_snapshot_head(builder->now)->mono_ns;
}

static int handover_index_tasks(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	size_t count = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct handover_modules modules = { .count = 0 };

		handover_add_modules(builder, tasks[i], &modules);
		if (handover_executes(builder, tasks[i]))
			r = gw_index_add(&builder->handover.workers,
					 gw_builder_module_at(builder, tasks[i]->watch.sections.work_function),
					 tasks[i]);
		for (size_t m = 0; m < modules.count && r == 0; m++)
			r = gw_index_add(&builder->handover.inside, modules.keys[m], tasks[i]);
	}
	return r;
}

/* It has not begun, because others come before it, or no worker has taken it yet. */
static bool handover_is_queued(const struct gw_work_record *work)
{
	return work->place == GW_WORK_INACTIVE || work->place == GW_WORK_QUEUED;
}

static int handover_index_works(struct gw_builder *builder)
{
	const struct gw_work_record *const *works;
	size_t count = gw_snapshot_works(builder->now, &works);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		if (handover_is_queued(works[i]))
			r = gw_index_add(&builder->handover.queued, gw_builder_module_at(builder, works[i]->function),
					 works[i]);
	return r;
}

static int handover_index(struct gw_builder *builder)
{
	int r;

	if (builder->handover.made)
		return builder->handover.r;
	builder->handover.made = true;
	r = handover_index_timers(builder);
	r = r ?: handover_index_tasks(builder);
	r = r ?: handover_index_works(builder);
	r = r ?: gw_index_finish(&builder->handover.timers);
	r = r ?: gw_index_finish(&builder->handover.workers);
	r = r ?: gw_index_finish(&builder->handover.inside);
	r = r ?: gw_index_finish(&builder->handover.queued);
	builder->handover.r = r;
	return r;
}

/* ---- who may release a lock ------------------------------------------------------------------------------ */

static bool handover_is_cut(struct gw_builder *builder, uint32_t node, int found)
{
	if (found < HANDOVER_WORKERS_MAX)
		return false;
	gw_builder_live(builder, node,
			"was left by its owner, and more of the driver's work items than are looked at may release it");
	return true;
}

static int handover_to_workers(struct gw_builder *builder, uint32_t node, uint64_t module)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	struct gw_index_range workers = gw_index_find(&builder->handover.workers, module);
	int found = 0;

	for (size_t i = 0; i < workers.count; i++) {
		const struct gw_task_record *task = workers.members[i].record;
		uint32_t worker;

		if (gw_task_waits_for_lock(task, lock))
			continue;
		if (handover_is_cut(builder, node, found))
			break;
		if (gw_builder_task(builder, task, &worker) < 0 ||
		    gw_builder_edge(builder, node, worker, GW_RELATION_RELEASED_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, task->watch.sections.work_since_ns) < 0)
			return -ENOMEM;
		found++;
	}
	return found;
}

static int handover_to_queued(struct gw_builder *builder, uint32_t node, uint64_t module)
{
	struct gw_index_range queued = gw_index_find(&builder->handover.queued, module);
	int found = 0;

	for (size_t i = 0; i < queued.count; i++) {
		const struct gw_work_record *record = queued.members[i].record;
		uint32_t work;

		/* One that no worker has taken yet begins in a moment. */
		if (record->place != GW_WORK_INACTIVE)
			continue;
		if (handover_is_cut(builder, node, found))
			break;
		if (gw_builder_work(builder, record->work, record->function, &work) < 0 ||
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
	struct handover_modules modules = { .count = 0 };
	int found = 0;

	if (handover_index(builder) < 0)
		return -ENOMEM;
	if (!handover_is_overdue(builder, lock))
		modules = handover_modules(builder, lock);
	for (size_t i = 0; i < modules.count; i++) {
		int running = handover_to_workers(builder, node, modules.keys[i]);
		int queued = running >= 0 ? handover_to_queued(builder, node, modules.keys[i]) : 0;

		if (running < 0 || queued < 0)
			return -ENOMEM;
		found += running + queued;
	}
	return found;
}

/* One that has been armed since then came too late to be meant, or has run and released nothing. */
static bool handover_timer_runs(const struct gw_builder *builder, uint64_t module, uint64_t lock)
{
	const struct gw_timer_record *oldest = gw_index_first(&builder->handover.timers, module);

	return oldest && gw_progress_armed_before_left(builder->progress, oldest->timer, lock);
}

bool gw_handover_is_due(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	struct handover_modules modules = { .count = 0 };
	bool due = false;

	if (!handover_is_overdue(builder, lock))
		modules = handover_modules(builder, lock);
	if (modules.count && handover_index(builder) < 0)
		return true;
	for (size_t i = 0; i < modules.count && !due; i++)
		due = handover_timer_runs(builder, modules.keys[i], lock);
	return due;
}

/* Whether the driver has one that may yet come, whenever it was armed; or a look had no room for all. */
static bool handover_has_timer(const struct gw_builder *builder, uint64_t module)
{
	return builder->timers_left_out || gw_index_first(&builder->timers, module);
}

bool gw_handover_may_come(struct gw_builder *builder, const char *module)
{
	uint64_t key = gw_builder_module(builder, module);

	/* Of a driver that is built in nothing is told from the rest of the kernel. */
	return !*module || handover_index(builder) < 0 || handover_has_timer(builder, key) ||
	       gw_index_first(&builder->handover.workers, key) || gw_index_first(&builder->handover.queued, key);
}

static bool handover_all_wait_for_lock(struct gw_index_range tasks, uint64_t lock)
{
	for (size_t i = 0; i < tasks.count; i++)
		if (!gw_task_waits_for_lock(tasks.members[i].record, lock))
			return false;
	return true;
}

/* Nobody is in the module for another reason than to wait for the lock. */
static bool handover_module_has_nobody(const struct gw_builder *builder, uint64_t module, uint64_t lock)
{
	return !handover_has_timer(builder, module) &&
	       handover_all_wait_for_lock(gw_index_find(&builder->handover.workers, module), lock) &&
	       handover_all_wait_for_lock(gw_index_find(&builder->handover.inside, module), lock) &&
	       gw_index_find(&builder->handover.queued, module).count == 0;
}

bool gw_handover_is_excluded(struct gw_builder *builder, uint32_t node)
{
	uint64_t lock = gw_builder_node(builder, node)->address;
	struct handover_modules modules = handover_modules(builder, lock);
	bool excluded = modules.count && !modules.more;

	/* Who sleeps interruptibly in the driver may have got it, too, and is not in each look. */
	if (!excluded || !builder->complete || gw_snapshot_head(builder->now)->full == GW_SLEEPERS_NONE ||
	    handover_index(builder) < 0)
		return false;
	for (size_t i = 0; i < modules.count && excluded; i++)
		excluded = handover_module_has_nobody(builder, modules.keys[i], lock);
	return excluded;
}
