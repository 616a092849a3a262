/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text has no addresses of memory maps: a process stands for its own. */
#include "lib/explain/need.h"

#include "lib/analysis/record/stack.h"
#include "lib/explain/snapshot.h"

static const struct gw_task_record *need_record(const struct gw_snapshot *snapshot, uint32_t actor)
{
	return gw_snapshot_task(snapshot, gw_text_task_address(actor));
}

static enum gw_stack_need need_of(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor)
{
	return scene->actors[actor].blocked ? gw_stack_need(snapshot, need_record(snapshot, actor))
					    : GW_STACK_NEEDS_NOTHING;
}

static bool need_fits(const struct gw_scene *scene, const struct gw_snapshot *snapshot, enum gw_stack_need need,
		      uint32_t actor, uint32_t other)
{
	const struct gw_task_record *task = need_record(snapshot, actor), *of = need_record(snapshot, other);
	struct gw_task_record borrower;

	if (!scene->actors[other].blocked && !scene->actors[other].sleeps)
		return false;
	if (need != GW_STACK_NEEDS_VMA || task->mm)
		return gw_stack_is_needed(snapshot, need, task, of);
	/* A kernel thread changes the memory of a process that no log names: of one that is in its driver. */
	if (!gw_partner_same_driver(&scene->actors[actor], &scene->actors[other]))
		return false;
	borrower = *task;
	borrower.mm = of->mm;
	return gw_stack_is_needed(snapshot, need, &borrower, of);
}

bool gw_need_is_shown(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor)
{
	return gw_stack_to_leave(need_of(scene, snapshot, actor));
}

struct gw_partners gw_need_partners(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor)
{
	struct gw_partners partners = { .count = 0 };
	enum gw_stack_need need = need_of(scene, snapshot, actor);

	if (!gw_stack_to_leave(need))
		return partners;
	for (uint32_t i = 0; i < scene->n_actors && !partners.many; i++) {
		if (i == actor || !need_fits(scene, snapshot, need, actor, i))
			continue;
		if (partners.count < GW_PARTNERS_MAX)
			partners.actors[partners.count++] = i;
		else
			partners.many = true;
	}
	return partners;
}

uint32_t gw_need_memory(const struct gw_scene *scene, const struct gw_snapshot *snapshot, uint32_t actor)
{
	struct gw_partners partners = { .count = 0 };

	if (need_of(scene, snapshot, actor) == GW_STACK_NEEDS_VMA)
		partners = gw_need_partners(scene, snapshot, actor);
	return partners.count == 1 ? scene->model->tasks[scene->actors[partners.actors[0]].task].tgid : 0;
}
