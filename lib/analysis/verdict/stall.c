/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Long waits, grouped by where their chains end. */
#include "lib/analysis/verdict/stall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/kernel-constants.h"
#include "lib/analysis/graph/liveness.h"
#include "lib/analysis/graph/paths.h"
#include "lib/analysis/record/place.h"
#include "lib/analysis/record/subsystem.h"
#include "lib/analysis/verdict/context.h"
#include "lib/analysis/words/end.h"

/* A wait that no program saw begin is one when its task has not run for so long; the store sees to it that it is seen
 * twice. */
#define UNTRACKED_MIN_NS 2000000000ULL

/* Causes of stalls in one snapshot; more are not reported. */
#define STALLS_MAX 64

/* What a node's chain of first edges leads to. */
enum chain {
	CHAIN_UNKNOWN = 0,
	CHAIN_FOLLOWED, /* right now */
	CHAIN_FOREIGN,
	CHAIN_GPUS,
};

struct stalls {
	const struct gw_graph *graph;
	const struct gw_policy *policy;
	const bool *covered;
	uint64_t now_ns;
	struct gw_liveness hinted; /* dead[]: what would be dead if every hint held */
	uint32_t *end;		   /* by node: where its chain ends, GW_NO_NODE = not looked at */
	uint32_t *longest;	   /* by end: the stalled task that waits longest */
	uint32_t *path;
	unsigned char *chain; /* by node: enum chain */
};

static uint64_t stall_age(const struct stalls *stalls, uint64_t since_ns)
{
	return since_ns < stalls->now_ns ? stalls->now_ns - since_ns : 0;
}

/* ---- which waits are stalls ------------------------------------------------------ */

static bool stall_is_gpu_wait(const struct gw_graph *graph, const struct gw_wait *wait)
{
	uint64_t unplug_srcu = gw_snapshot_host(graph->snapshot)->unplug_srcu;

	if (wait->kind == GW_WAIT_SRCU)
		return unplug_srcu && wait->object == unplug_srcu;
	return gw_wait_is_fence(wait) || wait->kind == GW_WAIT_NOTIFIER;
}

static bool stall_untracked_is_stalled(const struct stalls *stalls, const struct gw_task_record *task)
{
	uint64_t slept_ns = stall_age(stalls, task->last_ran_ns);
	uint64_t attached_ns = gw_snapshot_host(stalls->graph->snapshot)->attached_ns;

	if (gw_task_has_timer(task))
		return false;
	if (slept_ns >= stalls->policy->stall_ns)
		return true;
	return (task->state & TASK_UNINTERRUPTIBLE) && slept_ns >= UNTRACKED_MIN_NS && task->last_ran_ns < attached_ns;
}

/*
 * Drivers sleep interruptibly for work to come; uninterruptibly, or for a lock that somebody holds, only for what they need.
 */
static bool stall_needs_it(const struct gw_node *node)
{
	if (node->task->state & TASK_UNINTERRUPTIBLE)
		return true;
	return node->wait.kind == GW_WAIT_LOCK &&
	       (node->wait.flags & (GW_LOCK_F_MUTEX | GW_LOCK_F_READ | GW_LOCK_F_WRITE | GW_LOCK_F_RT));
}

/* On its way through a GPU driver the task came to sleep in what is none: in a page fault, in an allocation. */
static bool stall_is_elsewhere(const struct stalls *stalls, const struct gw_node *node)
{
	enum gw_subsystem_kind kind;

	if (node->type != GW_NODE_TASK || !node->task || node->wait.kind != GW_WAIT_NONE || node->stack_wait)
		return false;
	kind = gw_subsystem_of_task(stalls->graph->snapshot, node->task).kind;
	return kind != GW_SUBSYSTEM_GPU && kind != GW_SUBSYSTEM_UNKNOWN && kind != GW_SUBSYSTEM_OTHER;
}

static bool stall_is_gpus(const struct stalls *stalls, uint32_t index)
{
	const struct gw_node *node = &stalls->graph->nodes[index];

	return node->gpu && !stall_is_elsewhere(stalls, node);
}

/*
 * Follows the chain of first edges to a node of which the answer is known, to its end, or back to where it has been; path[]
 * has its nodes then. Returns the answer for what comes after the last of them.
 */
static enum chain stall_follow(struct stalls *stalls, uint32_t index, uint32_t *length)
{
	const struct gw_graph *graph = stalls->graph;
	enum chain loop = CHAIN_FOREIGN;

	*length = 0;
	while (stalls->chain[index] == CHAIN_UNKNOWN) {
		stalls->chain[index] = CHAIN_FOLLOWED;
		stalls->path[(*length)++] = index;
		if (graph->nodes[index].n_out == 0)
			return CHAIN_FOREIGN;
		index = graph->edges[graph->nodes[index].first_out].to;
	}
	if (stalls->chain[index] != CHAIN_FOLLOWED)
		return stalls->chain[index];
	/* It came back to that node: what one of a loop leads to, all of them do. */
	for (uint32_t i = *length; loop == CHAIN_FOREIGN && i-- > 0 && stalls->path[i] != index;)
		loop = stall_is_gpus(stalls, stalls->path[i]) ? CHAIN_GPUS : CHAIN_FOREIGN;
	return loop == CHAIN_GPUS || stall_is_gpus(stalls, index) ? CHAIN_GPUS : CHAIN_FOREIGN;
}

/* Whether the chain of first edges has anything of a GPU's; looks at each node once, however many chains it is part of. */
static bool stall_is_gpu_chain(struct stalls *stalls, uint32_t index)
{
	uint32_t length;
	enum chain chain = stall_follow(stalls, index, &length);

	while (length-- > 0) {
		if (chain != CHAIN_GPUS && stall_is_gpus(stalls, stalls->path[length]))
			chain = CHAIN_GPUS;
		stalls->chain[stalls->path[length]] = (unsigned char)chain;
	}
	return stalls->chain[index] == CHAIN_GPUS;
}

static bool stall_is_long(const struct stalls *stalls, const struct gw_node *node)
{
	if (node->wait.kind == GW_WAIT_NONE)
		return stall_untracked_is_stalled(stalls, node->task);
	if (gw_wait_has_timeout(&node->wait) && node->end != GW_END_SILENT_DEVICE)
		return false;
	return node->since_ns && stall_age(stalls, node->since_ns) >= stalls->policy->stall_ns;
}

/* Its stack alone shows what it waits for. */
static bool stall_needs_by_stack(const struct stalls *stalls, const struct gw_node *node)
{
	return node->n_out > 0 && !stalls->graph->from_text;
}

static bool stall_is_stalled(struct stalls *stalls, uint32_t index)
{
	const struct gw_node *node = &stalls->graph->nodes[index];

	if (node->type != GW_NODE_TASK || !node->task || stalls->covered[index] || !gw_task_sleeps(node->task) ||
	    node->wait.kind == GW_WAIT_POLL || !stall_is_long(stalls, node))
		return false;
	if (node->stack_wait || stall_is_gpu_wait(stalls->graph, &node->wait))
		return true;
	return stall_needs_it(node) &&
	       (node->wait.kind != GW_WAIT_NONE || gw_end_is_sleep(node) || stall_needs_by_stack(stalls, node)) &&
	       stall_is_gpu_chain(stalls, index);
}

/* ---- where chains end ---------------------------------------------------------------- */

static bool stall_is_signalled(const struct gw_node *node)
{
	return node->type == GW_NODE_FENCE && node->fence && (node->fence->flags & GW_FENCE_F_SIGNALED);
}

/* The edge along which a chain goes on: of several needs, one that may be what never comes, if there is one. */
static uint32_t stall_next_edge(const struct stalls *stalls, const struct gw_node *node)
{
	uint32_t next = node->first_out;

	for (uint32_t i = node->n_out; node->rule == GW_RULE_ALL && i-- > 0;) {
		uint32_t to = stalls->graph->edges[node->first_out + i].to;

		if (!stall_is_signalled(&stalls->graph->nodes[to]))
			next = node->first_out + i;
	}
	for (uint32_t i = node->n_out; node->rule == GW_RULE_ALL && i-- > 0;)
		if (stalls->hinted.dead[stalls->graph->edges[node->first_out + i].to])
			next = node->first_out + i;
	return next;
}

/* Where nothing shows which way it goes on, nobody is accused. */
static bool stall_ends_at(const struct gw_node *node)
{
	return node->n_out == 0 || node->end == GW_END_READERS;
}

/* Follows chains from a node to where that is known, or ends, or comes back to; sets end[] of all on the way. */
static void stall_find_end(struct stalls *stalls, uint32_t start)
{
	uint32_t length = 0, node = start, end;

	while (stalls->end[node] == GW_NO_NODE) {
		const struct gw_node *n = &stalls->graph->nodes[node];

		stalls->end[node] = node; /* for now: marks the way */
		stalls->path[length++] = node;
		if (stall_ends_at(n))
			break;
		node = stalls->graph->edges[stall_next_edge(stalls, n)].to;
	}
	end = stalls->end[node];
	for (uint32_t i = 0; i < length; i++)
		stalls->end[stalls->path[i]] = end;
}

/* Sleeps for what nobody tracks: all that is known of it is where. */
static bool stall_is_place_alone(const struct stalls *stalls, uint32_t index)
{
	const struct gw_node *node = &stalls->graph->nodes[index];

	return node->stack_wait || (node->n_out == 0 && node->end == GW_END_SLEEPS_IN);
}

static const char *stall_place(const struct stalls *stalls, uint32_t index)
{
	const struct gw_node *node = &stalls->graph->nodes[index];
	struct gw_place place = gw_place_of(stalls->graph->snapshot, node->task);

	if (place.driver)
		return place.driver->module;
	return place.function ? place.function->module : "";
}

/* What such a task waits for is not known: those that come from the same driver count as one. */
static uint32_t stall_end_of_untracked(const struct stalls *stalls, const struct gw_index_list *ends, uint32_t index)
{
	for (uint32_t i = 0; i < ends->count; i++) {
		uint32_t other = stalls->longest[ends->items[i]];

		if (stall_is_place_alone(stalls, other) &&
		    strcmp(stall_place(stalls, other), stall_place(stalls, index)) == 0)
			return ends->items[i];
	}
	return stalls->end[index];
}

/* Has slept longer, by what is known of it. */
static bool stall_is_longer(const struct gw_node *a, const struct gw_node *b)
{
	if (a->since_ns == 0 && b->since_ns == 0 && a->task->last_ran_ns != b->task->last_ran_ns)
		return a->task->last_ran_ns < b->task->last_ran_ns;
	return gw_waits_longer(a, b);
}

/* @ends: appended to, each end of a stalled chain once, in the order of their first tasks. */
static int stall_group(struct stalls *stalls, struct gw_index_list *ends, struct gw_index_list *stalled)
{
	for (uint32_t i = 0; i < stalls->graph->n_nodes; i++) {
		const struct gw_node *node = &stalls->graph->nodes[i];
		uint32_t end;

		if (!stall_is_stalled(stalls, i))
			continue;
		if (gw_index_list_add(stalled, i) < 0)
			return -ENOMEM;
		stall_find_end(stalls, i);
		end = stall_is_place_alone(stalls, i) ? stall_end_of_untracked(stalls, ends, i) : stalls->end[i];
		stalls->end[i] = end;
		if (stalls->longest[end] == GW_NO_NODE && ends->count == STALLS_MAX)
			continue;
		if (stalls->longest[end] == GW_NO_NODE && gw_index_list_add(ends, end) < 0)
			return -ENOMEM;
		if (stalls->longest[end] == GW_NO_NODE ||
		    stall_is_longer(node, &stalls->graph->nodes[stalls->longest[end]]))
			stalls->longest[end] = i;
	}
	return 0;
}

/* ---- findings -------------------------------------------------------------------------- */

static int stall_chain_from(const struct stalls *stalls, uint32_t start, struct gw_paths *paths,
			    struct gw_index_list *edges)
{
	const struct gw_graph *graph = stalls->graph;

	/* The last edge may lead back to a node of the chain. */
	paths->stamp++;
	for (uint32_t node = start; !stall_ends_at(&graph->nodes[node]) && paths->mark[node] != paths->stamp;) {
		uint32_t edge = stall_next_edge(stalls, &graph->nodes[node]);

		paths->mark[node] = paths->stamp;
		if (gw_index_list_add(edges, edge) < 0)
			return -ENOMEM;
		node = graph->edges[edge].to;
	}
	return 0;
}

static bool stall_is_victim(const struct stalls *stalls, const struct gw_finding *finding, uint32_t index)
{
	const struct gw_node *node = &stalls->graph->nodes[index];

	if (node->type != GW_NODE_TASK || !node->task || stalls->covered[index] || !gw_task_sleeps(node->task) ||
	    index == finding->chain.items[0])
		return false;
	return node->since_ns == 0 || stall_age(stalls, node->since_ns) >= stalls->policy->min_wait_ns;
}

static int stall_add_victims(const struct stalls *stalls, struct gw_finding *finding, struct gw_paths *paths,
			     struct gw_context *context, const struct gw_index_list *stalled)
{
	struct gw_index_list reached = { .count = 0 };
	uint32_t first = finding->chain.items[0];
	int r = gw_paths_towards(paths, finding->chain.items, finding->chain.count, GW_CONFIDENCE_HINT, NULL, NULL,
				 NULL, &reached);

	for (uint32_t i = 0; i < reached.count && r == 0; i++)
		if (stall_is_victim(stalls, finding, reached.items[i]))
			r = gw_index_list_add(&finding->victims, reached.items[i]);
	for (uint32_t i = 0; i < stalled->count && r == 0; i++)
		if (stalls->end[stalled->items[i]] == stalls->end[first] && stalled->items[i] != first &&
		    paths->mark[stalled->items[i]] != paths->stamp)
			r = gw_index_list_add(&finding->victims, stalled->items[i]);
	gw_index_list_deinit(&reached);
	return r ?: gw_context_victims(context, paths, finding);
}

/* That the wait is long is sure, what it waits for is as sure as the chain. */
static enum gw_confidence stall_weakest(const struct stalls *stalls, const struct gw_finding *finding, uint32_t start)
{
	enum gw_confidence confidence =
		stalls->graph->nodes[start].since_ns ? GW_CONFIDENCE_PROVEN : GW_CONFIDENCE_PROBABLE;

	for (uint32_t i = 0; i < finding->edges.count; i++) {
		const struct gw_edge *edge = &stalls->graph->edges[finding->edges.items[i]];

		if (edge->confidence < confidence)
			confidence = edge->confidence;
	}
	/* That a sleep is for the device is inferred. */
	if (gw_end_is_sleep(&stalls->graph->nodes[finding->root]) &&
	    stalls->graph->nodes[finding->root].end == GW_END_SILENT_DEVICE && confidence > GW_CONFIDENCE_PROBABLE)
		return GW_CONFIDENCE_PROBABLE;
	return confidence;
}

/* What the end of the chain makes of it. */
static void stall_classify(const struct stalls *stalls, struct gw_finding *finding)
{
	static const struct {
		enum gw_kind kind;
		enum gw_class class;
	} by_end[GW_ENDS] = {
		[GW_END_NONE] = { GW_KIND_STALL, GW_CLASS_LONG_WAIT },
		[GW_END_BUSY_HOLDER] = { GW_KIND_LIVELOCK, GW_CLASS_BUSY_HOLDER },
		[GW_END_RETRY_LOOP] = { GW_KIND_LIVELOCK, GW_CLASS_RETRY_LOOP },
		[GW_END_RESET] = { GW_KIND_STALL, GW_CLASS_LONG_WAIT },
		[GW_END_SILENT_DEVICE] = { GW_KIND_STALL, GW_CLASS_SILENT_DEVICE },
		[GW_END_DEAD_OWNER] = { GW_KIND_STALL, GW_CLASS_LONG_WAIT },
		[GW_END_SLEEPS_IN] = { GW_KIND_STALL, GW_CLASS_LONG_WAIT },
		[GW_END_STOPPED] = { GW_KIND_STALL, GW_CLASS_LONG_WAIT },
		[GW_END_READERS] = { GW_KIND_STALL, GW_CLASS_LONG_WAIT },
	};
	enum gw_end end = stalls->graph->nodes[finding->root].end;

	finding->kind = by_end[end].kind;
	finding->class = by_end[end].class;
}

/* Who may be at the end of the chain, as well. */
static int stall_add_candidates(const struct stalls *stalls, struct gw_finding *finding, struct gw_context *context)
{
	const struct gw_node *root = &stalls->graph->nodes[finding->root];

	for (uint32_t i = 0; root->end == GW_END_READERS && i < root->n_out; i++)
		if (gw_context_edge(context, finding, root->first_out + i) < 0 ||
		    gw_context_node(context, finding, stalls->graph->edges[root->first_out + i].to) < 0)
			return -ENOMEM;
	return 0;
}

static int stall_add_finding(const struct stalls *stalls, uint32_t start, struct gw_paths *paths,
			     struct gw_context *context, const struct gw_index_list *stalled,
			     struct gw_finding_list *findings)
{
	struct gw_finding *finding = gw_findings_add(findings);
	int r;

	if (!finding)
		return -ENOMEM;
	r = stall_chain_from(stalls, start, paths, &finding->edges);
	r = r ?: gw_finding_chain(finding, stalls->graph);
	if (r == 0 && finding->chain.count == 0)
		r = gw_index_list_add(&finding->chain, start);
	if (r < 0)
		return r;
	finding->root = finding->chain.items[finding->chain.count - 1];
	stall_classify(stalls, finding);
	finding->confidence = stall_weakest(stalls, finding, start);
	/* A loop may end with its next turn. */
	if (finding->kind == GW_KIND_LIVELOCK && finding->confidence > GW_CONFIDENCE_PROBABLE)
		finding->confidence = GW_CONFIDENCE_PROBABLE;
	gw_context_begin(context, finding);
	r = gw_finding_participant(finding, stalls->graph, start);
	r = r ?: stall_add_candidates(stalls, finding, context);
	r = r ?: stall_add_victims(stalls, finding, paths, context, stalled);
	gw_finding_set_key(finding, stalls->graph, GW_NO_NODE);
	return r;
}

static int stall_add_findings(const struct stalls *stalls, const struct gw_index_list *ends,
			      const struct gw_index_list *stalled, struct gw_finding_list *findings)
{
	struct gw_paths paths;
	struct gw_context context;
	int r;

	if (ends->count == 0)
		return 0;
	if (gw_paths_init(&paths, stalls->graph) < 0)
		return -ENOMEM;
	r = gw_context_init(&context, stalls->graph);
	if (r == 0) {
		for (uint32_t i = 0; i < ends->count && r == 0; i++)
			r = stall_add_finding(stalls, stalls->longest[ends->items[i]], &paths, &context, stalled,
					      findings);
		gw_context_deinit(&context);
	}
	gw_paths_deinit(&paths);
	return r;
}

static int stalls_init(struct stalls *stalls)
{
	const struct gw_graph *graph = stalls->graph;
	const struct gw_scope hints = { .confidence = GW_CONFIDENCE_HINT, .until_ns = UINT64_MAX };
	size_t count = graph->n_nodes ? graph->n_nodes : 1;

	stalls->end = malloc(count * sizeof(*stalls->end));
	stalls->longest = malloc(count * sizeof(*stalls->longest));
	stalls->path = malloc(count * sizeof(*stalls->path));
	stalls->chain = calloc(count, sizeof(*stalls->chain));
	if (gw_liveness_init(&stalls->hinted, graph) < 0 || !stalls->end || !stalls->longest || !stalls->path ||
	    !stalls->chain)
		return -ENOMEM;
	memset(stalls->end, 0xff, count * sizeof(*stalls->end)); /* GW_NO_NODE */
	memset(stalls->longest, 0xff, count * sizeof(*stalls->longest));
	for (uint32_t i = 0; i < graph->n_nodes; i++)
		stalls->path[i] = i;
	gw_liveness_run(&stalls->hinted, &hints, stalls->path, graph->n_nodes);
	return 0;
}

static void stalls_deinit(struct stalls *stalls)
{
	gw_liveness_deinit(&stalls->hinted);
	free(stalls->end);
	free(stalls->longest);
	free(stalls->path);
	free(stalls->chain);
}

int gw_stalls_find(const struct gw_graph *graph, const struct gw_policy *policy, const bool *covered,
		   struct gw_finding_list *findings)
{
	struct stalls stalls = {
		.graph = graph,
		.policy = policy,
		.covered = covered,
		.now_ns = gw_snapshot_head(graph->snapshot)->mono_ns,
	};
	struct gw_index_list ends = { .count = 0 }, stalled = { .count = 0 };
	int r = stalls_init(&stalls);

	r = r ?: stall_group(&stalls, &ends, &stalled);
	r = r ?: stall_add_findings(&stalls, &ends, &stalled, findings);
	gw_index_list_deinit(&ends);
	gw_index_list_deinit(&stalled);
	stalls_deinit(&stalls);
	return r;
}
