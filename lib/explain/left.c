/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * debug_show_blocker() of kernel/hung_task.c prints a line with each report of a hung task, also where nobody owns the lock
 * ("but the owner is not found"). Only for an owner that no list of tasks has it prints none.
 */
#include "lib/explain/left.h"

#include <stdio.h>

/* The first release that names owners of locks of a kind: 3cf67d61ff98, 194a9b9e843b; an rw-semaphore's readers are not all known. */
static unsigned left_first_minor(enum gw_log_lock_kind kind)
{
	return kind == GW_LOG_LOCK_MUTEX ? 15 : 16;
}

static bool left_lock_kind(enum gw_text_wait_kind kind, enum gw_log_lock_kind *ret)
{
	*ret = kind == GW_TEXT_WAIT_SEMAPHORE ? GW_LOG_LOCK_SEMAPHORE : GW_LOG_LOCK_MUTEX;
	return kind == GW_TEXT_WAIT_MUTEX || kind == GW_TEXT_WAIT_WW_MUTEX || kind == GW_TEXT_WAIT_SEMAPHORE;
}

/* CONFIG_DETECT_HUNG_TASK_BLOCKER can be off: a line about another task shows that it is on. */
static bool left_names_others(const struct gw_scene *scene, enum gw_log_lock_kind kind)
{
	for (uint32_t i = 0; i < scene->model->n_blockers; i++)
		if (scene->model->blockers[i].kind == kind &&
		    scene->model->tasks[scene->model->blockers[i].waiter].incident == scene->incident)
			return true;
	return false;
}

/* It is on unless somebody turned it off; then all tasks have to be there for the listing to say as much. */
static bool left_names_by_release(const struct gw_scene *scene, enum gw_log_lock_kind kind)
{
	unsigned major, minor;

	return scene->all_listed && sscanf(scene->model->release, "%u.%u", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= left_first_minor(kind)));
}

/* Reported twice at least: a line that a cut took once is missing each time. */
#define LEFT_ROUNDS 2

bool gw_left_by_gone(const struct gw_scene *scene, uint32_t actor)
{
	const struct gw_actor *at = &scene->actors[actor];
	enum gw_log_lock_kind kind;

	if (!left_lock_kind(at->wait.kind, &kind) || !at->wait.reliable ||
	    scene->model->tasks[at->task].rounds < LEFT_ROUNDS)
		return false;
	for (uint32_t i = 0; i < scene->model->n_blockers; i++)
		if (gw_scene_actor(scene, scene->model->blockers[i].waiter) == at)
			return false;
	return left_names_others(scene, kind) || left_names_by_release(scene, kind);
}
