/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what stands at the end of the chain, and whom the log lists. */
#include "lib/explain/open.h"

#include <string.h>

#include "lib/explain/need.h"
#include "lib/explain/partner.h"

struct open_row {
	enum gw_class classes[GW_OPEN_CLASSES_MAX];
	unsigned count;
};

/* Who would signal it is not blocked: the device is silent, or nobody is left, or jobs wait for each other. */
static const struct open_row open_fence = {
	{ GW_CLASS_SILENT_DEVICE, GW_CLASS_ORPHANED_FENCE, GW_CLASS_SCHED_DEP_CYCLE }, 3
};
/* Or it is an item that cannot start before one that waits: busy workqueues are not listed, and one that executes an item waits. */
static const struct open_row open_item = { { GW_CLASS_SILENT_DEVICE, GW_CLASS_ORPHANED_FENCE, GW_CLASS_SCHED_DEP_CYCLE,
					     GW_CLASS_WORKQUEUE_CYCLE, GW_CLASS_RESET_CYCLE },
					   5 };
/* No other task is in the driver: one of those that wait has it, or somebody left it. */
static const struct open_row open_lock = { { GW_CLASS_LOCK_CYCLE, GW_CLASS_LEAKED_LOCK }, 2 };
/* Only those are listed who are blocked: it may be somebody who runs, or naps. */
static const struct open_row open_lock_or_runs = {
	{ GW_CLASS_LOCK_CYCLE, GW_CLASS_LEAKED_LOCK, GW_CLASS_BUSY_HOLDER, GW_CLASS_RETRY_LOOP }, 4
};
/* The same of sections: of those that wait for a lock, one may be in it; if nobody does, somebody left it. */
static const struct open_row open_section = { { GW_CLASS_LEAKED_SECTION, GW_CLASS_UNPLUG_SRCU }, 2 };
static const struct open_row open_left_section = { { GW_CLASS_LEAKED_SECTION }, 1 };
static const struct open_row open_section_or_runs = {
	{ GW_CLASS_LEAKED_SECTION, GW_CLASS_UNPLUG_SRCU, GW_CLASS_BUSY_HOLDER }, 3
};
/* Anybody may release a page; mostly its disk does. */
static const struct open_row open_page = { { GW_CLASS_PAGE_LOCK_CYCLE }, 1 };
/* A driver that sleeps for what no other task of it does: its device is likeliest. */
static const struct open_row open_sleep = { { GW_CLASS_SILENT_DEVICE }, 1 };

/* What keeps others waiting tries for something: a register, or a lock that one of those others has. */
static const struct open_row open_retry = { { GW_CLASS_RETRY_LOOP, GW_CLASS_LOCK_CYCLE }, 2 };
/* The same of what gives its CPU to others now and then. */
static const struct open_row open_yields = { { GW_CLASS_BUSY_HOLDER, GW_CLASS_RETRY_LOOP, GW_CLASS_LOCK_CYCLE }, 3 };
/* The same, or whoever else polls has that lock. */
static const struct open_row open_polls = { { GW_CLASS_RETRY_LOOP, GW_CLASS_BUSY_HOLDER, GW_CLASS_LOCK_CYCLE }, 3 };

static const struct gw_node *open_next(const struct gw_graph *graph, const struct gw_node *node)
{
	return node->n_out ? &graph->nodes[graph->edges[node->first_out].to] : NULL;
}

/* Whoever is in a section of its device: nobody else is in its driver, asleep or awake, or the log does not show that. */
static const struct open_row *open_of_unplug(const struct gw_scene *scene, const struct gw_actor *at)
{
	/* The sections of all devices are one: who is in another driver counts, too. */
	bool others = scene->n_idlers > 0;

	for (uint32_t i = 0; i < scene->n_actors; i++)
		others |= &scene->actors[i] != at && scene->actors[i].driver.kind != GW_SUBSYSTEM_UNKNOWN;
	if (!scene->all_listed || scene->unseen)
		return scene->blocked_listed ? &open_section_or_runs : NULL;
	return others ? &open_section : &open_left_section;
}

/* Somebody who is stuck is in a GPU's driver, and may have what all others need, or need it. */
static bool open_has_driver(const struct gw_scene *scene)
{
	for (uint32_t i = 0; i < scene->n_actors; i++)
		if (scene->actors[i].blocked && scene->actors[i].driver.kind != GW_SUBSYSTEM_UNKNOWN)
			return true;
	return false;
}

static const struct open_row *open_of_task(const struct gw_text_graph *graph, uint32_t actor)
{
	const struct gw_scene *scene = graph->scene;
	const struct gw_actor *at = &scene->actors[actor];

	if (at->runs || at->wait.kind == GW_TEXT_WAIT_SLEEP)
		return scene->blocked_listed && graph->graph.nodes[graph->nodes[actor]].n_in &&
				       gw_partner_pollers(scene, actor).count
			       ? &open_polls
			       : NULL;
	switch (at->wait.kind) {
	case GW_TEXT_WAIT_SRCU:
		return at->unplugs ? open_of_unplug(scene, at) : NULL;
	case GW_TEXT_WAIT_PAGE:
		return open_has_driver(scene) ? &open_page : NULL;
	case GW_TEXT_WAIT_EVENT:
		return at->driver.kind != GW_SUBSYSTEM_UNKNOWN && scene->blocked_listed &&
				       !gw_need_is_shown(scene, graph->snapshot, actor)
			       ? &open_sleep
			       : NULL;
	default:
		return NULL;
	}
}

/* Whether somebody of the same driver waits for a lock that the root seems to have. */
static bool open_keeps_lock(const struct gw_text_graph *graph, uint32_t root)
{
	const struct gw_graph *all = &graph->graph;
	const struct gw_actor *at = gw_text_graph_actor(graph, root);

	for (uint32_t i = 0; i < graph->scene->n_actors; i++) {
		const struct gw_node *lock = open_next(all, &all->nodes[graph->nodes[i]]);

		if (lock && lock->type == GW_NODE_LOCK && open_next(all, lock) == &all->nodes[root] &&
		    gw_partner_same_driver(at, &graph->scene->actors[i]))
			return true;
	}
	return false;
}

static const struct open_row *open_of_retries(const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	const struct gw_actor *actor = gw_text_graph_actor(graph, finding->root);

	if (!actor || !graph->scene->blocked_listed || !open_keeps_lock(graph, finding->root))
		return NULL;
	if (finding->class == GW_CLASS_RETRY_LOOP)
		return &open_retry;
	return finding->class == GW_CLASS_BUSY_HOLDER && !actor->busy ? &open_yields : NULL;
}

static const struct open_row *open_of_fence(const struct gw_text_graph *graph, const struct gw_actor *waiter)
{
	const struct gw_scene *scene = graph->scene;

	for (uint32_t i = 0; i < scene->n_actors && !scene->all_listed; i++)
		if (scene->actors[i].blocked && *scene->model->tasks[scene->actors[i].task].work_function &&
		    (&scene->actors[i] == waiter || gw_partner_same_driver(waiter, &scene->actors[i])))
			return scene->blocked_listed ? &open_item : NULL;
	return scene->blocked_listed ? &open_fence : NULL;
}

static const struct open_row *open_row(const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	const struct gw_graph *all = &graph->graph;
	const struct gw_actor *actor = gw_text_graph_actor(graph, finding->root);
	const struct gw_node *end = actor ? &all->nodes[finding->root] : NULL;

	if (finding->kind == GW_KIND_LIVELOCK)
		return open_of_retries(graph, finding);
	if (finding->kind != GW_KIND_STALL || finding->class != GW_CLASS_LONG_WAIT || !end)
		return NULL;
	/* A loop of guesses: neither is anything excluded. */
	if (end->n_out > 1)
		return NULL;
	if (end->n_out == 0)
		return open_of_task(graph, finding->root);
	end = open_next(all, end);
	if (end->n_out > 0)
		return NULL;
	if (end->type == GW_NODE_FENCE)
		return open_of_fence(graph, actor);
	if (end->type != GW_NODE_LOCK || !graph->scene->blocked_listed || actor->driver.kind == GW_SUBSYSTEM_UNKNOWN)
		return NULL;
	return graph->scene->all_listed && !graph->scene->unseen ? &open_lock : &open_lock_or_runs;
}

/* What it would be if that one had the lock that the root waits for; GW_CLASS_LONG_WAIT = something else. */
static enum gw_class open_class_of_holder(const struct gw_text_graph *graph, uint32_t root, uint32_t holder)
{
	const struct gw_graph *all = &graph->graph;
	const struct gw_actor *actor = gw_text_graph_actor(graph, holder);
	const struct gw_node *fence = open_next(all, &all->nodes[holder]);

	if (!actor)
		return GW_CLASS_LONG_WAIT;
	if (actor->wait.kind == GW_TEXT_WAIT_SLEEP)
		return GW_CLASS_RETRY_LOOP;
	if (fence && fence->type == GW_NODE_FENCE && fence->n_out == 1 && open_next(all, fence) == &all->nodes[root])
		return GW_CLASS_FENCE_LOCK_CYCLE;
	return GW_CLASS_LONG_WAIT;
}

static unsigned open_add(enum gw_class classes[GW_OPEN_CLASSES_MAX], unsigned count, enum gw_class class)
{
	for (unsigned i = 0; i < count; i++)
		if (classes[i] == class)
			return count;
	if (count < GW_OPEN_CLASSES_MAX)
		classes[count++] = class;
	return count;
}

/* Several may have the lock that the root waits for: what it would be with each of them. */
static unsigned open_holders(const struct gw_text_graph *graph, const struct gw_finding *finding,
			     enum gw_class classes[GW_OPEN_CLASSES_MAX])
{
	const struct gw_graph *all = &graph->graph;
	const struct gw_node *lock;
	unsigned count = 0;

	if (finding->kind != GW_KIND_STALL || finding->class != GW_CLASS_LONG_WAIT ||
	    !gw_text_graph_actor(graph, finding->root) || !graph->scene->blocked_listed)
		return 0;
	lock = open_next(all, &all->nodes[finding->root]);
	for (uint32_t i = 0; lock && lock->type == GW_NODE_LOCK && lock->n_out > 1 && i < lock->n_out; i++) {
		enum gw_class class = open_class_of_holder(graph, finding->root, all->edges[lock->first_out + i].to);

		if (class == GW_CLASS_LONG_WAIT)
			return 0;
		count = open_add(classes, count, class);
	}
	return count;
}

/* The device may stand still because of a fault whose handling is stuck, whoever's memory that is about. */
static bool open_has_fault(const struct gw_scene *scene)
{
	for (uint32_t i = 0; i < scene->n_actors; i++)
		if (scene->actors[i].faults && scene->actors[i].blocked)
			return true;
	return false;
}

unsigned gw_open_classes(const struct gw_text_graph *graph, const struct gw_finding *finding,
			 enum gw_class classes[GW_OPEN_CLASSES_MAX])
{
	const struct open_row *row = open_row(graph, finding);

	if (!row)
		return open_holders(graph, finding, classes);
	memcpy(classes, row->classes, sizeof(row->classes));
	if ((row == &open_fence || row == &open_item) && open_has_fault(graph->scene))
		return open_add(classes, row->count, GW_CLASS_FAULT_PREEMPT);
	return row->count;
}

const char *gw_open_question(const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	const struct gw_actor *actor = gw_text_graph_actor(graph, finding->root);
	const struct gw_node *end;

	if (finding->kind == GW_KIND_LIVELOCK ||
	    (actor && (actor->runs || (actor->wait.kind == GW_TEXT_WAIT_SLEEP && actor->blocked))))
		return "What it tries for";
	if (!actor)
		return "Who would end the last wait";
	end = open_next(&graph->graph, &graph->graph.nodes[finding->root]);
	if (end && end->type == GW_NODE_FENCE)
		return "Which fence that is, and who would signal it";
	if (end && end->type == GW_NODE_LOCK)
		return "Who has that lock";
	if (actor->wait.kind == GW_TEXT_WAIT_SRCU && actor->unplugs)
		return "Who is inside of a drm_dev_enter() section";
	return actor->wait.kind == GW_TEXT_WAIT_PAGE ? "Who has the lock of that page" : "Who would end the last wait";
}
