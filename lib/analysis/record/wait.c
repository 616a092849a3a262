/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of a task's nested waits counts, and whether two snapshots show the same one. */
#include "lib/analysis/record/wait.h"

#include "bpf/abi/kernel-constants.h"
#include "lib/base/units.h"

static bool wait_is_by_completion(uint32_t kind)
{
	return kind == GW_WAIT_WORK || kind == GW_WAIT_WORKQUEUE || kind == GW_WAIT_SRCU || kind == GW_WAIT_TASK ||
	       kind == GW_WAIT_ENTITY || kind == GW_WAIT_PARK || kind == GW_WAIT_THREAD_WORK;
}

static bool wait_from_blocker(const struct gw_task_record *task, struct gw_wait *ret)
{
	static const uint32_t flags[] = {
		[BLOCKER_TYPE_MUTEX] = GW_LOCK_F_MUTEX,
		[BLOCKER_TYPE_SEM] = 0,
		[BLOCKER_TYPE_RWSEM_READER] = GW_LOCK_F_READ,
		[BLOCKER_TYPE_RWSEM_WRITER] = GW_LOCK_F_WRITE,
	};

	if (!task->blocker || task->blocker_type >= sizeof(flags) / sizeof(flags[0]))
		return false;
	*ret = (struct gw_wait){ .kind = GW_WAIT_LOCK, .object = task->blocker, .flags = flags[task->blocker_type] };
	return true;
}

bool gw_task_wait(const struct gw_task_record *task, struct gw_wait *ret)
{
	const struct gw_wait *waits = task->watch.waits;
	uint32_t last = task->watch.depth;

	/* Who changes the power state waits for nobody by that. */
	while (last > 0 && waits[last - 1].kind == GW_WAIT_POWER_CALL)
		last--;
	if (last == 0)
		return wait_from_blocker(task, ret);
	last--;
	if (last > 0 && waits[last].kind == GW_WAIT_COMPLETION && wait_is_by_completion(waits[last - 1].kind))
		last--;
	*ret = waits[last];
	return ret->kind != GW_WAIT_NONE;
}

bool gw_task_waits_for_lock(const struct gw_task_record *task, uint64_t lock)
{
	struct gw_wait wait;

	return gw_task_wait(task, &wait) && wait.kind == GW_WAIT_LOCK && wait.object == lock;
}

bool gw_task_sleeps(const struct gw_task_record *task)
{
	if (task->flags & GW_TASK_F_ON_CPU)
		return false;
	return task->state & (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | TASK_RTLOCK_WAIT);
}

bool gw_task_awaits_cpu(const struct gw_task_record *task)
{
	return task->state == 0 && !(task->flags & GW_TASK_F_ON_CPU);
}

bool gw_state_is_dead(uint32_t state, uint32_t flags)
{
	return (flags & GW_TASK_F_EXITING) && (state & TASK_DEAD);
}

const char *gw_state_letter(uint32_t state)
{
	if (state & TASK_DEAD)
		return "X";
	if (state & TASK_STOPPED)
		return "T";
	if (state & TASK_TRACED)
		return "t";
	if ((state & TASK_UNINTERRUPTIBLE) && (state & TASK_NOLOAD))
		return "I";
	if (state & (TASK_UNINTERRUPTIBLE | TASK_RTLOCK_WAIT | TASK_FROZEN))
		return "D";
	return state & TASK_INTERRUPTIBLE ? "S" : "R";
}

bool gw_wait_is_fence(const struct gw_wait *wait)
{
	return wait->kind == GW_WAIT_FENCE || wait->kind == GW_WAIT_FENCE_ANY || wait->kind == GW_WAIT_SYNCOBJ ||
	       wait->kind == GW_WAIT_ENTITY;
}

/* Whose flags are a lock's: the same bits mean something else. */
static bool wait_is_lock(const struct gw_wait *wait)
{
	return wait->kind == GW_WAIT_LOCK || wait->kind == GW_WAIT_TRYLOCK;
}

/* A point of a timeline may come before the fence that is given for it: its timeout counts, however late. */
static bool wait_is_far(const struct gw_wait *wait)
{
	return wait->due_s >= GW_FAR_S && !(gw_wait_is_fence(wait) && (wait->flags & GW_WAIT_F_POINTS));
}

bool gw_wait_has_timeout(const struct gw_wait *wait)
{
	return !wait_is_lock(wait) && (wait->flags & GW_WAIT_F_TIMEOUT) && !wait_is_far(wait);
}

bool gw_task_has_timer(const struct gw_task_record *task)
{
	return (task->flags & GW_TASK_F_TIMER) && !(task->flags & GW_TASK_F_FAR);
}

bool gw_task_naps(const struct gw_task_record *task)
{
	return (task->flags & GW_TASK_F_KTHREAD) && gw_task_sleeps(task) && gw_task_has_timer(task);
}

/* The kernel's tracepoint has a flag for every kind of lock but semaphores. */
bool gw_wait_is_semaphore(const struct gw_wait *wait)
{
	return wait->kind == GW_WAIT_LOCK && wait->object && !wait->flags;
}

bool gw_wait_is_timed_semaphore(const struct gw_task_record *task, const struct gw_wait *wait)
{
	return gw_wait_is_semaphore(wait) && gw_task_has_timer(task);
}

/* What is left of it, and what has passed; to the minute, so that each look says the same. */
uint64_t gw_wait_far_timeout_s(const struct gw_wait *wait, uint64_t now_ns)
{
	uint64_t passed_s = wait->since_ns && wait->since_ns < now_ns ? (now_ns - wait->since_ns) / GW_NSEC_PER_SEC : 0;

	if (!wait_is_far(wait))
		return 0;
	return (wait->due_s + passed_s + 30) / 60 * 60;
}

bool gw_wait_end_is_unknown(const struct gw_wait *wait)
{
	return !wait_is_lock(wait) && (wait->flags & GW_WAIT_F_END_UNKNOWN);
}

const char *gw_wait_kind_name(uint32_t kind)
{
	static const char *const names[GW_WAIT_KINDS] = {
		[GW_WAIT_NONE] = "unknown",	   [GW_WAIT_FENCE] = "fence",
		[GW_WAIT_FENCE_ANY] = "fence-any", [GW_WAIT_SYNCOBJ] = "syncobj",
		[GW_WAIT_POLL] = "poll",	   [GW_WAIT_LOCK] = "lock",
		[GW_WAIT_SRCU] = "srcu",	   [GW_WAIT_WORK] = "work",
		[GW_WAIT_WORKQUEUE] = "workqueue", [GW_WAIT_COMPLETION] = "completion",
		[GW_WAIT_NOTIFIER] = "notifier",   [GW_WAIT_TASK] = "task",
		[GW_WAIT_ENTITY] = "entity",	   [GW_WAIT_PARK] = "park",
		[GW_WAIT_POWER] = "runtime-pm",	   [GW_WAIT_POWER_CALL] = "runtime-pm-call",
		[GW_WAIT_PAGE] = "page",	   [GW_WAIT_THREAD_WORK] = "thread-work",
		[GW_WAIT_TRYLOCK] = "trylock",
	};

	return kind < GW_WAIT_KINDS && names[kind] ? names[kind] : "unknown";
}

/* In reclaim, waits with a timeout follow each other: what stands is the reclaim. */
static bool wait_is_of_reclaim(const struct gw_task_record *task, const struct gw_wait *wait)
{
	return task->watch.sections.reclaim_since_ns && (wait->kind == GW_WAIT_NONE || gw_wait_has_timeout(wait));
}

/* Its turns have an end, and the next one begins: what stands is for what. */
static bool wait_is_renewed(const struct gw_task_record *task, const struct gw_wait *wait)
{
	return wait->kind == GW_WAIT_TRYLOCK || (wait->kind == GW_WAIT_FENCE && gw_wait_has_timeout(wait)) ||
	       gw_wait_is_timed_semaphore(task, wait);
}

/* When a task ran last is known to some microseconds: what stands is that it has not run since. */
static bool wait_has_rough_beginning(const struct gw_wait *wait)
{
	return wait->kind == GW_WAIT_PAGE && (wait->flags & GW_WAIT_F_ON_STACK);
}

struct gw_wait_identity gw_wait_identify(const struct gw_task_record *task)
{
	struct gw_wait wait = { .kind = GW_WAIT_NONE };

	gw_task_wait(task, &wait);
	if (wait_is_of_reclaim(task, &wait))
		wait = (struct gw_wait){ .kind = GW_WAIT_NONE, .since_ns = task->watch.sections.reclaim_since_ns };
	if (wait_is_renewed(task, &wait) || wait_has_rough_beginning(&wait))
		wait.since_ns = 0;
	return (struct gw_wait_identity){
		.task = task->address,
		.start_ns = task->start_ns,
		.pid = task->pid,
		.kind = wait.kind,
		.object = wait.object,
		.since_ns = wait.since_ns,
		.switches = wait_is_renewed(task, &wait) ? 0 : task->switches,
	};
}

bool gw_wait_unbroken(const struct gw_wait_identity *identity, const struct gw_snapshot *snapshot)
{
	const struct gw_task_record *task = gw_snapshot_task(snapshot, identity->task);
	struct gw_wait_identity now;

	if (!task)
		return false;
	now = gw_wait_identify(task);
	if (now.start_ns != identity->start_ns || now.kind != identity->kind || now.object != identity->object)
		return false;
	/* It was renewed: between two turns no timer is to be seen. */
	if (identity->object && identity->since_ns == 0 && identity->switches == 0)
		return true;
	if (now.since_ns != identity->since_ns)
		return false;
	return identity->since_ns != 0 || now.switches == identity->switches;
}
