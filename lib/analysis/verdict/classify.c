/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which loop or chain stands for what is stuck, what class it is, and who else is blocked by it. */
#include "lib/analysis/verdict/classify.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/analysis/graph/paths.h"
#include "lib/analysis/record/stack.h"
#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/verdict/context.h"
#include "lib/analysis/words/word.h"

/* Tasks of one component that a shortest loop is looked for through. */
#define STARTS_MAX 16

/* A component of at most so many nodes is shown whole. */
#define SHOWN_WHOLE 64

struct classifier {
	const struct gw_graph *graph;
	const struct gw_stuck *stuck;
	struct gw_finding_list *findings;
	bool *covered;
	struct gw_liveness local;
	struct gw_paths paths;
	struct gw_context context;
};

/* ---- the loop that formed first ------------------------------------------------ */

static int classify_compare_times(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The beginnings of all waits within a component, sorted; malloc()ed. */
static uint64_t *classify_times(const struct gw_graph *graph, const uint32_t *nodes, uint32_t count, size_t *ret_count)
{
	size_t edges = 0, n = 0;
	uint64_t *times;

	for (uint32_t i = 0; i < count; i++)
		edges += graph->nodes[nodes[i]].n_out;
	times = malloc((edges ? edges : 1) * sizeof(*times));
	if (!times)
		return NULL;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t e = 0; e < graph->nodes[nodes[i]].n_out; e++)
			times[n++] = graph->edges[graph->nodes[nodes[i]].first_out + e].since_ns;
	qsort(times, n, sizeof(*times), classify_compare_times);
	*ret_count = n;
	return times;
}

/*
 * The first moment at which anything of the component was dead of itself: what joined later is not the cause, and the
 * same loop is found again whoever joins. Leaves dead[] as of that moment.
 */
static int classify_find_beginning(struct classifier *c, const uint32_t *nodes, uint32_t count, struct gw_scope *scope)
{
	size_t low = 0, high = 0;
	uint64_t *times = classify_times(c->graph, nodes, count, &high);

	if (!times)
		return -ENOMEM;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		scope->until_ns = times[middle];
		if (gw_liveness_run(&c->local, scope, nodes, count) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	/* It was dead with all of its edges, so the last one suffices. */
	scope->until_ns = times[high];
	gw_liveness_run(&c->local, scope, nodes, count);
	free(times);
	return 0;
}

/* How well a node serves as the beginning of a loop; 0: of one of locks alone, -1: not at all. */
static int classify_start_rank(const struct gw_node *node)
{
	if (node->type == GW_NODE_JOB)
		return 2;
	if (node->type != GW_NODE_TASK)
		return -1;
	if (gw_wait_is_fence(&node->wait))
		return 3;
	switch (node->wait.kind) {
	case GW_WAIT_WORK:
	case GW_WAIT_WORKQUEUE:
	case GW_WAIT_PARK:
	case GW_WAIT_THREAD_WORK:
	case GW_WAIT_SRCU:
	case GW_WAIT_NOTIFIER:
		return 1;
	default:
		return 0;
	}
}

static bool classify_lacks_worker(const struct gw_graph *graph, const struct gw_index_list *edges)
{
	for (uint32_t i = 0; i < edges->count; i++)
		if (graph->edges[edges->items[i]].relation == GW_RELATION_NEEDS_WORKER)
			return true;
	return false;
}

/*
 * Shorter, or as short and begun by who waits longer. What keeps a pool from a new worker explains more than who takes up
 * those that it has.
 */
static bool classify_is_better_loop(const struct gw_graph *graph, const struct gw_index_list *a,
				    const struct gw_index_list *b)
{
	if (b->count && classify_lacks_worker(graph, a) != classify_lacks_worker(graph, b))
		return classify_lacks_worker(graph, a);
	if (b->count == 0 || a->count != b->count)
		return b->count == 0 || a->count < b->count;
	return gw_waits_longer(&graph->nodes[graph->edges[a->items[0]].from],
			       &graph->nodes[graph->edges[b->items[0]].from]);
}

/* Shortest loop through any node of that rank, into @edges (empty at first). Returns 1, 0 or -ENOMEM. */
static int classify_loop_of_rank(struct classifier *c, const uint32_t *nodes, uint32_t count,
				 const struct gw_scope *scope, int rank, struct gw_index_list *edges)
{
	struct gw_index_list loop = { .count = 0 };
	uint32_t starts = 0;
	int r = 0;

	for (uint32_t i = 0; i < count && starts < STARTS_MAX && r >= 0; i++) {
		if (!c->local.dead[nodes[i]] || classify_start_rank(&c->graph->nodes[nodes[i]]) != rank)
			continue;
		starts++;
		loop.count = 0;
		r = gw_paths_loop(&c->paths, nodes[i], scope, c->local.dead, &loop);
		if (r > 0 && classify_is_better_loop(c->graph, &loop, edges)) {
			struct gw_index_list swap = *edges;

			*edges = loop;
			loop = swap;
		}
	}
	gw_index_list_deinit(&loop);
	return r < 0 ? r : edges->count > 0;
}

static int classify_loop_of_any_rank(struct classifier *c, const uint32_t *nodes, uint32_t count,
				     const struct gw_scope *scope, struct gw_index_list *edges)
{
	int r = 0;

	for (int rank = 3; rank > 0 && r == 0; rank--)
		r = classify_loop_of_rank(c, nodes, count, scope, rank, edges);
	return r;
}

static bool classify_in_gpu(const struct classifier *c, const uint32_t *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (c->graph->nodes[nodes[i]].gpu)
			return true;
	return c->graph->from_text;
}

/* Of no part of the kernel that anybody could name: locks and queues serve all of them. */
static bool classify_is_nobodys(const struct classifier *c, const uint32_t *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct gw_node *node = &c->graph->nodes[nodes[i]];

		if (node->task && gw_subsystem_of_task(c->graph->snapshot, node->task).kind != GW_SUBSYSTEM_UNKNOWN)
			return false;
	}
	return true;
}

/* Whether somebody who waits for the component does so in a GPU driver. Returns 1, 0 or -ENOMEM. */
static int classify_holds_up_gpu(struct classifier *c, const uint32_t *nodes, uint32_t count)
{
	struct gw_index_list reached = { .count = 0 };
	int r;

	if (!classify_is_nobodys(c, nodes, count))
		return 0;
	r = gw_paths_towards(&c->paths, nodes, count, GW_CONFIDENCE_PROBABLE, c->stuck->dead, NULL, NULL, &reached);
	for (uint32_t i = 0; i < reached.count && r == 0; i++) {
		const struct gw_node *node = &c->graph->nodes[reached.items[i]];

		r = node->task && gw_subsystem_of_task(c->graph->snapshot, node->task).kind == GW_SUBSYSTEM_GPU;
	}
	gw_index_list_deinit(&reached);
	return r;
}

/* Returns 1, 0 if the component has no loop that is about the GPU, or -ENOMEM. */
static int classify_pick_loop(struct classifier *c, uint32_t index, struct gw_index_list *edges)
{
	const struct gw_stuck_part *part = &c->stuck->parts[index];
	const uint32_t *nodes = c->stuck->nodes + part->first;
	struct gw_scope scope = {
		.confidence = part->confidence,
		.until_ns = UINT64_MAX,
		.group = c->stuck->owner,
		.id = index + 1,
	};
	int in_gpu = classify_in_gpu(c, nodes, part->count);
	int r;

	if (!in_gpu)
		in_gpu = classify_holds_up_gpu(c, nodes, part->count);
	if (in_gpu < 0)
		return in_gpu;
	/* Recordings of earlier versions do not have the modules: what flushes counted as a GPU's then. */
	if (!in_gpu && gw_snapshot_has_modules(c->graph->snapshot))
		return 0;
	r = classify_find_beginning(c, nodes, part->count, &scope);
	r = r ?: classify_loop_of_any_rank(c, nodes, part->count, &scope, edges);
	if (r != 0)
		return r;
	/* What came first is but locks; what came later may be more. */
	scope.until_ns = UINT64_MAX;
	gw_liveness_run(&c->local, &scope, nodes, part->count);
	r = classify_loop_of_any_rank(c, nodes, part->count, &scope, edges);
	if (r != 0 || !in_gpu)
		return r;
	return classify_loop_of_rank(c, nodes, part->count, &scope, 0, edges);
}

/* ---- class and cause --------------------------------------------------------------- */

/* What a loop goes through, each with the task that stands for it; GW_NO_NODE = not in the loop. */
struct shape {
	uint32_t section;  /* task in a drm_dev_enter() section that an unplug waits for */
	uint32_t fault;	   /* task that handles a GPU page fault */
	uint32_t reclaim;  /* task in direct reclaim */
	uint32_t notifier; /* task in an invalidate callback */
	uint32_t reset;	   /* task that waits for a fence that nothing but a reset ends */
	uint32_t page;	   /* task that waits for the lock of a page */
	uint32_t callback; /* task that runs a device's runtime PM callback */
	uint32_t queue;	   /* task that flushes, or that others are queued behind */
	uint32_t holder;   /* task that waits for a fence and holds a lock */
	uint32_t waiter;   /* task that waits for a fence */
	bool fence, lock;
};

static void classify_set_first(uint32_t *field, uint32_t node)
{
	if (*field == GW_NO_NODE)
		*field = node;
}

static void classify_shape_edge(struct shape *shape, const struct gw_graph *graph, const struct gw_edge *edge)
{
	const struct gw_node *from = &graph->nodes[edge->from], *to = &graph->nodes[edge->to];

	if (from->type == GW_NODE_SRCU)
		classify_set_first(&shape->section, edge->to);
	if (to->type == GW_NODE_FAULT && from->type == GW_NODE_TASK)
		classify_set_first(&shape->fault, edge->from);
	if (to->type == GW_NODE_RECLAIM)
		classify_set_first(&shape->reclaim, gw_graph_find(graph, GW_NODE_TASK, to->address, to->extra));
	if (from->type == GW_NODE_NOTIFIER)
		classify_set_first(&shape->notifier, edge->to);
	if (edge->relation == GW_RELATION_CALLBACK_IN ||
	    (edge->relation == GW_RELATION_EXCLUDES && from->task &&
	     gw_stack_need(graph->snapshot, from->task) == GW_STACK_NEEDS_CALLBACK))
		classify_set_first(&shape->callback, edge->to);
	if (to->type == GW_NODE_PAGE)
		classify_set_first(&shape->page, edge->from);
	if (edge->relation == GW_RELATION_FLUSHES || edge->relation == GW_RELATION_PARKS)
		classify_set_first(&shape->queue, edge->from);
	if ((edge->relation == GW_RELATION_QUEUED_BEHIND && to->type == GW_NODE_TASK) ||
	    edge->relation == GW_RELATION_CREATED_BY)
		classify_set_first(&shape->queue, edge->to);
	if (from->type == GW_NODE_LOCK)
		shape->lock = true;
	if (from->type == GW_NODE_FENCE || from->type == GW_NODE_JOB)
		shape->fence = true;
}

static void classify_shape_task(struct shape *shape, const struct gw_graph *graph, uint32_t index,
				const struct gw_edge *in)
{
	const struct gw_node *node = &graph->nodes[index];

	if (node->type != GW_NODE_TASK || !gw_wait_is_fence(&node->wait))
		return;
	classify_set_first(&shape->waiter, index);
	if (node->task->watch.sections.notifier_mm &&
	    gw_stack_in_section(graph->snapshot, node->task, GW_STACK_NOTIFIER) != GW_STACK_NO)
		classify_set_first(&shape->notifier, index);
	if (in->relation == GW_RELATION_HELD_BY)
		classify_set_first(&shape->holder, index);
}

/* The last task of the loop: the one before its first edge. */
static uint32_t classify_last_task(const struct gw_graph *graph, const struct gw_index_list *edges)
{
	for (uint32_t i = edges->count; i-- > 0;)
		if (graph->nodes[graph->edges[edges->items[i]].from].type == GW_NODE_TASK)
			return graph->edges[edges->items[i]].from;
	return GW_NO_NODE;
}

static struct shape classify_shape(const struct gw_graph *graph, const struct gw_index_list *edges)
{
	struct shape shape = { GW_NO_NODE, GW_NO_NODE, GW_NO_NODE, GW_NO_NODE, GW_NO_NODE, GW_NO_NODE,
			       GW_NO_NODE, GW_NO_NODE, GW_NO_NODE, GW_NO_NODE, false,	   false };
	const struct gw_edge *in = &graph->edges[edges->items[edges->count - 1]];
	uint32_t task = classify_last_task(graph, edges);

	for (uint32_t i = 0; i < edges->count; i++) {
		const struct gw_edge *edge = &graph->edges[edges->items[i]];

		if (graph->nodes[edge->from].type == GW_NODE_TASK)
			task = edge->from;
		if (edge->relation == GW_RELATION_RESET_BY)
			classify_set_first(&shape.reset, task);
		classify_shape_edge(&shape, graph, edge);
		classify_shape_task(&shape, graph, edge->from, in);
		in = edge;
	}
	return shape;
}

static void classify_by_shape(struct gw_finding *finding, const struct gw_graph *graph)
{
	struct shape shape = classify_shape(graph, &finding->edges);
	const struct {
		uint32_t root;
		enum gw_class class;
	} by_precedence[] = {
		{ shape.section, GW_CLASS_UNPLUG_SRCU },   { shape.fault, GW_CLASS_FAULT_PREEMPT },
		{ shape.reclaim, GW_CLASS_RECLAIM_CYCLE }, { shape.notifier, GW_CLASS_NOTIFIER_CYCLE },
		{ shape.reset, GW_CLASS_RESET_CYCLE },	   { shape.callback, GW_CLASS_RUNTIME_PM_CYCLE },
		{ shape.page, GW_CLASS_PAGE_LOCK_CYCLE },  { shape.queue, GW_CLASS_WORKQUEUE_CYCLE },
	};

	for (size_t i = 0; i < sizeof(by_precedence) / sizeof(by_precedence[0]); i++) {
		if (by_precedence[i].root == GW_NO_NODE)
			continue;
		finding->class = by_precedence[i].class;
		finding->root = by_precedence[i].root;
		return;
	}
	if (shape.lock)
		finding->class = shape.fence ? GW_CLASS_FENCE_LOCK_CYCLE : GW_CLASS_LOCK_CYCLE;
	else
		finding->class = GW_CLASS_SCHED_DEP_CYCLE;
	finding->root = shape.holder != GW_NO_NODE ? shape.holder : shape.waiter;
	if (finding->root == GW_NO_NODE)
		finding->root = graph->edges[finding->edges.items[0]].from;
}

/* Makes the loop begin at its root. */
static int classify_begin_at_root(struct gw_finding *finding, const struct gw_graph *graph)
{
	for (uint32_t i = 0; i < finding->edges.count; i++)
		if (graph->edges[finding->edges.items[i]].from == finding->root)
			return gw_index_list_rotate(&finding->edges, i);
	return 0;
}

/* ---- who else ------------------------------------------------------------------------- */

/* The rest of the component: the other fences of a wait-any, the other signallers of a timeline. */
static int classify_show_component(struct classifier *c, struct gw_finding *finding, uint32_t index)
{
	const struct gw_stuck_part *part = &c->stuck->parts[index];

	for (uint32_t i = 0; part->count <= SHOWN_WHOLE && i < part->count; i++) {
		uint32_t at = c->stuck->nodes[part->first + i];
		const struct gw_node *node = &c->graph->nodes[at];

		if (gw_context_node(&c->context, finding, at) < 0)
			return -ENOMEM;
		for (uint32_t e = node->first_out; e < node->first_out + node->n_out; e++)
			if (c->stuck->owner[c->graph->edges[e].to] == index + 1 &&
			    c->graph->edges[e].confidence >= part->confidence &&
			    gw_context_edge(&c->context, finding, e) < 0)
				return -ENOMEM;
	}
	return 0;
}

struct ownership {
	const uint32_t *owner;
	uint32_t id;
};

/* What belongs to another stuck part is not blocked by this one. */
static bool classify_not_of_another_part(void *userdata, uint32_t node)
{
	const struct ownership *ownership = userdata;

	return ownership->owner[node] == 0 || ownership->owner[node] == ownership->id;
}

static int classify_find_victims(struct classifier *c, struct gw_finding *finding, uint32_t index,
				 struct gw_index_list *reached)
{
	struct ownership ownership = { c->stuck->owner, index + 1 };
	struct gw_index_list goals = { .count = 0 };
	int r = 0;

	for (uint32_t i = 0; i < finding->chain.count && r == 0; i++)
		if (c->stuck->dead[finding->chain.items[i]])
			r = gw_index_list_add(&goals, finding->chain.items[i]);
	r = r
		    ?: gw_paths_towards(&c->paths, goals.items, goals.count, GW_CONFIDENCE_PROBABLE, c->stuck->dead,
					classify_not_of_another_part, &ownership, reached);
	gw_index_list_deinit(&goals);
	for (uint32_t i = 0; i < reached->count && r == 0; i++) {
		uint32_t node = reached->items[i];

		if (!classify_not_of_another_part(&ownership, node))
			continue;
		c->covered[node] = true;
		if (c->graph->nodes[node].type == GW_NODE_TASK)
			r = gw_index_list_add(&finding->victims, node);
	}
	return r;
}

static int classify_add_victims(struct classifier *c, struct gw_finding *finding, uint32_t index)
{
	struct gw_index_list reached = { .count = 0 };
	int r = classify_find_victims(c, finding, index, &reached);

	gw_index_list_deinit(&reached);
	return r ?: gw_context_victims(&c->context, &c->paths, finding);
}

/* ---- loops and dead ends ----------------------------------------------------------------- */

/*
 * Where any of several would do, all of them must be stuck for the loop to be one: then everyone in the component at
 * the time when it formed takes part, not only who is on the loop that is shown.
 */
static int classify_add_alternatives(struct classifier *c, struct gw_finding *finding, uint32_t index)
{
	const struct gw_stuck_part *part = &c->stuck->parts[index];
	struct gw_paths *paths = &c->paths;
	bool any = false;

	paths->stamp++;
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = &c->graph->nodes[finding->chain.items[i]];

		any |= node->rule == GW_RULE_ANY && node->n_out > 1;
		paths->mark[finding->chain.items[i]] = paths->stamp;
	}
	for (uint32_t i = 0; finding->loop && any && i < part->count; i++) {
		uint32_t node = c->stuck->nodes[part->first + i];

		if (c->graph->nodes[node].type != GW_NODE_TASK || !c->local.dead[node] ||
		    paths->mark[node] == paths->stamp)
			continue;
		if (gw_finding_participant(finding, c->graph, node) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Jobs alone have no wait that could end: whoever waits longest for them stands in. */
static int classify_ensure_participant(struct gw_finding *finding, const struct gw_graph *graph)
{
	if (finding->n_participants > 0 || finding->victims.count == 0)
		return 0;
	return gw_finding_participant(finding, graph, finding->victims.items[0]);
}

static int classify_complete(struct classifier *c, struct gw_finding *finding, uint32_t index)
{
	const struct gw_stuck_part *part = &c->stuck->parts[index];
	int r;

	finding->kind = GW_KIND_DEADLOCK;
	for (uint32_t i = 0; i < part->count; i++)
		c->covered[c->stuck->nodes[part->first + i]] = true;
	for (uint32_t i = 0; i < finding->chain.count; i++)
		c->covered[finding->chain.items[i]] = true;
	gw_context_begin(&c->context, finding);
	r = classify_show_component(c, finding, index);
	r = r ?: classify_add_victims(c, finding, index);
	r = r ?: gw_finding_participants(finding, c->graph);
	r = r ?: classify_add_alternatives(c, finding, index);
	r = r ?: classify_ensure_participant(finding, c->graph);
	if (r < 0)
		return r;
	if (finding->n_participants == 0) {
		gw_findings_drop_last(c->findings);
		return 0;
	}
	gw_finding_set_key(finding, c->graph, part->loop ? GW_NO_NODE : c->stuck->nodes[part->first]);
	return 0;
}

static int classify_add_loop(struct classifier *c, uint32_t index)
{
	struct gw_finding *finding = gw_findings_add(c->findings);
	int r;

	if (!finding)
		return -ENOMEM;
	finding->loop = true;
	finding->confidence = c->stuck->parts[index].confidence;
	r = classify_pick_loop(c, index, &finding->edges);
	if (r == 0)
		gw_findings_drop_last(c->findings);
	if (r <= 0)
		return r;
	classify_by_shape(finding, c->graph);
	r = classify_begin_at_root(finding, c->graph);
	r = r ?: gw_finding_chain(finding, c->graph);
	return r ?: classify_complete(c, finding, index);
}

/*
 * The task that has waited longest for a dead end, with no other task in between, by evidence of that confidence at least;
 * via[] leads there. *@ret is GW_NO_NODE if there is none.
 */
static int classify_longest_direct_waiter(struct classifier *c, uint32_t dead_end, enum gw_confidence confidence,
					  uint32_t *ret)
{
	const bool *dead = confidence == GW_CONFIDENCE_PROVEN ? c->stuck->proven : c->stuck->dead;
	struct gw_index_list reached = { .count = 0 };
	int r = gw_paths_towards(&c->paths, &dead_end, 1, confidence, dead, gw_paths_stop_at_tasks, (void *)c->graph,
				 &reached);

	*ret = GW_NO_NODE;
	for (uint32_t i = 0; i < reached.count && r == 0; i++) {
		const struct gw_node *node = &c->graph->nodes[reached.items[i]];

		if (node->type == GW_NODE_TASK && (*ret == GW_NO_NODE || gw_waits_longer(node, &c->graph->nodes[*ret])))
			*ret = reached.items[i];
	}
	gw_index_list_deinit(&reached);
	return r;
}

/* From a lock or section to who left it; GW_NO_EDGE if the dead end is neither. */
static uint32_t classify_edge_to_owner(const struct gw_graph *graph, const struct gw_node *end)
{
	for (uint32_t i = 0; i < end->n_out; i++) {
		enum gw_relation relation = graph->edges[end->first_out + i].relation;

		if (relation == GW_RELATION_HELD_BY || relation == GW_RELATION_ENTERED_BY)
			return end->first_out + i;
	}
	return GW_NO_EDGE;
}

/* The chain of edges to the dead end; for a lock or section also to who lives on without it. */
static int classify_chain_to_dead_end(struct classifier *c, uint32_t waiter, uint32_t dead_end,
				      struct gw_index_list *edges)
{
	uint32_t owner = classify_edge_to_owner(c->graph, &c->graph->nodes[dead_end]);

	for (uint32_t node = waiter; node != dead_end; node = c->graph->edges[c->paths.via[node]].to)
		if (gw_index_list_add(edges, c->paths.via[node]) < 0)
			return -ENOMEM;
	return owner != GW_NO_EDGE ? gw_index_list_add(edges, owner) : 0;
}

/* By the last edge of the chain. */
static enum gw_class classify_dead_end(enum gw_relation relation)
{
	switch (relation) {
	case GW_RELATION_HELD_BY:
		return GW_CLASS_LEAKED_LOCK;
	case GW_RELATION_ENTERED_BY:
		return GW_CLASS_LEAKED_SECTION;
	default:
		return GW_CLASS_ORPHANED_FENCE;
	}
}

/*
 * A lock may be released by whom its owner left it to. An owner that died by an oops was in the middle of something, and
 * left it to nobody.
 */
static bool classify_owner_died(const struct classifier *c, const struct gw_finding *finding)
{
	const struct gw_edge *last = &c->graph->edges[finding->edges.items[finding->edges.count - 1]];
	const struct gw_node *owner = &c->graph->nodes[last->to];

	for (uint32_t i = 0; i + 1 < finding->edges.count; i++)
		if (c->graph->edges[finding->edges.items[i]].confidence < GW_CONFIDENCE_PROVEN)
			return false;
	return last->relation == GW_RELATION_HELD_BY && last->evidence == GW_EVIDENCE_OWNER_FIELD && owner->gone &&
	       gw_word_of_oops(c->graph, owner);
}

static int classify_add_dead_end(struct classifier *c, uint32_t index)
{
	uint32_t dead_end = c->stuck->nodes[c->stuck->parts[index].first], waiter;
	enum gw_confidence confidence = c->stuck->parts[index].confidence;
	struct gw_finding *finding;
	int r = classify_longest_direct_waiter(c, dead_end, confidence, &waiter);

	/* That somebody is gone may be sure, and that others need them only probable. */
	if (r == 0 && waiter == GW_NO_NODE && confidence == GW_CONFIDENCE_PROVEN) {
		confidence = GW_CONFIDENCE_PROBABLE;
		r = classify_longest_direct_waiter(c, dead_end, confidence, &waiter);
	}
	if (r < 0 || waiter == GW_NO_NODE)
		return r;
	finding = gw_findings_add(c->findings);
	if (!finding || classify_chain_to_dead_end(c, waiter, dead_end, &finding->edges) < 0 ||
	    gw_finding_chain(finding, c->graph) < 0)
		return -ENOMEM;
	finding->root = finding->chain.items[finding->chain.count - 1];
	finding->confidence = classify_owner_died(c, finding) ? GW_CONFIDENCE_PROVEN : confidence;
	finding->class = classify_dead_end(c->graph->edges[finding->edges.items[finding->edges.count - 1]].relation);
	return classify_complete(c, finding, index);
}

static int classifier_init(struct classifier *c, const struct gw_graph *graph)
{
	int r = gw_liveness_init(&c->local, graph);

	r = r ?: gw_paths_init(&c->paths, graph);
	return r ?: gw_context_init(&c->context, graph);
}

static void classifier_deinit(struct classifier *c)
{
	gw_liveness_deinit(&c->local);
	gw_paths_deinit(&c->paths);
	gw_context_deinit(&c->context);
}

int gw_classify(const struct gw_graph *graph, const struct gw_stuck *stuck, struct gw_finding_list *findings,
		bool *covered)
{
	struct classifier c = { .graph = graph, .stuck = stuck, .findings = findings, .covered = covered };
	int r;

	if (stuck->n_parts == 0)
		return 0;
	r = classifier_init(&c, graph);
	for (uint32_t i = 0; i < stuck->n_parts && r == 0; i++)
		r = stuck->parts[i].loop ? classify_add_loop(&c, i) : classify_add_dead_end(&c, i);
	classifier_deinit(&c);
	return r;
}
