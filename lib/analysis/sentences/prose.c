/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of sentences that all of them are made of. */
#include "lib/analysis/sentences/prose.h"

#include <string.h>

#include "lib/analysis/record/place.h"
#include "lib/analysis/record/stack.h"
#include "lib/analysis/words/names.h"
#include "lib/base/units.h"

const struct gw_node *gw_prose_node(const struct gw_prose *prose, uint32_t node)
{
	return &prose->graph->nodes[node];
}

void gw_prose_add(struct gw_prose *prose, const char *words)
{
	gw_text_add(&prose->text, "%s", words);
}

void gw_prose_name(struct gw_prose *prose, const struct gw_node *node)
{
	gw_name_phrase(&prose->text, prose->graph, node);
}

void gw_prose_duration(struct gw_prose *prose, uint64_t since_ns)
{
	/* Of a deadlock everything is older when it is read, and by how much is beside the chain. */
	if (since_ns == 0 || since_ns > prose->now_ns ||
	    (prose->finding->kind == GW_KIND_DEADLOCK && !prose->graph->from_text)) {
		gw_prose_add(prose, " waits for ");
		return;
	}
	gw_prose_add(prose, " has waited more than "); /* true also when it is read later */
	gw_text_add_age(&prose->text, prose->now_ns - since_ns);
	gw_prose_add(prose, " for ");
}

void gw_prose_far_timeout(struct gw_prose *prose, const struct gw_node *node)
{
	uint64_t timeout_s = node->type == GW_NODE_TASK ? gw_wait_far_timeout_s(&node->wait, prose->now_ns) : 0;

	if (timeout_s == 0)
		return;
	/* As much as the record can hold: what means for ever is centuries. */
	gw_prose_add(prose, node->wait.due_s == UINT32_MAX ? ", with a timeout of more than " : ", with a timeout of ");
	gw_text_add_age(&prose->text, timeout_s * GW_NSEC_PER_SEC);
}

/* For what a task is waited for, where the stack of who waits shows it. */
static const char *prose_to_do_what(const struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *from = gw_prose_node(prose, edge->from);
	const char *what = NULL;

	if (edge->relation == GW_RELATION_FREED_BY)
		return " to free memory";
	if (edge->relation == GW_RELATION_CREATED_BY)
		return " to create a thread";
	if (from->task)
		what = gw_stack_to_leave(gw_stack_need(prose->graph->snapshot, from->task));
	return what ? what : " to leave a file of sysfs";
}

/* Drivers have SRCU domains of their own, too. */
static bool prose_is_unplug_srcu(const struct gw_prose *prose, const struct gw_node *node)
{
	const struct gw_symbol_record *symbol = gw_snapshot_symbol(prose->graph->snapshot, node->address);

	return node->address == gw_snapshot_host(prose->graph->snapshot)->unplug_srcu ||
	       (symbol && strcmp(symbol->name, "drm_unplug_srcu") == 0);
}

void gw_prose_object(struct gw_prose *prose, const struct gw_edge *edge)
{
	const struct gw_node *to = gw_prose_node(prose, edge->to);

	switch (to->type) {
	case GW_NODE_SRCU:
		if (prose_is_unplug_srcu(prose, to)) {
			gw_prose_add(prose, "all drm_dev_enter() sections to end");
			return;
		}
		gw_prose_name(prose, to);
		gw_prose_add(prose, " to end");
		return;
	case GW_NODE_NOTIFIER:
		gw_prose_name(prose, to);
		gw_prose_add(prose, " to end");
		return;
	case GW_NODE_WORK:
	case GW_NODE_WORKQUEUE:
		gw_prose_name(prose, to);
		gw_prose_add(prose, " to finish");
		return;
	case GW_NODE_DEVICE:
		gw_prose_name(prose, to);
		/* A log has the name of the change itself, or a device that does not answer. */
		if (!prose->graph->from_text)
			gw_prose_add(prose, " to change its power state");
		return;
	case GW_NODE_TASK:
		if (edge->relation == GW_RELATION_EXCLUDES || edge->relation == GW_RELATION_FREED_BY ||
		    edge->relation == GW_RELATION_CREATED_BY) {
			gw_prose_name(prose, to);
			gw_prose_add(prose, prose_to_do_what(prose, edge));
			return;
		}
		gw_prose_add(prose, edge->relation == GW_RELATION_PARKS	    ? "the parking of "
				    : edge->relation == GW_RELATION_FLUSHES ? "the work items of "
									    : "the end of ");
		gw_prose_name(prose, to);
		return;
	default:
		gw_prose_name(prose, to);
	}
}

void gw_prose_task(struct gw_prose *prose, const struct gw_node *node, bool comma)
{
	struct gw_place place = { .function = NULL };
	const struct gw_symbol_record *function;

	gw_prose_name(prose, node);
	if (node->type == GW_NODE_TASK && node->task && !prose->graph->from_text)
		place = gw_place_of(prose->graph->snapshot, node->task);
	function = place.driver ? place.driver : place.function;
	if (!function)
		return;
	gw_prose_add(prose, ", in ");
	gw_name_function(&prose->text, function);
	if (comma)
		gw_prose_add(prose, ",");
}

bool gw_prose_is_hint(const struct gw_node *lock)
{
	return lock->lock && lock->lock->owner_kind == GW_OWNER_READER_HINT;
}

void gw_prose_section(struct gw_prose *prose, const struct gw_node *section)
{
	gw_prose_add(prose, section->type == GW_NODE_FAULT ? ", handling " : ", in ");
	gw_prose_name(prose, section);
	gw_prose_add(prose, ",");
}

const struct gw_node *gw_prose_last_node(const struct gw_prose *prose)
{
	return gw_prose_node(prose, prose->finding->chain.items[prose->finding->chain.count - 1]);
}

bool gw_prose_waits_for_unseen_fence(const struct gw_node *node)
{
	return node->stack_wait && gw_stack_gpu_wait(node->stack_wait) != GW_WAIT_COMPLETION;
}
