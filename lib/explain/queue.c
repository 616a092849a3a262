/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Items of the last listing only: an earlier one shows what was. */
#include "lib/explain/queue.h"

#include <string.h>

static bool queue_is_current(const struct gw_scene *scene, const struct gw_log_item *item)
{
	return item->incident == scene->incident && item->listing == scene->listing;
}

/* The worker that executes an item, if it still did when it was seen. */
static const struct gw_actor *queue_worker(const struct gw_scene *scene, const struct gw_log_item *item)
{
	const struct gw_actor *worker = item->worker != GW_LOG_NONE ? gw_scene_actor(scene, item->worker) : NULL;
	const char *function = worker ? scene->model->tasks[worker->task].work_function : "";

	return worker && (!*function || function == item->function) ? worker : NULL;
}

const struct gw_log_item *gw_queue_flushed(const struct gw_scene *scene, uint32_t actor)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_items; i++)
		if (queue_is_current(scene, &model->items[i]) && model->items[i].flusher == scene->actors[actor].task)
			return &model->items[i];
	return NULL;
}

/* The workqueue whose item an actor executes, "" = none. */
static const char *queue_of(const struct gw_scene *scene, uint32_t actor)
{
	const struct gw_log_model *model = scene->model;

	for (uint32_t i = 0; i < model->n_items; i++)
		if (queue_is_current(scene, &model->items[i]) &&
		    queue_worker(scene, &model->items[i]) == &scene->actors[actor])
			return model->items[i].workqueue;
	return "";
}

static bool queue_is_same_driver(const struct gw_scene *scene, const struct gw_log_item *item,
				 const struct gw_actor *actor)
{
	struct gw_log_frame frame = { .function = item->function, .module = item->module };
	struct gw_actor other = { .driver = gw_scene_subsystem(scene, &frame) };

	return gw_partner_same_driver(actor, &other);
}

const struct gw_log_item *gw_queue_signaller(const struct gw_scene *scene, uint32_t actor)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_item *behind = NULL;
	const char *own = queue_of(scene, actor);

	for (uint32_t i = 0; i < model->n_items; i++) {
		const struct gw_log_item *item = &model->items[i];

		if (!queue_is_current(scene, item) || item->state != GW_LOG_ITEM_HELD_BACK ||
		    !queue_is_same_driver(scene, item, &scene->actors[actor]))
			continue;
		if (gw_scene_signals(item->function) || gw_subsystem_resets(item->function))
			return item;
		if (!behind && *own && item->workqueue == own)
			behind = item;
	}
	return behind;
}

static void queue_add(struct gw_partners *partners, const struct gw_scene *scene, const struct gw_actor *worker)
{
	bool stuck = worker && (worker->blocked || worker->busy || worker->died || worker->runs);

	if (stuck && partners->count < GW_PARTNERS_MAX)
		partners->actors[partners->count++] = (uint32_t)(worker - scene->actors);
	else
		partners->many = true;
}

/* The one task that does not leave its CPU; NULL = there is none, or more. */
static const struct gw_actor *queue_only_busy(const struct gw_scene *scene)
{
	const struct gw_actor *found = NULL;

	for (uint32_t i = 0; i < scene->n_actors; i++) {
		const struct gw_actor *actor = &scene->actors[i];

		if (!actor->busy || actor->blocked || actor->wait.kind == GW_TEXT_WAIT_SPIN)
			continue;
		if (found)
			return NULL;
		found = actor;
	}
	return found;
}

struct gw_partners gw_queue_cpu_keeper(const struct gw_scene *scene, uint32_t actor)
{
	struct gw_partners partners = { .count = 0 };

	if (scene->actors[actor].every_cpu)
		queue_add(&partners, scene, queue_only_busy(scene));
	return partners;
}

/* Items of one CPU are counted for themselves, others for all CPUs; one that waits for a worker counts as well as one that has it. */
static bool queue_counts(const struct gw_scene *scene, const struct gw_log_item *item, const struct gw_log_item *of)
{
	return queue_is_current(scene, of) && of->workqueue == item->workqueue && of->state != GW_LOG_ITEM_HELD_BACK &&
	       of->one_cpu == item->one_cpu && (!item->one_cpu || of->pool == item->pool);
}

/* The end of any active item lets one start that is held back. */
static void queue_add_active(struct gw_partners *partners, const struct gw_scene *scene, const struct gw_log_item *item)
{
	const struct gw_log_model *model = scene->model;

	partners->named = true;
	for (uint32_t i = 0; i < model->n_items; i++)
		if (queue_counts(scene, item, &model->items[i]))
			queue_add(partners, scene, queue_worker(scene, &model->items[i]));
}

struct gw_partners gw_queue_keepers(const struct gw_scene *scene, const struct gw_log_item *item)
{
	struct gw_partners partners = { .count = 0 };

	if (item->state == GW_LOG_ITEM_RUNS)
		queue_add(&partners, scene, queue_worker(scene, item));
	if (item->state == GW_LOG_ITEM_PENDING && item->one_cpu)
		queue_add(&partners, scene, queue_only_busy(scene));
	if (item->state == GW_LOG_ITEM_HELD_BACK)
		queue_add_active(&partners, scene, item);
	return partners;
}
