/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By where it sleeps, and by the time that it has spent in user mode. */
#include "lib/analysis/record/left.h"

#include "lib/analysis/record/stack.h"
#include "lib/analysis/record/wait.h"

bool gw_left_for_user_mode(const struct gw_snapshot *before, const struct gw_task_record *task)
{
	const struct gw_task_record *then = before ? gw_snapshot_task(before, task->address) : NULL;

	if (!then || then->start_ns != task->start_ns || (task->flags & GW_TASK_F_KTHREAD))
		return false;
	return then->utime_ns != task->utime_ns || then->user_ip != task->user_ip ||
	       then->user_syscall != task->user_syscall;
}

/* The same section as in the snapshot before: it was neither left nor entered again. */
static bool left_section_stands(const struct gw_snapshot *before, const struct gw_task_record *task)
{
	const struct gw_task_record *then = before ? gw_snapshot_task(before, task->address) : NULL;

	return then && then->start_ns == task->start_ns &&
	       then->watch.sections.drm_since_ns == task->watch.sections.drm_since_ns &&
	       then->watch.sections.drm_depth == task->watch.sections.drm_depth;
}

const char *gw_left_behind(const struct gw_snapshot *now, const struct gw_snapshot *before,
			   const struct gw_task_record *task, enum gw_confidence *confidence)
{
	*confidence = GW_CONFIDENCE_PROVEN;
	if (gw_stack_user_sleep(now, task))
		return "sleeps in a system call that has nothing to do with it";
	if (gw_stack_idle_worker(now, task))
		return "has finished its work item and waits for another one";
	if (left_section_stands(before, task) && gw_left_for_user_mode(before, task))
		return "went back to user space with it";
	return NULL;
}

bool gw_left_lock(const struct gw_snapshot *now, const struct gw_lock_record *lock)
{
	const struct gw_task_record *task = gw_snapshot_task(now, lock->owner);

	if (!lock->owner || lock->owner_kind == GW_OWNER_READER_HINT)
		return false;
	if (!task)
		return !gw_snapshot_head(now)->incomplete && !gw_snapshot_present(now, lock->owner);
	return gw_state_is_dead(task->state, task->flags) || gw_stack_user_sleep(now, task) ||
	       gw_stack_idle_worker(now, task) || gw_stack_idle_thread(now, task);
}
