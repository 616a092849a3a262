/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By the states of tasks, which each look has of all. */
#include "daemon/watch/patrol.h"

#include "bpf/abi/kernel-constants.h"

/* As the load average counts them. */
static bool patrol_is_blocked(uint32_t state, uint32_t flags)
{
	return (state & TASK_UNINTERRUPTIBLE) && !(state & TASK_NOLOAD) && !(flags & GW_TASK_F_EXITING);
}

static bool patrol_finds(const struct gw_snapshot *now, const struct gw_blocked *blocked)
{
	const struct gw_present_record *present = gw_snapshot_present(now, blocked->task);
	const struct gw_task_record *task = gw_snapshot_task(now, blocked->task);

	if (task)
		return task->start_ns == blocked->start_ns && task->watch.depth == 0 &&
		       patrol_is_blocked(task->state, task->flags);
	return present && present->start_ns == blocked->start_ns && patrol_is_blocked(present->state, present->flags);
}

static bool patrol_has(const struct gw_patrol *patrol, uint64_t task)
{
	for (size_t i = 0; i < patrol->blocked; i++)
		if (patrol->list[i].task == task)
			return true;
	return false;
}

static void patrol_forget_others(struct gw_patrol *patrol, const struct gw_snapshot *now)
{
	size_t kept = 0;

	for (size_t i = 0; i < patrol->blocked; i++)
		if (patrol_finds(now, &patrol->list[i]))
			patrol->list[kept++] = patrol->list[i];
	patrol->blocked = kept;
}

static void patrol_add(struct gw_patrol *patrol, const struct gw_snapshot *now, uint64_t task, uint64_t start_ns)
{
	struct gw_blocked blocked = { task, start_ns, gw_snapshot_head(now)->mono_ns };

	if (patrol->blocked < GW_PATROL_MAX && patrol_finds(now, &blocked) && !patrol_has(patrol, task))
		patrol->list[patrol->blocked++] = blocked;
}

void gw_patrol_update(struct gw_patrol *patrol, const struct gw_snapshot *now, uint64_t long_ns)
{
	const struct gw_task_record *const *tasks;
	const struct gw_present_record *const *present;
	size_t n_tasks = gw_snapshot_tasks(now, &tasks), n_present = gw_snapshot_all_present(now, &present);

	patrol->wanted = gw_snapshot_has_gpu_module(now);
	patrol_forget_others(patrol, now);
	for (size_t i = 0; i < n_tasks; i++)
		patrol_add(patrol, now, tasks[i]->address, tasks[i]->start_ns);
	for (size_t i = 0; i < n_present; i++)
		patrol_add(patrol, now, present[i]->address, present[i]->start_ns);
	patrol->still = 0;
	for (size_t i = 0; i < patrol->blocked; i++)
		patrol->still += patrol->list[i].seen_ns + long_ns <= gw_snapshot_head(now)->mono_ns;
}
