/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what stands at the end of the chain, and whom the log lists. */
#include "lib/explain/open.h"

#include <string.h>

struct open_row {
	enum gw_class classes[GW_OPEN_CLASSES_MAX];
	unsigned count;
};

/* Who would signal it is not blocked: the device is silent, or nobody is left, or jobs wait for each other. */
static const struct open_row open_fence = {
	{ GW_CLASS_SILENT_DEVICE, GW_CLASS_ORPHANED_FENCE, GW_CLASS_SCHED_DEP_CYCLE }, 3
};
/* No other task is in the driver: one of those that wait has it, or somebody left it. */
static const struct open_row open_lock = { { GW_CLASS_LOCK_CYCLE, GW_CLASS_LEAKED_LOCK }, 2 };
/* The same of sections: of those that wait for a lock, one may be in it. */
static const struct open_row open_section = { { GW_CLASS_LEAKED_SECTION, GW_CLASS_UNPLUG_SRCU }, 2 };
/* Anybody may release a page. */
static const struct open_row open_page = { { GW_CLASS_PAGE_LOCK_CYCLE }, 1 };
/* A driver that sleeps for what no other task of it does: its device is likeliest. */
static const struct open_row open_sleep = { { GW_CLASS_SILENT_DEVICE }, 1 };

static const struct open_row *open_of_task(const struct gw_scene *scene, const struct gw_actor *actor)
{
	switch (actor->wait.kind) {
	case GW_TEXT_WAIT_SRCU:
		return actor->unplugs && scene->all_listed ? &open_section : NULL;
	case GW_TEXT_WAIT_PAGE:
		return &open_page;
	case GW_TEXT_WAIT_EVENT:
		return actor->driver.kind != GW_SUBSYSTEM_UNKNOWN && scene->blocked_listed ? &open_sleep : NULL;
	default:
		return NULL;
	}
}

static const struct open_row *open_row(const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	const struct gw_graph *all = &graph->graph;
	const struct gw_actor *actor = gw_text_graph_actor(graph, finding->root);
	const struct gw_node *end = actor ? &all->nodes[finding->root] : NULL;

	if (finding->kind != GW_KIND_STALL || finding->class != GW_CLASS_LONG_WAIT || !end)
		return NULL;
	/* A loop of guesses: neither is anything excluded. */
	if (end->n_out > 1)
		return NULL;
	if (end->n_out == 0)
		return open_of_task(graph->scene, actor);
	end = &all->nodes[all->edges[end->first_out].to];
	if (end->n_out > 0)
		return NULL;
	if (end->type == GW_NODE_FENCE)
		return graph->scene->blocked_listed ? &open_fence : NULL;
	return end->type == GW_NODE_LOCK && graph->scene->all_listed && actor->driver.kind != GW_SUBSYSTEM_UNKNOWN
		       ? &open_lock
		       : NULL;
}

unsigned gw_open_classes(const struct gw_text_graph *graph, const struct gw_finding *finding,
			 enum gw_class classes[GW_OPEN_CLASSES_MAX])
{
	const struct open_row *row = open_row(graph, finding);

	if (!row)
		return 0;
	memcpy(classes, row->classes, sizeof(row->classes));
	return row->count;
}
