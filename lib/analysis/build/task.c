/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the wait record to the node that it points to. */
#include "lib/analysis/build/task.h"

#include <errno.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/build/holder.h"
#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"

/* The drm_device whose section the task is in while somebody unplugs it, else 0. */
static uint64_t task_unplugged_device(const struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_sections *sections = &task->watch.sections;

	if (sections->drm_depth == 0 || gw_index_find(&builder->unplugs, sections->drm_device).count == 0)
		return 0;
	return sections->drm_device;
}

/* What the events say about it, for the nodes that they make. */
static const struct gw_activity *task_activity_for(const struct gw_builder *builder, enum gw_node_type type,
						   const struct gw_task_record *task)
{
	const struct gw_activity *activity = gw_snapshot_activity(builder->now, task->address);

	if (!activity || type == GW_NODE_RECLAIM)
		return NULL;
	return (activity->kind == GW_ACTIVITY_FAULT) == (type == GW_NODE_FAULT) ? activity : NULL;
}

/* Puts a fault, eviction or reclaim node between the task and what it needs: *@needs becomes that node. */
static int task_enter(struct gw_builder *builder, uint32_t *needs, enum gw_node_type type,
		      const struct gw_task_record *task, enum gw_confidence confidence, uint64_t entered_ns,
		      uint64_t since_ns)
{
	uint32_t inner;
	int r = gw_graph_node(builder->graph, type, task->address, task->start_ns, &inner);

	if (r < 0)
		return r;
	gw_builder_node(builder, inner)->since_ns = entered_ns;
	gw_builder_node(builder, inner)->activity = task_activity_for(builder, type, task);
	r = gw_builder_edge(builder, *needs, inner, GW_RELATION_INSIDE, GW_EVIDENCE_TRACEPOINT, confidence, since_ns);
	*needs = inner;
	return r;
}

/* Whether the task evicts or restores. */
static const struct gw_activity *task_eviction(const struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_activity *activity = gw_snapshot_activity(builder->now, task->address);

	return activity && activity->kind != GW_ACTIVITY_FAULT ? activity : NULL;
}

static int task_enter_sections(struct gw_builder *builder, uint32_t *needs, const struct gw_task_record *task,
			       uint64_t since_ns)
{
	const struct gw_sections *sections = &task->watch.sections;
	const struct gw_activity *eviction = task_eviction(builder, task);
	const struct gw_fault *fault = gw_builder_fault_of(builder, task->address);
	int r = 0;

	if (eviction)
		r = task_enter(builder, needs, GW_NODE_EVICTION, task, GW_CONFIDENCE_PROVEN, eviction->since_ns,
			       since_ns);
	if (r == 0 && fault)
		r = task_enter(builder, needs, GW_NODE_FAULT, task, GW_CONFIDENCE_PROVEN, fault->since_ns, since_ns);
	if (r == 0 && sections->reclaim_since_ns &&
	    gw_stack_in_section(builder->now, task, GW_STACK_RECLAIM) != GW_STACK_NO)
		r = task_enter(builder, needs, GW_NODE_RECLAIM, task,
			       gw_builder_section(builder, task, GW_STACK_RECLAIM), sections->reclaim_since_ns,
			       since_ns);
	return r;
}

/* A sync object may be given another fence at any time, and a wait keeps the one that it began with. */
static bool task_fences_are_its_own(const struct gw_builder *builder, const struct gw_wait *wait)
{
	const struct gw_fence_record *array = gw_snapshot_fence(builder->now, wait->object);

	return array && (array->flags & GW_FENCE_F_AWAITED);
}

/* A signal ends its sleep, and a timer of the process is to send one; or nobody has read whether. */
static bool task_expects_signal(const struct gw_builder *builder, const struct gw_task_record *task)
{
	uint64_t expires_ns;

	return task && gw_place_alarm(builder->now, task, &expires_ns) != GW_ALARM_NONE;
}

/*
 * From the beginning of a wait for a lock until the task sleeps it runs on: it spins for the owner first. When it ran last is
 * known to some milliseconds.
 */
#define BLOCKED_AT_ONCE_NS 20000000ULL

/*
 * A task that owns the lock it is recorded to wait for either takes it twice, or has got it, and the end of that wait was missed.
 * Who takes it twice blocks at once, and is not woken up; or the kernel itself names the lock that the task is blocked by.
 */
static bool task_may_have_got_lock(const struct gw_builder *builder, const struct gw_task_record *task,
				   const struct gw_wait *wait)
{
	const struct gw_lock_record *lock =
		wait->kind == GW_WAIT_LOCK ? gw_snapshot_lock(builder->now, wait->object) : NULL;

	if (!task || !lock || lock->owner != task->address || lock->owner_kind != GW_OWNER_EXCLUSIVE ||
	    task->blocker == wait->object)
		return false;
	return !wait->since_ns || !task->last_ran_ns || task->last_ran_ns > wait->since_ns + BLOCKED_AT_ONCE_NS;
}

/*
 * A kernel that names what tasks are blocked by does so for each that waits for a mutex. So the wait for one of a task without that name
 * is over: its end was missed.
 */
static bool task_mutex_wait_is_over(const struct gw_builder *builder, const struct gw_task_record *task,
				    const struct gw_wait *wait)
{
	return builder->names_mutexes && task && wait->kind == GW_WAIT_LOCK && (wait->flags & GW_LOCK_F_MUTEX) &&
	       !task->blocker && gw_task_sleeps(task);
}

/* Nothing in the wait itself ends it. */
static bool task_wait_is_endless(const struct gw_builder *builder, const struct gw_task_record *task,
				 const struct gw_wait *wait)
{
	bool fence = wait->kind == GW_WAIT_FENCE || wait->kind == GW_WAIT_FENCE_ANY;

	if (wait->kind == GW_WAIT_TRYLOCK || gw_wait_end_is_unknown(wait) || gw_wait_has_timeout(wait))
		return false;
	if ((task && gw_wait_is_timed_semaphore(task, wait)) || task_may_have_got_lock(builder, task, wait))
		return false;
	if (gw_wait_is_fence(wait) && (wait->flags & GW_WAIT_F_POINTS))
		return false;
	if (wait->kind == GW_WAIT_SYNCOBJ && !task_fences_are_its_own(builder, wait))
		return false;
	return !fence || !task || !gw_stack_waits_its_own_way(builder->now, task);
}

/* @from is the task, or a node that has its address. */
static int task_need(struct gw_builder *builder, uint32_t from, uint32_t to, enum gw_relation relation,
		     const struct gw_wait *wait)
{
	/* A wait without a beginning was not seen by a program, but read from task->blocker. */
	enum gw_evidence evidence = !wait->since_ns ? GW_EVIDENCE_OWNER_FIELD
				    : wait->kind == GW_WAIT_PAGE && (wait->flags & GW_WAIT_F_ON_STACK)
					    ? GW_EVIDENCE_STACK
					    : GW_EVIDENCE_TRACEPOINT;

	const struct gw_task_record *task = gw_snapshot_task(builder->now, gw_builder_node(builder, from)->address);
	bool sure = task_wait_is_endless(builder, task, wait) && !task_expects_signal(builder, task);

	return gw_builder_edge(builder, from, to, relation, evidence,
			       sure ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE, wait->since_ns);
}

static int task_need_fence(struct gw_builder *builder, uint32_t from, const struct gw_wait *wait, uint64_t address,
			   uint64_t device)
{
	uint32_t fence;
	/* Only a wait for one fence knows its context and seqno. */
	int r = gw_builder_fence(builder, address, wait->context, wait->context ? wait->seqno : 0, device, &fence);

	/* @from is the task, or a node that has its address. */
	if (r == 0 && !gw_builder_fault_of(builder, gw_builder_node(builder, from)->address))
		gw_builder_tell_fence(builder, fence, 0, wait->since_ns);
	return r < 0 ? r : task_need(builder, from, fence, GW_RELATION_WAITS_FOR, wait);
}

/* The fences of a wait-any or syncobj wait come as an array record at the wait's object. */
static int task_need_fences(struct gw_builder *builder, uint32_t task, uint32_t from, const struct gw_wait *wait,
			    uint64_t device)
{
	const struct gw_fence_record *array = gw_snapshot_fence(builder->now, wait->object);
	bool all = wait->kind == GW_WAIT_SYNCOBJ && (wait->flags & GW_WAIT_F_ALL);
	uint32_t known = 0;

	if (!array || array->kind != GW_FENCE_ARRAY)
		return gw_builder_live(builder, task, "waits for fences that were not read");
	gw_builder_node(builder, from)->rule = all ? GW_RULE_ALL : GW_RULE_ANY;
	for (uint32_t i = 0; i < array->member_count; i++) {
		if (!array->members[i])
			continue;
		known++;
		if (task_need_fence(builder, from, wait, array->members[i], device) < 0)
			return -ENOMEM;
	}
	if (known == 0 || (!all && (known < wait->count || (array->flags & GW_FENCE_F_CUT))))
		return gw_builder_live(builder, task, "waits for fences of which not all were read");
	return 0;
}

static int task_need_node(struct gw_builder *builder, uint32_t from, enum gw_node_type type, enum gw_relation relation,
			  const struct gw_wait *wait)
{
	struct gw_node *node;
	uint32_t to;
	int r = gw_graph_node(builder->graph, type, wait->object, 0, &to);

	if (r < 0)
		return r;
	node = gw_builder_node(builder, to);
	/* The earliest of those who wait for all that there is at the moment. */
	if ((type == GW_NODE_SRCU || type == GW_NODE_WORKQUEUE) &&
	    (r == GW_GRAPH_ADDED || wait->since_ns < node->since_ns))
		node->since_ns = wait->since_ns;
	return task_need(builder, from, to, relation, wait);
}

/*
 * Unregistering a notifier waits for the callbacks that had begun before, whatever their mm: the kernel has one domain for all.
 * Those of interval notifiers are not in it, and most kernels have no function of their own on the stack by which to tell.
 */
static int task_need_srcu(struct gw_builder *builder, uint32_t task, uint32_t from, const struct gw_wait *wait)
{
	struct gw_index_range inside = gw_index_find(&builder->in_notifiers, 1);
	const struct gw_task_record *record = gw_builder_node(builder, task)->task;
	uint32_t found = 0, notifier;

	if (!record || !wait->since_ns || !gw_stack_waits_for_notifiers(builder->now, record))
		inside.count = 0;
	for (size_t i = 0; i < inside.count; i++) {
		const struct gw_task_record *other = inside.members[i].record;

		if (other == record || other->watch.sections.notifier_since_ns > wait->since_ns ||
		    gw_stack_in_interval_callback(builder->now, other))
			continue;
		found++;
		if (gw_graph_node(builder->graph, GW_NODE_NOTIFIER, other->watch.sections.notifier_mm, other->address,
				  &notifier) < 0 ||
		    gw_builder_edge(builder, from, notifier, GW_RELATION_WAITS_FOR, GW_EVIDENCE_INFERRED,
				    GW_CONFIDENCE_PROBABLE, wait->since_ns) < 0)
			return -ENOMEM;
	}
	return found ? 0 : task_need_node(builder, from, GW_NODE_SRCU, GW_RELATION_WAITS_FOR, wait);
}

static int task_need_work(struct gw_builder *builder, uint32_t from, const struct gw_wait *wait)
{
	uint32_t work;
	int r = gw_builder_work(builder, wait->object, wait->context, &work);

	return r < 0 ? r : task_need(builder, from, work, GW_RELATION_FLUSHES, wait);
}

/* For all jobs in an entity's queue to be taken by its scheduler: the next one comes first. */
static int task_need_entity(struct gw_builder *builder, uint32_t task, uint32_t from, const struct gw_wait *wait)
{
	uint32_t fence;

	if (!wait->context)
		return gw_builder_live(builder, task, "waits for an entity that has no more jobs");
	if (gw_builder_fence(builder, wait->context, 0, 0, 0, &fence) < 0)
		return -ENOMEM;
	return task_need(builder, from, fence, GW_RELATION_WAITS_FOR, wait);
}

/* For a thread to end, to park, or to be done with its queue. */
static int task_need_thread(struct gw_builder *builder, uint32_t from, const struct gw_wait *wait)
{
	enum gw_relation relation = wait->kind == GW_WAIT_PARK		? GW_RELATION_PARKS
				    : wait->kind == GW_WAIT_THREAD_WORK ? GW_RELATION_FLUSHES
									: GW_RELATION_STOPS;
	uint32_t to;
	int r = gw_builder_task_at(builder, wait->object, 0, &to);

	if (r < 0)
		return r;
	if (to == GW_NO_NODE)
		return gw_builder_live(builder, from, "waits for the end of a task that has ended");
	return task_need(builder, from, to, relation, wait);
}

/*
 * A driver waits for its device: for a completion with a timeout, again and again; or asleep inside a drm_dev_enter()
 * section, which is there for access to the hardware. Most likely, for what wakes it up is not tracked.
 */
static bool task_waits_for_device(const struct gw_builder *builder, const struct gw_task_record *task,
				  const struct gw_wait *wait)
{
	bool timed = wait->kind == GW_WAIT_COMPLETION && gw_wait_has_timeout(wait);
	bool section = wait->kind == GW_WAIT_NONE && task->watch.sections.drm_depth > 0 &&
		       (task->state & TASK_UNINTERRUPTIBLE) && !gw_task_has_timer(task);

	return (timed || section) && gw_builder_has_gpu_on_stack(builder, task);
}

/* It is live because nobody tracks what it sleeps for: what can be named is where. */
static int task_sleeps_in(struct gw_builder *builder, uint32_t node, const char *why)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;

	if (task && gw_task_sleeps(task) && gw_place_of(builder->now, task).function)
		gw_builder_node(builder, node)->end =
			task_waits_for_device(builder, task, &gw_builder_node(builder, node)->wait)
				? GW_END_SILENT_DEVICE
				: GW_END_SLEEPS_IN;
	return gw_builder_live(builder, node, why);
}

/* For so long it must have tried where nothing else shows that it does not get on. */
#define TRIED_MIN_NS 500000000ULL

/*
 * A loop that tries to take a lock waits for whoever has that, as far as a few looks can show: it may give up. It is none
 * where nobody holds the lock for himself alone, as it does not keep readers out.
 */
static bool task_retries_lock(struct gw_builder *builder, uint32_t node, const struct gw_wait *wait)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	const struct gw_lock_record *lock = gw_snapshot_lock(builder->now, wait->object);
	const struct gw_spell *spell = gw_spells_find(builder->spells, task);
	uint64_t now_ns = gw_snapshot_head(builder->now)->mono_ns;

	if (!spell && now_ns < wait->since_ns + TRIED_MIN_NS)
		return false;
	/* Who has it by now has got it, and does something else. */
	if (!lock || !lock->owner || lock->owner == task->address || lock->owner_kind == GW_OWNER_READER_HINT)
		return false;
	gw_builder_node(builder, node)->spell = spell;
	gw_builder_node(builder, node)->end =
		spell && spell->kind == GW_SPELL_RUNS ? GW_END_BUSY_HOLDER : GW_END_RETRY_LOOP;
	return true;
}

static int task_need_page(struct gw_builder *builder, uint32_t from, const struct gw_wait *wait)
{
	uint32_t page;
	int r = gw_graph_node(builder->graph, GW_NODE_PAGE, wait->object, wait->context, &page);

	return r < 0 ? r : task_need(builder, from, page, GW_RELATION_WAITS_FOR, wait);
}

/* A call that has waited may by now change the power state itself: the stack shows which. */
static int task_need_power(struct gw_builder *builder, uint32_t task, uint32_t from, const struct gw_wait *wait)
{
	const struct gw_task_record *record = gw_builder_node(builder, task)->task;
	const struct gw_device *device = gw_snapshot_device(builder->now, wait->object);

	if (!device || !gw_stack_waits_for_power(builder->now, record))
		return task_sleeps_in(builder, task, "changes the power state of a device");
	return task_need_node(builder, from, GW_NODE_DEVICE, GW_RELATION_WAITS_FOR, wait);
}

/* Edges also where the task can make progress: a chain is worth showing. */
static int task_need_object(struct gw_builder *builder, uint32_t task, uint32_t from, const struct gw_wait *wait,
			    uint64_t device)
{
	switch (wait->kind) {
	case GW_WAIT_POLL:
		gw_builder_live(builder, task, "polls, and other things may wake it");
		/* fall through */
	case GW_WAIT_FENCE:
		return wait->object ? task_need_fence(builder, from, wait, wait->object, device) : 0;
	case GW_WAIT_FENCE_ANY:
	case GW_WAIT_SYNCOBJ:
		return task_need_fences(builder, task, from, wait, device);
	case GW_WAIT_LOCK:
		return task_need_node(builder, from, GW_NODE_LOCK, GW_RELATION_WAITS_FOR, wait);
	case GW_WAIT_TRYLOCK:
		return task_need_node(builder, from, GW_NODE_LOCK, GW_RELATION_TRIES, wait);
	case GW_WAIT_SRCU:
		return task_need_srcu(builder, task, from, wait);
	case GW_WAIT_NOTIFIER:
		return task_need_node(builder, from, GW_NODE_NOTIFIER, GW_RELATION_WAITS_FOR, wait);
	case GW_WAIT_WORKQUEUE:
		return task_need_node(builder, from, GW_NODE_WORKQUEUE, GW_RELATION_FLUSHES, wait);
	case GW_WAIT_WORK:
		return task_need_work(builder, from, wait);
	case GW_WAIT_ENTITY:
		return task_need_entity(builder, task, from, wait);
	case GW_WAIT_PAGE:
		return task_need_page(builder, from, wait);
	case GW_WAIT_POWER:
		return task_need_power(builder, task, from, wait);
	case GW_WAIT_TASK:
	case GW_WAIT_PARK:
	case GW_WAIT_THREAD_WORK:
		return task_need_thread(builder, from, wait);
	default:
		return task_sleeps_in(builder, task, "waits for a completion, and nothing shows who completes it");
	}
}

/*
 * Whether it runs, or sleeps for short times, and does not get out of that. Then it is live: nobody can see whether the
 * loop ends with the next turn.
 */
static bool task_is_busy(struct gw_builder *builder, uint32_t node)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	const struct gw_spell *spell = task ? gw_spells_find(builder->spells, task) : NULL;
	bool runs = spell && spell->kind == GW_SPELL_RUNS;

	if (!spell)
		return false;
	gw_builder_node(builder, node)->spell = spell;
	gw_builder_node(builder, node)->end = runs ? GW_END_BUSY_HOLDER : GW_END_RETRY_LOOP;
	gw_builder_live(builder, node,
			runs ? "runs in the kernel without a pause" : "sleeps again and again for short times");
	return true;
}

/*
 * Shrinkers wait with a timeout for one object after the other. While the reclaim stands, a timeout is no way out of it:
 * what the task waits for is what it needs, as far as a few looks can show that.
 */
static bool task_retries_in_reclaim(struct gw_builder *builder, uint32_t node)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	const struct gw_spell *spell = gw_spells_find(builder->spells, task);
	uint64_t reclaim_ns = task->watch.sections.reclaim_since_ns;

	if (!spell || spell->kind != GW_SPELL_NAPS || !reclaim_ns || reclaim_ns > spell->since_ns ||
	    gw_stack_in_section(builder->now, task, GW_STACK_RECLAIM) != GW_STACK_YES)
		return false;
	gw_builder_node(builder, node)->spell = spell;
	gw_builder_node(builder, node)->end = GW_END_RETRY_LOOP;
	gw_builder_node(builder, node)->since_ns = reclaim_ns;
	return true;
}

/* Who gives up after some tries has done so by then. */
#define RETRIED_MIN_NS 10000000000ULL

/*
 * Waits with a timeout for one fence or semaphore, again and again, and for nothing else in between. That is what it needs,
 * as far as some looks can show: it may give up.
 */
static bool task_retries_object(struct gw_builder *builder, uint32_t node, const struct gw_wait *wait)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	const struct gw_spell *spell = gw_spells_find(builder->spells, task);

	if (!spell || spell->kind != GW_SPELL_NAPS || !wait->object || spell->object != wait->object ||
	    gw_snapshot_head(builder->now)->mono_ns < spell->since_ns + RETRIED_MIN_NS)
		return false;
	gw_builder_node(builder, node)->spell = spell;
	gw_builder_node(builder, node)->end = GW_END_RETRY_LOOP;
	gw_builder_node(builder, node)->since_ns = spell->since_ns;
	return true;
}

/* Neither runs nor sleeps for what it needs: somebody else keeps it from going on. NULL: nobody does. */
static const char *task_stopped_by(const struct gw_builder *builder, const struct gw_task_record *task)
{
	if (task->flags & GW_TASK_F_ON_CPU)
		return NULL;
	if (task->state & TASK_TRACED)
		return "is stopped by a debugger";
	if (task->state & TASK_STOPPED)
		return "is stopped by a signal, until it gets SIGCONT";
	if (gw_stack_is_frozen(builder->now, task))
		return "is frozen by its cgroup";
	return task->state & TASK_FROZEN ? "is frozen" : NULL;
}

/* Sleeps in a function that shows whom it needs, as no record of its wait does. Returns how many may be meant, or -ENOMEM. */
static int task_need_by_stack(struct gw_builder *builder, uint32_t node)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	enum gw_stack_need need =
		task && gw_task_sleeps(task) ? gw_stack_need(builder->now, task) : GW_STACK_NEEDS_NOTHING;
	uint32_t needs = node;
	int found;

	if (need == GW_STACK_NEEDS_NOTHING || gw_task_has_timer(task))
		return 0;
	/* kswapd may wake it up for each page that it frees: it is a reclaim before the kernel calls it one. */
	if (need == GW_STACK_NEEDS_KSWAPD && task_enter(builder, &needs, GW_NODE_RECLAIM, task, GW_CONFIDENCE_PROBABLE,
							task->last_ran_ns, task->last_ran_ns) < 0)
		return -ENOMEM;
	found = gw_holder_by_stack(builder, needs, need, task);
	if (found > 0)
		gw_builder_node(builder, node)->since_ns = task->last_ran_ns;
	else if (found == 0 && needs != node)
		gw_builder_live(builder, needs, "waits for kswapd, which is not stuck");
	return found;
}

/*
 * The programs record a timeout where the call has one. Of locks, semaphores alone are waited for with one, in down_timeout(): its
 * timer shows it. On the stack of who waits for another lock it is what an earlier sleep has left there.
 */
static bool task_wait_is_timed(const struct gw_builder *builder, const struct gw_task_record *task,
			       const struct gw_wait *wait)
{
	const struct gw_lock_record *lock =
		wait->kind == GW_WAIT_LOCK ? gw_snapshot_lock(builder->now, wait->object) : NULL;

	return gw_wait_has_timeout(wait) || (lock && lock->kind == GW_LOCK_SEMAPHORE && gw_task_has_timer(task));
}

/* Gone, or in no wait that shows what it needs: then its node is decided. */
static bool task_needs_nothing(struct gw_builder *builder, uint32_t node)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	uint32_t kind = gw_builder_node(builder, node)->wait.kind;
	const char *why = NULL;

	if (gw_builder_node(builder, node)->gone)
		return true;
	if (gw_builder_node(builder, node)->stack_wait) {
		task_sleeps_in(builder, node, "is in a wait that gpuwatch has no record of");
		return true;
	}
	if (task && task_stopped_by(builder, task)) {
		gw_builder_node(builder, node)->end = GW_END_STOPPED;
		why = task_stopped_by(builder, task);
	} else if (task && kind != GW_WAIT_POLL && gw_stack_user_sleep(builder->now, task)) {
		/* The end of the wait was missed, or the task is between two of them. */
		gw_builder_node(builder, node)->wait.kind = GW_WAIT_NONE;
		why = "sleeps in a system call of its own";
	} else if (task && kind == GW_WAIT_NONE && gw_stack_idle_worker(builder->now, task)) {
		why = "waits for its next work item";
	}
	if (why)
		gw_builder_live(builder, node, why);
	return why != NULL;
}

/* Not asleep. Whether it gets a CPU is another question: one that has had none since the look before is held up by that. */
static const char *task_runs(const struct gw_builder *builder, const struct gw_task_record *task)
{
	const struct gw_task_record *then = builder->before ? gw_snapshot_task(builder->before, task->address) : NULL;

	if (!gw_task_awaits_cpu(task))
		return "runs";
	if (then && then->start_ns == task->start_ns && then->switches == task->switches && gw_task_awaits_cpu(then))
		return "can run, but no CPU has run it since the look before";
	return "can run, and waits for a CPU";
}

/* No wait of it is on record, or it has no record at all. */
static int task_expand_untracked(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task)
{
	if (task_is_busy(builder, node))
		return 0;
	return task_sleeps_in(builder, node,
			      !task		     ? "runs, or sleeps for nothing that gpuwatch tracks"
			      : gw_task_sleeps(task) ? "sleeps for what gpuwatch does not track"
						     : task_runs(builder, task));
}

/* Live if it is out of its wait, or that ends by itself; unless what it does around that wait stands. */
static void task_judge_wait(struct gw_builder *builder, uint32_t node, const struct gw_task_record *task,
			    const struct gw_wait *wait)
{
	if (wait->kind != GW_WAIT_TRYLOCK && !gw_task_sleeps(task) && !task_is_busy(builder, node))
		gw_builder_live(builder, node, task_runs(builder, task));
	else if (task_wait_is_timed(builder, task, wait) && !task_retries_in_reclaim(builder, node) &&
		 !task_retries_object(builder, node, wait) && !task_is_busy(builder, node))
		gw_builder_live(builder, node, "has a timeout");
}

int gw_expand_task(struct gw_builder *builder, uint32_t node)
{
	const struct gw_task_record *task = gw_builder_node(builder, node)->task;
	struct gw_wait wait = gw_builder_node(builder, node)->wait;
	uint32_t needs = node;

	if (task_needs_nothing(builder, node))
		return 0;
	if (task_mutex_wait_is_over(builder, task, &wait) ||
	    (wait.kind == GW_WAIT_TRYLOCK && !task_retries_lock(builder, node, &wait))) {
		wait.kind = gw_builder_node(builder, node)->wait.kind = GW_WAIT_NONE;
		gw_builder_node(builder, node)->since_ns = 0;
	}
	/* For a completion that nobody is known to complete, or for nothing that is recorded. */
	if (wait.kind == GW_WAIT_NONE || wait.kind == GW_WAIT_COMPLETION) {
		int found = task_need_by_stack(builder, node);

		if (found != 0)
			return found < 0 ? found : 0;
	}
	if (!task || wait.kind == GW_WAIT_NONE)
		return task_expand_untracked(builder, node, task);
	task_judge_wait(builder, node, task, &wait);
	if (task_enter_sections(builder, &needs, task, wait.since_ns) < 0)
		return -ENOMEM;
	return task_need_object(builder, node, needs, &wait, task_unplugged_device(builder, task));
}
