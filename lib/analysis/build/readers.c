/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the lock's count, its last reader, and who sleeps where. */
#include "lib/analysis/build/readers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/build/holder.h"
#include "lib/analysis/record/left.h"
#include "lib/analysis/record/stack.h"
#include "lib/base/cleanup.h"

/* Readers queue up behind a read-held lock only while a writer waits. *@since_ns: when the first one began. */
static bool readers_writer_waits(const struct gw_builder *builder, uint64_t lock, uint64_t *since_ns)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);
	struct gw_wait wait;

	*since_ns = UINT64_MAX;
	for (size_t i = 0; i < waiters.count; i++) {
		const struct gw_task_record *task = waiters.members[i].record;

		if (gw_task_wait(task, &wait) && !(wait.flags & GW_LOCK_F_READ) && gw_task_sleeps(task) &&
		    wait.since_ns < *since_ns)
			*since_ns = wait.since_ns;
	}
	return *since_ns != UINT64_MAX;
}

/* Sleeps, and not for the lock: it may be one of those that read. */
static bool readers_may_read(const struct gw_lock_record *lock, const struct gw_task_record *task)
{
	return gw_task_sleeps(task) && !gw_task_waits_for_lock(task, lock->address);
}

/* The only reader that the lock has is hinted to be another task, which lives. */
static bool readers_is_another_reader(const struct gw_builder *builder, const struct gw_lock_record *lock,
				      const struct gw_task_record *task)
{
	return lock->readers == 1 && lock->owner && lock->owner != task->address &&
	       (gw_snapshot_task(builder->now, lock->owner) || gw_snapshot_present(builder->now, lock->owner));
}

/*
 * How sure it is that a task which runs invalidate callbacks holds the mm's lock meanwhile. The lock itself is asked
 * first: a system call that could hold it may have taken the lock of one VMA, or none.
 */
static enum gw_confidence readers_confidence_in_notifier(const struct gw_builder *builder,
							 const struct gw_lock_record *lock,
							 const struct gw_task_record *task)
{
	uint64_t mm = task->watch.sections.notifier_mm;

	/* A reader's name stays in the lock after it has let go. */
	if (lock && lock->owner == task->address && lock->owner_kind == GW_OWNER_EXCLUSIVE)
		return GW_CONFIDENCE_PROVEN;
	if (gw_stack_in_reverse_map(builder->now, task))
		return GW_CONFIDENCE_HINT;
	if (lock && readers_is_another_reader(builder, lock, task))
		return GW_CONFIDENCE_HINT;
	if (lock && task->mm == mm && gw_stack_holds_mmap_lock(builder->now, task))
		return GW_CONFIDENCE_PROVEN;
	return GW_CONFIDENCE_PROBABLE;
}

/*
 * munmap() and its like call the notifiers with mmap_lock held for reading at least, and no owner is recorded for
 * that. The reverse map calls them without: the stack tells.
 */
static int readers_in_notifiers(struct gw_builder *builder, uint32_t node, size_t *found)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;
	uint64_t mm = gw_builder_node(builder, node)->mm;
	struct gw_index_range inside = { .count = 0 };

	if (mm)
		inside = gw_index_find(&builder->notifiers, mm);
	*found = inside.count;
	for (size_t i = 0; i < inside.count; i++) {
		const struct gw_task_record *task = inside.members[i].record;
		uint32_t notifier;

		if (gw_graph_node(builder->graph, GW_NODE_NOTIFIER, mm, task->address, &notifier) < 0 ||
		    gw_builder_edge(builder, node, notifier, GW_RELATION_HELD_BY, GW_EVIDENCE_INFERRED,
				    readers_confidence_in_notifier(builder, lock, task),
				    task->watch.sections.notifier_since_ns) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Several readers. The kernel records the last one alone, if that: but where exactly as many tasks as there are readers
 * sleep in one function of a module, through which the last reader or one that queues came, these are most likely they.
 */
#define READERS_FEW 32

/* A task reads few locks at a time: of locks with more readers than that, so many are looked for for each task that there is. */
#define READERS_PER_TASK 8

struct readers {
	const struct gw_task_record **tasks;
	size_t room, count; /* the count may be one more */
	/* In which all of them are; of others that may read: which those are in that are known to. NULL = none. */
	const struct gw_symbol_record *function;
};

static int readers_make_room(struct readers *readers, size_t room)
{
	*readers = (struct readers){ .tasks = calloc(room, sizeof(const struct gw_task_record *)), .room = room };
	return readers->tasks ? 0 : -ENOMEM;
}

static void readers_free(struct readers *readers)
{
	free(readers->tasks);
}

static bool readers_has_room(const struct readers *readers)
{
	return readers->count <= readers->room;
}

static void readers_add(struct readers *readers, const struct gw_task_record *task)
{
	if (readers->count < readers->room)
		readers->tasks[readers->count] = task;
	if (readers_has_room(readers))
		readers->count++;
}

/* Whether all the readers of the lock are looked for: a file may claim many of many locks. */
static bool readers_seeks_all(struct gw_builder *builder, const struct gw_lock_record *lock)
{
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);

	if (lock->readers <= READERS_FEW)
		return true;
	if (lock->readers > n_tasks)
		return false;
	builder->readers_looked_for += lock->readers;
	return builder->readers_looked_for <= READERS_PER_TASK * n_tasks;
}

static int readers_index_functions(struct gw_index *index, const struct gw_snapshot *snapshot,
				   const struct gw_task_record *task)
{
	int r = 0;

	for (uint32_t i = 0; i < task->stack_depth && r == 0; i++)
		r = gw_index_add(index, gw_stack_function(snapshot, task, i), task);
	return r;
}

/* These are made once per snapshot, and only where somebody asks. */
static int readers_index_inside(struct gw_builder *builder)
{
	struct gw_builder_needed *inside = &builder->inside;
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	if (inside->made)
		return inside->r;
	for (size_t i = 0; i < n_tasks && r == 0; i++)
		r = readers_index_functions(&inside->tasks, builder->now, tasks[i]);
	inside->made = true;
	inside->r = r ?: gw_index_finish(&inside->tasks);
	return inside->r;
}

static int readers_index_woken(struct gw_builder *builder)
{
	struct gw_builder_needed *woken = &builder->woken;
	const struct gw_task_record *const *tasks;
	size_t n_tasks = builder->before ? gw_snapshot_tasks(builder->before, &tasks) : 0;
	int r = 0;

	if (woken->made)
		return woken->r;
	for (size_t i = 0; i < n_tasks && r == 0; i++) {
		const struct gw_task_record *now = gw_snapshot_task(builder->now, tasks[i]->address);

		if ((now && gw_task_sleeps(now)) || !gw_task_sleeps(tasks[i]))
			continue;
		r = readers_index_functions(&woken->tasks, builder->before, tasks[i]);
		for (uint32_t j = 0; j < tasks[i]->stack_depth && r == 0; j++)
			r = gw_index_add(&woken->tasks,
					 gw_builder_first_of_module(builder, builder->before, tasks[i], j), tasks[i]);
	}
	woken->made = true;
	woken->r = r ?: gw_index_finish(&woken->tasks);
	return woken->r;
}

static int readers_index_in_modules(struct gw_builder *builder)
{
	struct gw_builder_needed *in_modules = &builder->in_modules;
	const struct gw_task_record *const *tasks;
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);
	int r = 0;

	if (in_modules->made)
		return in_modules->r;
	r = gw_builder_index_alike(builder);
	for (size_t i = 0; i < n_tasks && r == 0; i++) {
		if (!gw_stack_module_frame(builder->now, tasks[i]) || gw_builder_has_its_like(builder, tasks[i]))
			continue;
		for (uint32_t j = 0; j < tasks[i]->stack_depth && r == 0; j++)
			r = gw_index_add(&in_modules->tasks,
					 gw_builder_first_of_module(builder, builder->now, tasks[i], j), tasks[i]);
	}
	in_modules->made = true;
	in_modules->r = r ?: gw_index_finish(&in_modules->tasks);
	return in_modules->r;
}

/* Who sleeps inside a function. Returns 0 or -ENOMEM. */
static int readers_find_inside(struct gw_builder *builder, const struct gw_lock_record *lock,
			       const struct gw_symbol_record *function, struct readers *readers)
{
	const struct gw_task_record *last = NULL;
	struct gw_index_range inside;

	readers->count = 0;
	if (readers_index_inside(builder) < 0)
		return -ENOMEM;
	inside = gw_index_find(&builder->inside.tasks, function->address - function->offset);
	for (size_t i = 0; i < inside.count && readers_has_room(readers); i++) {
		const struct gw_task_record *task = inside.members[i].record;

		/* One that is inside twice is there twice, one after the other. */
		if (task != last && readers_may_read(lock, task))
			readers_add(readers, task);
		last = task;
	}
	return 0;
}

/* Who sleeps in a page fault of the lock's mm, or in a copy of one for a driver. */
static void readers_find_faults(const struct gw_builder *builder, const struct gw_node *node, struct readers *readers)
{
	struct gw_index_range threads = gw_index_find(&builder->mms, node->mm);

	readers->count = 0;
	for (size_t i = 0; i < threads.count && readers_has_room(readers); i++) {
		const struct gw_task_record *task = threads.members[i].record;

		if (gw_stack_faults(builder->now, task) && readers_may_read(node->lock, task))
			readers_add(readers, task);
	}
}

/*
 * Whether a task that slept inside at the last look is awake now: it may be one of them, who are one more then. @key: of the function,
 * or of a module.
 */
static bool readers_misses(struct gw_builder *builder, const struct gw_lock_record *lock, uint64_t key)
{
	struct gw_index_range inside;

	if (readers_index_woken(builder) < 0)
		return true;
	inside = gw_index_find(&builder->woken.tasks, key);
	for (size_t i = 0; i < inside.count; i++)
		if (readers_may_read(lock, inside.members[i].record))
			return true;
	return false;
}

/* One that queues to read: a function on its stack is the one that takes the lock. */
static const struct gw_task_record *readers_queued_reader(const struct gw_builder *builder,
							  const struct gw_lock_record *lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock->address);
	struct gw_wait wait;

	for (size_t i = 0; i < waiters.count; i++)
		if (gw_task_wait(waiters.members[i].record, &wait) && (wait.flags & GW_LOCK_F_READ))
			return waiters.members[i].record;
	return NULL;
}

/* The last reader, unless it waits for the lock itself, as who has let go of it may; else one that queues to read. */
static const struct gw_task_record *readers_guide(const struct gw_builder *builder, const struct gw_lock_record *lock)
{
	const struct gw_task_record *last = gw_snapshot_task(builder->now, lock->owner);

	return last && readers_may_read(lock, last) ? last : readers_queued_reader(builder, lock);
}

/*
 * Who sleeps in a function of a module that is on the guide's stack, too, where these are as many as there are readers.
 * Returns 1 if so, 0 if not, or -ENOMEM.
 */
static int readers_find_on_way(struct gw_builder *builder, const struct gw_lock_record *lock,
			       const struct gw_task_record *guide, struct readers *readers)
{
	for (uint32_t i = 0; guide && i < guide->stack_depth; i++) {
		const struct gw_symbol_record *function = gw_snapshot_symbol(builder->now, guide->stack[i]);

		if (!function || !function->module[0])
			continue;
		if (readers_find_inside(builder, lock, function, readers) < 0)
			return -ENOMEM;
		readers->function = function;
		if (readers->count && readers->count == lock->readers)
			return !readers_misses(builder, lock, function->address - function->offset);
	}
	readers->count = 0;
	return 0;
}

/*
 * The readers took it in functions of their own. Where exactly as many tasks sleep in the whole driver of the guide, and not for the
 * lock, these are most likely they: who reads is inside of the driver. Returns 1 if so, 0 if not, or -ENOMEM.
 */
static int readers_find_in_module(struct gw_builder *builder, const struct gw_lock_record *lock,
				  const struct gw_task_record *guide, struct readers *readers)
{
	const struct gw_symbol_record *frame = guide ? gw_stack_module_frame(builder->now, guide) : NULL;
	uint64_t module = frame ? gw_builder_module(builder, frame->module) : 0;
	struct gw_index_range inside;

	readers->count = 0;
	if (!module || !builder->complete || !builder->before ||
	    gw_snapshot_head(builder->now)->full == GW_SLEEPERS_NONE)
		return 0;
	if (readers_index_in_modules(builder) < 0)
		return -ENOMEM;
	inside = gw_index_find(&builder->in_modules.tasks, module);
	for (size_t i = 0; i < inside.count && readers_has_room(readers); i++)
		if (readers_may_read(lock, inside.members[i].record) &&
		    !gw_left_for_user_mode(builder->before, inside.members[i].record))
			readers_add(readers, inside.members[i].record);
	return readers->count == lock->readers && !readers_misses(builder, lock, module);
}

/* On the guide's way, in a page fault of the lock's mm, or in the guide's driver. */
static int readers_find(struct gw_builder *builder, const struct gw_node *node, struct readers *readers)
{
	const struct gw_lock_record *lock = node->lock;
	const struct gw_task_record *guide;
	int r;

	if (!lock || lock->readers < 2 || !readers_seeks_all(builder, lock))
		return 0;
	if (readers_make_room(readers, lock->readers) < 0)
		return -ENOMEM;
	guide = readers_guide(builder, lock);
	r = readers_find_on_way(builder, lock, guide, readers);
	if (r || readers->count)
		return r;
	if (!node->mm)
		return readers_find_in_module(builder, lock, guide, readers);
	readers_find_faults(builder, node, readers);
	return readers->count == lock->readers;
}

static int readers_several(struct gw_builder *builder, uint32_t node, const struct readers *readers)
{
	for (size_t i = 0; i < readers->count; i++) {
		uint32_t reader;

		if (gw_builder_task(builder, readers->tasks[i], &reader) < 0 ||
		    gw_builder_edge(builder, node, reader, GW_RELATION_HELD_BY, GW_EVIDENCE_STACK,
				    GW_CONFIDENCE_PROBABLE, 0) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Where they are not found so, whoever sleeps in the last reader's module may be one of them: the last one may have let go of the
 * lock since, and others read before it came.
 */

/* Owners followed from a lock that a task waits for. */
#define BEHIND_MAX 8

/* Whether the task needs this lock, the reader, or what the reader waits for: then it makes no difference that it may read. */
static bool readers_is_behind(const struct gw_builder *builder, const struct gw_lock_record *lock,
			      const struct gw_task_record *reader, const struct gw_task_record *task)
{
	const struct gw_lock_record *next;
	struct gw_wait own = { .object = 0 }, wait;

	gw_task_wait(reader, &own);
	for (int i = 0; i < BEHIND_MAX && task && gw_task_wait(task, &wait); i++) {
		if (wait.object && (wait.object == own.object || wait.object == lock->address))
			return true;
		next = wait.kind == GW_WAIT_LOCK ? gw_snapshot_lock(builder->now, wait.object) : NULL;
		if (!next || next->owner_kind != GW_OWNER_EXCLUSIVE)
			return false;
		if (next->owner == reader->address)
			return true;
		task = gw_snapshot_task(builder->now, next->owner);
	}
	return false;
}

/* @close: that they sleep in one module is not enough. Whoever faults, or pins pages, reads its own mmap_lock, whatever driver's. */
static bool readers_may_read_too(const struct gw_builder *builder, const struct gw_node *node,
				 const struct gw_task_record *reader, bool close, const struct gw_task_record *task)
{
	if (task == reader || !readers_may_read(node->lock, task) || (node->mm && task->mm && task->mm != node->mm) ||
	    gw_left_for_user_mode(builder->before, task))
		return false;
	return ((node->mm && task->mm == node->mm && gw_stack_faults(builder->now, task)) ||
		(close ? gw_stack_shares_way(builder->now, task, reader)
		       : gw_stack_shares_module(builder->now, task, reader))) &&
	       !readers_is_behind(builder, node->lock, reader, task);
}

/* So many that do not wait for the lock itself are looked at for one lock. */
#define OTHERS_MAX 256

static bool readers_has(const struct readers *readers, const struct gw_task_record *task)
{
	for (size_t i = 0; i < readers->count && i < readers->room; i++)
		if (readers->tasks[i] == task)
			return true;
	return false;
}

/* Of those in @range. @looked_at: at how many so far. */
static void readers_add_others_of(const struct gw_builder *builder, const struct gw_node *node,
				  const struct gw_task_record *reader, bool close, struct gw_index_range range,
				  struct readers *others, size_t *looked_at)
{
	for (size_t i = 0; i < range.count && readers_has_room(others) && *looked_at <= OTHERS_MAX; i++) {
		const struct gw_task_record *task = range.members[i].record;

		if (gw_task_waits_for_lock(task, node->lock->address) ||
		    (others->function && gw_stack_is_inside(builder->now, task, others->function)))
			continue;
		(*looked_at)++;
		if (readers_may_read_too(builder, node, reader, close, task) && !readers_has(others, task))
			readers_add(others, task);
	}
}

/* By the modules that the reader is in, and by its mm. Returns whether all of them were looked at. */
static bool readers_find_others(struct gw_builder *builder, const struct gw_node *node,
				const struct gw_task_record *reader, bool close, struct readers *others)
{
	size_t looked_at = 0;

	others->count = 0;
	if (!builder->complete || readers_index_in_modules(builder) < 0)
		return false;
	for (uint32_t i = 0; i < reader->stack_depth; i++)
		readers_add_others_of(builder, node, reader, close,
				      gw_index_find(&builder->in_modules.tasks,
						    gw_builder_first_of_module(builder, builder->now, reader, i)),
				      others, &looked_at);
	readers_add_others_of(builder, node, reader, close, gw_index_find(&builder->mms, node->mm), others, &looked_at);
	return readers_has_room(others) && looked_at <= OTHERS_MAX && gw_stack_module_frame(builder->now, reader) &&
	       gw_snapshot_head(builder->now)->full != GW_SLEEPERS_NONE;
}

/* Sleeps for something else than the lock, which its wait shows, or its stack alone. *@since_ns: since when. */
static bool readers_is_stuck_elsewhere(const struct gw_builder *builder, const struct gw_lock_record *lock,
				       const struct gw_task_record *reader, uint64_t *since_ns)
{
	struct gw_wait wait;

	if (!readers_may_read(lock, reader))
		return false;
	*since_ns = gw_task_wait(reader, &wait) ? wait.since_ns : 0;
	if (*since_ns == 0 && gw_stack_need(builder->now, reader) != GW_STACK_NEEDS_NOTHING &&
	    !gw_task_has_timer(reader))
		*since_ns = reader->last_ran_ns;
	return *since_ns != 0;
}

/* It is one of these, and nothing shows which: as long as one of them can go on, so can the lock. */
static int readers_one_of(struct gw_builder *builder, uint32_t node, const struct readers *others,
			  enum gw_confidence confidence)
{
	gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	gw_builder_node(builder, node)->end = GW_END_READERS;
	for (size_t i = 0; i < others->count && i < others->room; i++) {
		uint32_t other;

		if (gw_builder_task(builder, others->tasks[i], &other) < 0 ||
		    gw_builder_edge(builder, node, other, GW_RELATION_HELD_BY, GW_EVIDENCE_STACK, confidence, 0) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * Of a task that is awake nothing shows what it is in: it may read. So long a writer has waited at least before the last reader, which
 * may have let go, is taken for the one that still reads; and so long while somebody is awake: who reads for longer is stuck, too.
 */
#define READER_PATIENCE_NS 1000000000ULL
#define AWAKE_PATIENCE_NS 5000000000ULL

/* It slept at the look before, and in nothing that a lock could be held in. */
static bool readers_slept_elsewhere(const struct gw_builder *builder, uint64_t address)
{
	const struct gw_present_record *then = builder->before ? gw_snapshot_present(builder->before, address) : NULL;

	return then && then->state && gw_snapshot_head(builder->before)->full != GW_SLEEPERS_NONE;
}

/* The daemon looks at this very moment. */
static bool readers_is_daemon(const char *comm)
{
	return strncmp(comm, "gpuwatchd", strlen("gpuwatchd")) == 0;
}

static void readers_add_awake(struct gw_builder *builder, uint64_t address, uint32_t state, uint64_t start_ns,
			      const char *comm)
{
	if (!state && start_ns < builder->awake.start_ns && !readers_is_daemon(comm) &&
	    !readers_slept_elsewhere(builder, address))
		builder->awake.start_ns = start_ns;
}

/* Once per snapshot, and only where somebody asks. */
static void readers_find_awake(struct gw_builder *builder)
{
	const struct gw_present_record *const *present;
	const struct gw_task_record *const *tasks;
	size_t n_present = gw_snapshot_all_present(builder->now, &present);
	size_t n_tasks = gw_snapshot_tasks(builder->now, &tasks);

	if (builder->awake.made)
		return;
	builder->awake.made = true;
	builder->awake.start_ns = UINT64_MAX;
	for (size_t i = 0; i < n_present; i++)
		readers_add_awake(builder, present[i]->address, present[i]->state, present[i]->start_ns,
				  present[i]->comm);
	for (size_t i = 0; i < n_tasks; i++)
		readers_add_awake(builder, tasks[i]->address, tasks[i]->state, tasks[i]->start_ns, tasks[i]->comm);
}

/* Who has read and is awake would most likely be done. */
static bool readers_are_stuck(struct gw_builder *builder, uint64_t writer_since_ns)
{
	uint64_t now_ns = gw_snapshot_head(builder->now)->mono_ns;

	if (writer_since_ns + AWAKE_PATIENCE_NS <= now_ns)
		return true;
	if (writer_since_ns + READER_PATIENCE_NS > now_ns || !builder->before ||
	    gw_snapshot_head(builder->before)->mono_ns < writer_since_ns)
		return false;
	readers_find_awake(builder);
	/* Who began after the writer came has not got it. */
	return builder->awake.start_ns > writer_since_ns;
}

/*
 * The last reader, and unless @alone who else may be one. The one hint says more if it is the only reader, and blocked for
 * something else: since before the writer came, and nobody came the same way who may have read before it, and still do; or
 * else with everybody seen who sleeps in its driver; and nobody is awake who may read, or not for so long. One that wants the
 * lock itself has most likely let go of it before.
 */
static int readers_hinted_reader(struct gw_builder *builder, uint32_t node, uint64_t writer_since_ns, bool alone)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;
	enum gw_confidence confidence = GW_CONFIDENCE_HINT;
	_cleanup_(readers_free) struct readers others = { .count = 0 };
	const struct gw_task_record *task;
	uint64_t since_ns;
	uint32_t reader;

	if (!lock || lock->owner_kind != GW_OWNER_READER_HINT || !lock->owner ||
	    gw_holder_came_later(builder, lock->address, gw_snapshot_task(builder->now, lock->owner)))
		return 0;
	if (gw_builder_task_at(builder, lock->owner, 0, &reader) < 0)
		return -ENOMEM;
	if (reader == GW_NO_NODE)
		return 0;
	task = gw_builder_node(builder, reader)->task;
	if (task && readers_make_room(&others, READERS_FEW) < 0)
		return -ENOMEM;
	if (task) {
		bool stuck = lock->readers == 1 && readers_is_stuck_elsewhere(builder, lock, task, &since_ns);
		bool before = stuck && since_ns <= writer_since_ns;
		bool all = readers_find_others(builder, gw_builder_node(builder, node), task, before, &others);

		if ((before || (stuck && all)) && readers_are_stuck(builder, writer_since_ns))
			confidence = GW_CONFIDENCE_PROBABLE;
	}
	if (gw_builder_edge(builder, node, reader, GW_RELATION_HELD_BY, GW_EVIDENCE_OWNER_FIELD, confidence, 0) < 0)
		return -ENOMEM;
	return others.count && !alone ? readers_one_of(builder, node, &others, confidence) : 0;
}

int gw_readers_hold(struct gw_builder *builder, uint32_t node)
{
	_cleanup_(readers_free) struct readers readers = { .count = 0 };
	uint64_t writer_since_ns;
	size_t notifiers;
	int found;

	if (!readers_writer_waits(builder, gw_builder_node(builder, node)->address, &writer_since_ns))
		return gw_builder_live(builder, node, "is held for reading, and no writer waits");
	if (readers_in_notifiers(builder, node, &notifiers) < 0)
		return -ENOMEM;
	found = readers_find(builder, gw_builder_node(builder, node), &readers);
	if (found < 0)
		return found;
	if (found)
		return readers_several(builder, node, &readers);
	return readers_hinted_reader(builder, node, writer_since_ns, notifiers > 0);
}

/* ---- percpu rwsems ----------------------------------------------------------------------- */

/*
 * Others of the driver that sleep, and not for the lock, may be its readers as well, in another function: those that were found
 * may be inside of theirs with another lock. @all: whether all of these were looked at.
 */
static int readers_add_others(struct gw_builder *builder, const struct gw_node *node,
			      const struct gw_task_record *guide, struct readers *readers, bool *all)
{
	_cleanup_(readers_free) struct readers others = { .count = 0 };

	if (readers_make_room(&others, READERS_FEW) < 0)
		return -ENOMEM;
	others.function = readers->count ? readers->function : NULL;
	*all = readers_find_others(builder, node, guide, false, &others);
	for (size_t i = 0; *all && i < others.count; i++)
		readers_add(readers, others.tasks[i]);
	return 0;
}

int gw_readers_hold_percpu(struct gw_builder *builder, uint32_t node)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;
	const struct gw_task_record *writer = gw_snapshot_task(builder->now, lock->owner);
	_cleanup_(readers_free) struct readers readers = { .count = 0 };
	size_t room = READERS_FEW + (readers_seeks_all(builder, lock) ? lock->readers : 0), count;
	bool all;
	int found;

	if (readers_make_room(&readers, room) < 0)
		return -ENOMEM;
	found = readers_find_on_way(builder, lock, readers_queued_reader(builder, lock), &readers);
	count = readers.count;
	if (found < 0 || readers_add_others(builder, gw_builder_node(builder, node), found ? readers.tasks[0] : writer,
					    &readers, &all) < 0)
		return -ENOMEM;
	if (found && all && readers.count == count)
		return readers_several(builder, node, &readers);
	if (readers.count)
		return readers_one_of(builder, node, &readers, GW_CONFIDENCE_HINT);
	return gw_builder_live(builder, node, "is held for reading, and the kernel does not record by whom");
}
