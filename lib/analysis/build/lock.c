/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lock needs: its owner; and whether that one can ever let go. */
#include "lib/analysis/build/lock.h"

#include <errno.h>

#include "lib/analysis/build/handover.h"
#include "lib/analysis/build/holder.h"
#include "lib/analysis/build/readers.h"
#include "lib/analysis/record/left.h"
#include "lib/analysis/record/stack.h"

/* Waiters looked at for one lock: the first ones tell as much as all. */
#define WAITERS_LOOKED_AT 64

static struct gw_index_range lock_waiters(const struct gw_builder *builder, uint64_t lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);

	if (waiters.count > WAITERS_LOOKED_AT)
		waiters.count = WAITERS_LOOKED_AT;
	return waiters;
}

/* ---- owners that will never let go ------------------------------------------- */

/* Whether who waits longest, and so is next to get the lock, has been in its wait since the snapshot before. */
static bool lock_longest_wait_is_unbroken(const struct gw_builder *builder, uint64_t lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock);
	struct gw_wait_identity longest, identity;

	for (size_t i = 0; i < waiters.count; i++) {
		identity = gw_wait_identify(waiters.members[i].record);
		/* Unsigned: a beginning of 0 is unknown, and comes last. */
		if (i == 0 || identity.since_ns - 1 < longest.since_ns - 1)
			longest = identity;
	}
	return waiters.count > 0 && gw_wait_unbroken(&longest, builder->before);
}

/* The owner has been in user mode since the snapshot before, and owned the lock in both. */
static bool lock_owner_was_in_user_mode(const struct gw_builder *builder, const struct gw_lock_record *lock,
					const struct gw_task_record *owner)
{
	const struct gw_lock_record *then;
	struct gw_wait wait;

	if (!gw_left_for_user_mode(builder->before, owner) || gw_task_wait(owner, &wait))
		return false;
	then = gw_snapshot_lock(builder->before, lock->address);
	return then && then->owner == lock->owner && then->owner_kind == lock->owner_kind &&
	       lock_longest_wait_is_unbroken(builder, lock->address);
}

/* It sleeps for user space; but not if the lock belongs to that very sleep, as a tty's reader lock does. */
static bool lock_owner_sleeps_in_user_call(const struct gw_builder *builder, const struct gw_lock_record *lock,
					   const struct gw_task_record *owner)
{
	struct gw_index_range waiters = lock_waiters(builder, lock->address);
	const char *function = gw_stack_user_sleep(builder->now, owner);

	if (!function)
		return false;
	for (size_t i = 0; i < waiters.count; i++)
		if (gw_snapshot_stack_has(builder->now, waiters.members[i].record, function))
			return false;
	return true;
}

/*
 * So long a lock was waited for that its owner's next item or interrupt was to release: that would have come. And so long one that
 * somebody else has read than the last reader: that one would have been seen.
 */
#define THREAD_PATIENCE_NS 10000000000ULL

/*
 * The thread of a kthread_worker or of an interrupt is always the same one, and the kernel lets it keep a lock from one item to the
 * next: so that one may release it, and nothing shows whether the device, or somebody of the driver, is yet to ask for it.
 */
static enum gw_confidence lock_trust_left_by_thread(struct gw_builder *builder, uint32_t node)
{
	if (gw_handover_outlasts(builder, node, GW_HANDOVER_PATIENCE_NS) ||
	    (gw_handover_outlasts(builder, node, THREAD_PATIENCE_NS) && gw_handover_is_excluded(builder, node)))
		return GW_CONFIDENCE_PROBABLE;
	return GW_CONFIDENCE_HINT;
}

static int lock_judge_thread(struct gw_builder *builder, uint32_t node, const struct gw_task_record *owner,
			     enum gw_confidence confidence)
{
	enum gw_confidence trust = lock_trust_left_by_thread(builder, node);

	return gw_builder_dead(builder, node, trust < confidence ? trust : confidence,
			       gw_stack_awaits_interrupt(builder->now, owner)
				       ? "is done with its interrupt and waits for another one"
				       : "has finished its work item and waits for another one");
}

/* Marks the lock as a dead end if its owner, alive as it is, has forgotten it; as surely as @confidence. */
static int lock_judge_owner(struct gw_builder *builder, uint32_t node, const struct gw_task_record *owner,
			    enum gw_confidence confidence)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;

	/* freeze_super() hands one of these to user space on purpose. */
	if (lock->kind == GW_LOCK_PERCPU_RWSEM)
		return 0;
	if (lock_owner_sleeps_in_user_call(builder, lock, owner))
		return gw_builder_dead(builder, node, confidence,
				       "sleeps in a system call that has nothing to do with it");
	if (gw_stack_idle_worker(builder->now, owner))
		return gw_builder_dead(builder, node, confidence,
				       "has finished its work item and waits for another one");
	if (gw_stack_idle_thread(builder->now, owner))
		return lock_judge_thread(builder, node, owner, confidence);
	if (lock_owner_was_in_user_mode(builder, lock, owner))
		return gw_builder_dead(builder, node, confidence, "went back to user space with it");
	return 0;
}

/*
 * The owner is gone, or has forgotten the lock, and timers or work items of its driver may release it. As long as one of
 * them can go on, so can the lock.
 */
static int lock_ask_for_handover(struct gw_builder *builder, uint32_t node, uint32_t owner)
{
	bool gone = gw_builder_node(builder, owner)->gone;
	int found;

	if (!gone && gw_builder_node(builder, node)->leaf != GW_LEAF_DEAD)
		return 0;
	if (gw_handover_is_due(builder, node))
		return gw_builder_live(
			builder, node,
			"was left by its owner, and a timer runs that the owner's driver may have set to release it");
	found = gw_handover_workers(builder, node);
	if (found <= 0 || gw_builder_node(builder, node)->leaf == GW_LEAF_LIVE)
		return found < 0 ? found : 0;
	if (gone)
		gw_builder_node(builder, node)->rule = GW_RULE_ANY;
	else
		gw_builder_node(builder, node)->leaf = GW_LEAF_LEFT;
	return 0;
}

/*
 * Whoever went on without a lock may have left its release to somebody. A process can come back for it in its next system
 * call, and of a task that is gone the memory may be another's already; but an item that is over never comes back, and where
 * its driver has nothing left that could have got the lock, nothing releases it.
 */
static enum gw_confidence lock_trust_left(struct gw_builder *builder, uint32_t node, const struct gw_task_record *owner)
{
	return gw_stack_idle_worker(builder->now, owner) && gw_handover_is_excluded(builder, node)
		       ? GW_CONFIDENCE_PROVEN
		       : GW_CONFIDENCE_PROBABLE;
}

/*
 * Who tries to take another lock in a loop may let go of this one in each turn, and take it again. A task that sleeps for
 * it meanwhile would have got it.
 */
static bool lock_may_be_let_go(const struct gw_builder *builder, uint64_t lock, const struct gw_task_record *owner)
{
	struct gw_wait wait;

	return gw_task_wait(owner, &wait) && wait.kind == GW_WAIT_TRYLOCK &&
	       (!builder->before || !lock_longest_wait_is_unbroken(builder, lock));
}

static int lock_held_by_owner(struct gw_builder *builder, uint32_t node)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;
	enum gw_confidence confidence = GW_CONFIDENCE_PROVEN;
	const struct gw_task_record *task = gw_snapshot_task(builder->now, lock->owner);
	bool another = gw_holder_came_later(builder, lock->address, task);
	uint32_t owner = GW_NO_NODE;

	if (!another && gw_builder_task_at(builder, lock->owner, 0, &owner) < 0)
		return -ENOMEM;
	if (owner == GW_NO_NODE && !another && !builder->complete)
		return gw_builder_live(builder, node, "has an owner that is not in this snapshot");
	if (owner == GW_NO_NODE) {
		confidence = GW_CONFIDENCE_PROBABLE;
		if (gw_builder_gone_task(builder, lock->owner, 0, another ? 0 : lock->owner_pid, "", &owner) < 0)
			return -ENOMEM;
	}
	task = gw_builder_node(builder, owner)->task;
	if (task && lock_judge_owner(builder, node, task, lock_trust_left(builder, node, task)) < 0)
		return -ENOMEM;
	if (lock_ask_for_handover(builder, node, owner) < 0)
		return -ENOMEM;
	if (task && lock_may_be_let_go(builder, lock->address, task))
		confidence = GW_CONFIDENCE_HINT;
	return gw_builder_edge(builder, node, owner, GW_RELATION_HELD_BY, GW_EVIDENCE_OWNER_FIELD, confidence, 0);
}

/*
 * Its one reader is most likely the last one, which the lock names, if that one has gone on without it, and nobody who is in the
 * driver could have read it before. Of an mmap_lock anybody could.
 */
static int lock_left_by_reader(struct gw_builder *builder, uint32_t node, bool *left)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;
	const struct gw_task_record *task = gw_snapshot_task(builder->now, lock->owner);
	bool another = gw_holder_came_later(builder, lock->address, task);
	uint32_t owner = GW_NO_NODE;

	*left = false;
	if (lock->readers != 1 || !lock->owner || gw_builder_node(builder, node)->mm ||
	    !gw_handover_outlasts(builder, node, THREAD_PATIENCE_NS) || !gw_handover_is_excluded(builder, node))
		return 0;
	if (!another && gw_builder_task_at(builder, lock->owner, 0, &owner) < 0)
		return -ENOMEM;
	if (owner == GW_NO_NODE &&
	    gw_builder_gone_task(builder, lock->owner, 0, another ? 0 : lock->owner_pid, "", &owner) < 0)
		return -ENOMEM;
	task = gw_builder_node(builder, owner)->task;
	if (task && lock_judge_owner(builder, node, task, GW_CONFIDENCE_PROBABLE) < 0)
		return -ENOMEM;
	*left = gw_builder_node(builder, owner)->gone || gw_builder_node(builder, node)->leaf == GW_LEAF_DEAD;
	return *left ? gw_builder_edge(builder, node, owner, GW_RELATION_HELD_BY, GW_EVIDENCE_OWNER_FIELD,
				       GW_CONFIDENCE_PROBABLE, 0)
		     : 0;
}

/* ---- semaphores ------------------------------------------------------------------ */

/* So many releases by the task that had taken it are a habit: it is used as a lock. */
#define HABITUAL_RELEASES 4

static bool lock_semaphore_is_habitual(const struct gw_semaphore *seen)
{
	return seen && seen->by_holder >= HABITUAL_RELEASES;
}

/* And by the one that has it now. */
static bool lock_semaphore_is_its_holders_habit(const struct gw_semaphore *seen)
{
	return lock_semaphore_is_habitual(seen) && seen->releaser == seen->holder &&
	       seen->releaser_start_ns == seen->start_ns && seen->in_a_row >= HABITUAL_RELEASES;
}

static bool lock_owner_waits_for_it(const struct gw_builder *builder, const struct gw_lock_record *lock)
{
	struct gw_index_range waiters = gw_index_find(&builder->lock_waiters, lock->address);

	for (size_t i = 0; i < waiters.count; i++)
		if (((const struct gw_task_record *)waiters.members[i].record)->address == lock->owner)
			return true;
	return false;
}

/*
 * How sure it is that whoever took the semaphore last must release it. Where others have released it, it is a signal, and so
 * it may be where its last holder waits for it again, but for one that has always released it itself; the habit of others may
 * be that of an earlier semaphore at this address. A counting one has more holders.
 */
static enum gw_confidence lock_trust_holder(const struct gw_builder *builder, const struct gw_lock_record *lock,
					    const struct gw_semaphore *seen)
{
	if (seen && seen->holders > 1)
		return GW_CONFIDENCE_HINT;
	if (lock_owner_waits_for_it(builder, lock) && !lock_semaphore_is_its_holders_habit(seen))
		return GW_CONFIDENCE_HINT;
	if (lock_semaphore_is_habitual(seen))
		return GW_CONFIDENCE_PROBABLE;
	return seen && seen->by_others > 0 ? GW_CONFIDENCE_HINT : GW_CONFIDENCE_PROBABLE;
}

/* A task that went on without it may have left its release to somebody else, unless it has always released it itself. */
static enum gw_confidence lock_trust_leak(const struct gw_builder *builder, const struct gw_lock_record *lock,
					  const struct gw_semaphore *seen)
{
	return lock_semaphore_is_its_holders_habit(seen) ? lock_trust_holder(builder, lock, seen) : GW_CONFIDENCE_HINT;
}

static int lock_held_by_last_holder(struct gw_builder *builder, uint32_t node)
{
	const struct gw_lock_record *lock = gw_builder_node(builder, node)->lock;
	const struct gw_semaphore *seen = gw_snapshot_semaphore(builder->now, lock->address);
	enum gw_confidence confidence = lock_trust_holder(builder, lock, seen);
	uint64_t start_ns = seen ? seen->start_ns : 0;
	uint32_t owner;

	if (gw_builder_task_at(builder, lock->owner, start_ns, &owner) < 0)
		return -ENOMEM;
	if (owner == GW_NO_NODE && !builder->complete)
		return gw_builder_live(builder, node, "has a holder that is not in this snapshot");
	if (owner == GW_NO_NODE) {
		confidence = lock_trust_leak(builder, lock, seen);
		if (gw_builder_gone_task(builder, lock->owner, start_ns, seen ? seen->pid : lock->owner_pid, "",
					 &owner) < 0)
			return -ENOMEM;
	} else if (gw_builder_node(builder, owner)->task &&
		   lock_judge_owner(builder, node, gw_builder_node(builder, owner)->task,
				    lock_trust_leak(builder, lock, seen)) < 0) {
		return -ENOMEM;
	}
	if (lock_ask_for_handover(builder, node, owner) < 0)
		return -ENOMEM;
	return gw_builder_edge(builder, node, owner, GW_RELATION_HELD_BY, GW_EVIDENCE_LAST_HOLDER, confidence,
			       seen ? seen->since_ns : 0);
}

/* ---- all kinds ------------------------------------------------------------------- */

/* A page fault of a device is handled for a process none of whose tasks may be blocked. */
static bool lock_mm_has_fault(const struct gw_builder *builder, uint64_t mm)
{
	for (size_t i = 0; i < builder->n_faults; i++)
		if (builder->faults[i].fault.mm == mm)
			return true;
	return false;
}

static uint64_t lock_mm(const struct gw_builder *builder, uint64_t lock)
{
	uint64_t mm = lock - builder->mmap_lock_offset;

	if (builder->mmap_lock_offset == 0)
		return 0;
	if (gw_index_find(&builder->mms, mm).count || gw_index_find(&builder->notifiers, mm).count ||
	    lock_mm_has_fault(builder, mm))
		return mm;
	return 0;
}

int gw_expand_lock(struct gw_builder *builder, uint32_t node)
{
	uint64_t address = gw_builder_node(builder, node)->address;
	const struct gw_lock_record *lock = gw_snapshot_lock(builder->now, address);
	bool left = false;

	gw_builder_node(builder, node)->lock = lock;
	gw_builder_node(builder, node)->mm = lock_mm(builder, address);
	/* Its writer keeps everybody out already, and waits for the readers: its wait is for them. */
	if (lock && lock->kind == GW_LOCK_PERCPU_RWSEM && lock->owner && lock_owner_waits_for_it(builder, lock))
		return gw_readers_hold_percpu(builder, node);
	if (lock && lock->owner_kind == GW_OWNER_EXCLUSIVE && lock->owner)
		return lock_held_by_owner(builder, node);
	if (lock && lock->owner_kind == GW_OWNER_LAST_HOLDER && lock->owner)
		return lock_held_by_last_holder(builder, node);
	if (lock && lock->owner_kind == GW_OWNER_READER_HINT && lock_left_by_reader(builder, node, &left) < 0)
		return -ENOMEM;
	if (left)
		return 0;
	if (!lock || lock->readers > 0 || lock->owner_kind == GW_OWNER_READER_HINT)
		return gw_readers_hold(builder, node);
	return gw_builder_live(builder, node, "is free, or its owner is not recorded");
}
