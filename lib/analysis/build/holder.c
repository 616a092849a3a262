/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By modules, stacks and calls on record. */
#include "lib/analysis/build/holder.h"

#include <errno.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/record/stack.h"

/* ---- owners that are somebody else by now ---------------------------------------------- */

#define WAITERS_ASKED 64 /* of one lock: the first ones tell as much as all */

bool gw_holder_came_later(const struct gw_builder *builder, uint64_t lock, const struct gw_task_record *owner)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);
	bool waited = false;

	for (size_t i = 0; owner && i < waiters.count && i < WAITERS_ASKED; i++) {
		const struct gw_task_record *waiter = waiters.members[i].record;
		struct gw_wait wait;

		if (waiter == owner || !gw_task_wait(waiter, &wait) || !wait.since_ns ||
		    wait.since_ns >= owner->start_ns)
			continue;
		if (!waiter->last_ran_ns || waiter->last_ran_ns >= owner->start_ns)
			return false;
		waited = true;
	}
	return waited;
}

/* ---- devices whose power state changes ---------------------------------------------- */

/* The device of the task's innermost call: whether that one's callback runs shows the stack. */
static uint64_t holder_power_innermost(const struct gw_task_record *task)
{
	for (uint32_t i = task->watch.depth; i > 0; i--) {
		const struct gw_wait *wait = &task->watch.waits[i - 1];

		if (wait->kind == GW_WAIT_POWER || wait->kind == GW_WAIT_POWER_CALL)
			return wait->object;
	}
	return 0;
}

/*
 * Whether the task runs the device's callback. A call around another one is in its callback, or its state would not change; unless
 * its end was missed, and the stack has a callback of the other one alone.
 */
static enum gw_stack_answer holder_power_runs_callback(const struct gw_builder *builder,
						       const struct gw_task_record *task, uint64_t device)
{
	enum gw_stack_answer innermost = gw_stack_in_power_callback(builder->now, task);

	if (holder_power_innermost(task) == device)
		return innermost;
	return gw_stack_lacks_power_callbacks(builder->now, task, innermost == GW_STACK_YES ? 2 : 1) ? GW_STACK_UNKNOWN
												     : GW_STACK_YES;
}

static int holder_power_callback_in(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
				    enum gw_confidence confidence)
{
	uint32_t to;

	if (gw_builder_task(builder, task, &to) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, to, GW_RELATION_CALLBACK_IN, GW_EVIDENCE_TRACEPOINT, confidence, 0);
}

int gw_expand_power(struct gw_builder *builder, uint32_t node)
{
	uint64_t address = gw_builder_node(builder, node)->address;
	const struct gw_device *device = gw_snapshot_device(builder->now, address);
	struct gw_index_range callers = gw_index_find(&builder->power_calls, address);
	size_t found = 0;

	if (device->power != RPM_RESUMING && device->power != RPM_SUSPENDING)
		return gw_builder_live(builder, node, "has changed its power state");
	/* Of several that seem to, one does. */
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	for (size_t i = 0; i < callers.count; i++) {
		const struct gw_task_record *task = callers.members[i].record;
		enum gw_stack_answer answer = holder_power_runs_callback(builder, task, address);

		if (answer == GW_STACK_NO)
			continue;
		found++;
		if (holder_power_callback_in(builder, node, task,
					     answer == GW_STACK_YES ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE) <
		    0)
			return -ENOMEM;
	}
	return found ? 0 : gw_builder_live(builder, node, "changes its power state by a task that is not on record");
}

/* ---- pages ---------------------------------------------------------------------------- */

/* Migrations that are shown for one page. */

/*
 * Waits in the middle of a migration, which holds the locks of the pages that it moves. Whoever waits for a page itself
 * may be just about to lock its first one.
 */
static bool holder_may_hold_page(const struct gw_builder *builder, const struct gw_task_record *task)
{
	struct gw_wait wait;

	return gw_task_wait(task, &wait) && wait.kind != GW_WAIT_PAGE && gw_task_sleeps(task) &&
	       gw_stack_migrates(builder->now, task);
}

/* The first ones, whatever the page: found once per snapshot. */
static void holder_find_of_pages(struct gw_builder *builder)
{
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);

	if (builder->page_holders.made)
		return;
	for (size_t i = 0; i < n_tasks && !builder->page_holders.cut; i++) {
		if (!holder_may_hold_page(builder, tasks[i]) || gw_builder_has_its_like(builder, tasks[i]))
			continue;
		if (builder->page_holders.count < GW_BUILDER_PAGE_HOLDERS)
			builder->page_holders.tasks[builder->page_holders.count++] = tasks[i];
		else
			builder->page_holders.cut = true;
	}
	builder->page_holders.made = true;
}

int gw_expand_page(struct gw_builder *builder, uint32_t node)
{
	/* One of them holds it, if any does. */
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	if (gw_builder_index_alike(builder) < 0)
		return -ENOMEM;
	holder_find_of_pages(builder);
	if (builder->page_holders.cut)
		gw_builder_live(builder, node, "is held, and more tasks migrate pages than are looked at");
	for (size_t i = 0; i < builder->page_holders.count; i++) {
		uint32_t task;

		if (gw_builder_task(builder, builder->page_holders.tasks[i], &task) < 0 ||
		    gw_builder_edge(builder, node, task, GW_RELATION_HELD_BY, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	}
	return builder->page_holders.count
		       ? 0
		       : gw_builder_live(
				 builder, node,
				 "is held; the kernel does not record by whom, no task that migrates pages is blocked, and anybody may release it");
}

/* ---- what only stacks show ------------------------------------------------------------- */

/* Of more tasks than that the first ones are shown. */
#define NEEDED_MAX 16

/* What those that may be needed are found by: the mm, the module whose file they are in; else there is one kind of them. */
#define NEEDED_ANY UINT64_MAX

/* @snapshot: that it is in. */
static uint64_t holder_needed_key(const struct gw_builder *builder, const struct gw_snapshot *snapshot,
				  enum gw_stack_need need, const struct gw_task_record *task)
{
	if (need == GW_STACK_NEEDS_VMA)
		return task->mm;
	return need <= GW_STACK_NEEDS_INTERRUPT
		       ? gw_builder_module(builder, gw_stack_module_frame(snapshot, task)->module)
		       : 0;
}

/* Of a task that is awake nothing but its name, and what it was in at the look before, shows that it may be needed. */
static bool holder_is_named_for(enum gw_stack_need need, const char *comm, uint32_t flags)
{
	if (!(flags & GW_TASK_F_KTHREAD))
		return false;
	return (need == GW_STACK_NEEDS_KSWAPD && strncmp(comm, "kswapd", strlen("kswapd")) == 0) ||
	       (need == GW_STACK_NEEDS_KTHREADD && strcmp(comm, "kthreadd") == 0);
}

static bool holder_is_awake(const struct gw_builder *builder, uint64_t address)
{
	const struct gw_task_record *task = gw_snapshot_task(builder->now, address);
	const struct gw_present_record *present = task ? NULL : gw_snapshot_present(builder->now, address);

	return task ? !gw_task_sleeps(task) : present && !present->state;
}

static int holder_index_awake(struct gw_builder *builder, enum gw_stack_need need)
{
	struct gw_index *awake = &builder->needed[need].awake;
	const struct gw_present_record *const *present;
	const struct gw_task_record *const *tasks;
	size_t n_present = gw_snapshot_all_present(builder->now, &present);
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	for (size_t i = 0; i < n_present && r == 0; i++)
		if (!present[i]->state && holder_is_named_for(need, present[i]->comm, present[i]->flags))
			r = gw_index_add(awake, NEEDED_ANY, present[i]);
	for (size_t i = 0; i < n_tasks && r == 0; i++)
		if (!gw_task_sleeps(tasks[i]) && holder_is_named_for(need, tasks[i]->comm, tasks[i]->flags))
			r = gw_index_add(awake, NEEDED_ANY, tasks[i]);
	n_tasks = builder->before ? gw_snapshot_tasks(builder->before, &tasks) : 0;
	for (size_t i = 0; i < n_tasks && r == 0; i++) {
		if (!gw_task_sleeps(tasks[i]) || !holder_is_awake(builder, tasks[i]->address) ||
		    !gw_stack_may_be_needed(builder->before, need, tasks[i]))
			continue;
		r = gw_index_add(awake, NEEDED_ANY, tasks[i]);
		r = r ?: gw_index_add(awake, holder_needed_key(builder, builder->before, need, tasks[i]), tasks[i]);
	}
	return r ?: gw_index_finish(awake);
}

/* Once per snapshot, and only where somebody asks. */
static int holder_index_needed(struct gw_builder *builder, enum gw_stack_need need)
{
	struct gw_builder_needed *needed = &builder->needed[need];
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	if (needed->made)
		return needed->r;
	r = gw_builder_index_alike(builder);
	for (size_t i = 0; i < n_tasks && r == 0; i++) {
		if (!gw_task_sleeps(tasks[i]) || !gw_stack_may_be_needed(builder->now, need, tasks[i]) ||
		    gw_builder_has_its_like(builder, tasks[i]))
			continue;
		r = gw_index_add(&needed->tasks, NEEDED_ANY, tasks[i]);
		r = r
			    ?: gw_index_add(&needed->tasks, holder_needed_key(builder, builder->now, need, tasks[i]),
					    tasks[i]);
	}
	r = r ?: holder_index_awake(builder, need);
	needed->made = true;
	needed->r = r ?: gw_index_finish(&needed->tasks);
	return needed->r;
}

/* The first ones of a key; the node is live if these are not all: any of them may be meant. Returns how many, or -ENOMEM. */
static int holder_add_needed(struct gw_builder *builder, uint32_t node, enum gw_stack_need need,
			     const struct gw_task_record *task, uint64_t key, int room)
{
	enum gw_relation relation = need == GW_STACK_NEEDS_KSWAPD     ? GW_RELATION_FREED_BY
				    : need == GW_STACK_NEEDS_KTHREADD ? GW_RELATION_CREATED_BY
								      : GW_RELATION_EXCLUDES;
	struct gw_index_range range = gw_index_find(&builder->needed[need].tasks, key);
	int found = 0;

	if (gw_index_find(&builder->needed[need].awake, key).count)
		gw_builder_live(builder, node, "needs one of several tasks, and one of them runs");
	for (size_t i = 0; i < range.count; i++) {
		uint32_t needed;

		if (range.members[i].record == task)
			continue;
		if (found == room) {
			gw_builder_live(builder, node, "needs one of more tasks than are looked at");
			break;
		}
		found++;
		if (gw_builder_task(builder, range.members[i].record, &needed) < 0 ||
		    gw_builder_edge(builder, node, needed, relation, GW_EVIDENCE_STACK, GW_CONFIDENCE_PROBABLE,
				    task->last_ran_ns) < 0)
			return -ENOMEM;
	}
	return found;
}

/* Who removes a file, or turns an interrupt off, needs those inside of one of the modules that are on its stack. */
static int holder_add_inside_of_modules(struct gw_builder *builder, uint32_t node, enum gw_stack_need need,
					const struct gw_task_record *task)
{
	int found = 0, r = 0;

	for (uint32_t i = 0; i < task->stack_depth && r >= 0; i++) {
		r = holder_add_needed(builder, node, need, task,
				      gw_builder_first_of_module(builder, builder->now, task, i), NEEDED_MAX - found);
		found += r;
	}
	return r < 0 ? r : found;
}

int gw_holder_by_stack(struct gw_builder *builder, uint32_t node, enum gw_stack_need need,
		       const struct gw_task_record *task)
{
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	if (holder_index_needed(builder, need) < 0)
		return -ENOMEM;
	if (need == GW_STACK_NEEDS_VMA)
		return holder_add_needed(builder, node, need, task, task->mm, NEEDED_MAX);
	if (need <= GW_STACK_NEEDS_INTERRUPT && gw_stack_module_frame(builder->now, task))
		return holder_add_inside_of_modules(builder, node, need, task);
	return holder_add_needed(builder, node, need, task, NEEDED_ANY, NEEDED_MAX);
}
