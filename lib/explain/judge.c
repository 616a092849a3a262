/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings of a text. */
#include "lib/explain/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/analysis/graph/paths.h"
#include "lib/analysis/graph/stuck.h"
#include "lib/analysis/verdict/classify.h"
#include "lib/analysis/verdict/context.h"
#include "lib/explain/partner.h"

/* Chains of one text that are reported. */
#define STALLS_MAX 64

struct judge {
	const struct gw_text_graph *graph;
	struct gw_finding_list *findings;
	bool *covered;	  /* by node */
	uint32_t *end;	  /* by node: where its chain ends, GW_NO_NODE = not known yet */
	uint32_t *length; /* by node: steps up to there */
	uint32_t *path;
	struct gw_paths paths;
	struct gw_context context;
};

static const struct gw_node *judge_node(const struct judge *judge, uint32_t node)
{
	return &judge->graph->graph.nodes[node];
}

/* ---- loops and dead ends ----------------------------------------------------------------------------- */

static int judge_deadlocks(struct judge *judge)
{
	struct gw_stuck stuck;
	int r = gw_stuck_find(&stuck, &judge->graph->graph);

	if (r < 0)
		return r;
	r = gw_classify(&judge->graph->graph, &stuck, judge->findings, judge->covered);
	gw_stuck_deinit(&stuck);
	return r;
}

/* ---- victims ------------------------------------------------------------------------------------------- */

static bool judge_is_victim(const struct judge *judge, const struct gw_finding *finding, uint32_t node)
{
	const struct gw_actor *actor = gw_text_graph_actor(judge->graph, node);

	if (!actor || !(actor->blocked || actor->wait.kind == GW_TEXT_WAIT_SPIN) || judge->covered[node] ||
	    node == finding->root)
		return false;
	return finding->chain.count == 0 || node != finding->chain.items[0];
}

/* Everybody who leads to the chain; @unexplained: also those of whom nothing else is known. */
static int judge_victims(struct judge *judge, struct gw_finding *finding, bool unexplained)
{
	const struct gw_graph *graph = &judge->graph->graph;
	struct gw_index_list reached = { .count = 0 };
	int r = gw_paths_towards(&judge->paths, finding->chain.items, finding->chain.count, GW_CONFIDENCE_HINT, NULL,
				 NULL, NULL, &reached);

	for (uint32_t i = 0; i < finding->chain.count; i++)
		judge->covered[finding->chain.items[i]] = true;
	for (uint32_t i = 0; i < reached.count && r == 0; i++) {
		if (judge_is_victim(judge, finding, reached.items[i]))
			r = gw_index_list_add(&finding->victims, reached.items[i]);
		judge->covered[reached.items[i]] = true;
	}
	for (uint32_t i = 0; i < graph->n_nodes && unexplained && r == 0; i++) {
		if (!judge_is_victim(judge, finding, i) || judge_node(judge, i)->n_out)
			continue;
		r = gw_index_list_add(&finding->victims, i);
		judge->covered[i] = true;
	}
	gw_index_list_deinit(&reached);
	return r ?: gw_context_victims(&judge->context, &judge->paths, finding);
}

/* Who else may be meant, where a step of the chain is a guess among several. */
static int judge_others(struct judge *judge, struct gw_finding *finding)
{
	const struct gw_graph *graph = &judge->graph->graph;

	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_node *node = judge_node(judge, finding->chain.items[i]);

		for (uint32_t e = node->first_out; node->n_out > 1 && e < node->first_out + node->n_out; e++)
			if (gw_context_node(&judge->context, finding, graph->edges[e].to) < 0 ||
			    gw_context_edge(&judge->context, finding, e) < 0)
				return -ENOMEM;
	}
	return 0;
}

static int judge_finish(struct judge *judge, struct gw_finding *finding, bool unexplained)
{
	int r = gw_finding_chain(finding, &judge->graph->graph);

	if (r == 0 && finding->chain.count == 0)
		r = gw_index_list_add(&finding->chain, finding->root);
	gw_context_begin(&judge->context, finding);
	r = r ?: judge_victims(judge, finding, unexplained);
	r = r ?: judge_others(judge, finding);
	r = r ?: gw_finding_participants(finding, &judge->graph->graph);
	if (r == 0)
		gw_finding_set_key(finding, &judge->graph->graph, finding->root);
	return r;
}

/* ---- CPUs that were not left ------------------------------------------------------------------------------ */

/* Of a few stacks somebody thought that they show it, and the kernel listed nobody else. */
#define PASTED_MAX 4

static bool judge_has_few(const struct judge *judge)
{
	const struct gw_scene *scene = judge->graph->scene;

	return !scene->blocked_listed && !scene->all_listed && scene->model->n_tasks <= PASTED_MAX;
}

/* It was preempted in the driver each time that somebody looked at it, or the only time. */
static bool judge_is_pasted_running(const struct judge *judge, const struct gw_actor *actor)
{
	const struct gw_log_model *model = judge->graph->scene->model;

	return judge_has_few(judge) && actor->sample != GW_LOG_NONE && actor->gpu.kind == GW_SUBSYSTEM_GPU &&
	       model->samples[actor->sample].kind == GW_LOG_SAMPLE_LISTED &&
	       gw_text_wait_is_preempted(model, &model->samples[actor->sample]);
}

/* By a detector's word; or it was on a CPU while others wait for it, or each time that somebody looked. */
static bool judge_is_busy(const struct judge *judge, uint32_t index)
{
	const struct gw_actor *actor = &judge->graph->scene->actors[index];

	if (actor->blocked || actor->died || actor->wait.kind == GW_TEXT_WAIT_SPIN)
		return false;
	if (actor->busy)
		return true;
	/* RCU's thread is listed when a CPU is not left, and waits for that CPU. */
	if (strncmp(judge->graph->scene->model->tasks[actor->task].comm, "rcu_", 4) == 0)
		return false;
	if (!actor->runs || gw_partner_pollers(judge->graph->scene, index).count)
		return false;
	return judge_node(judge, judge->graph->nodes[index])->n_in > 0 ||
	       (actor->seen_running > 1 && actor->inner.kind == GW_SUBSYSTEM_GPU) ||
	       judge_is_pasted_running(judge, actor);
}

/* Whoever waits, asleep or on a CPU, is a victim of what it waits for. */
static bool judge_waits(const struct gw_actor *actor)
{
	return actor->blocked || (actor->busy && actor->wait.kind == GW_TEXT_WAIT_SPIN);
}

/* A task that makes the machine reclaim memory without end is in everybody's way. */
static int judge_busy(struct judge *judge, uint32_t actor)
{
	uint32_t node = judge->graph->nodes[actor];
	struct gw_finding *finding;
	struct gw_subsystem fault;

	if (judge->covered[node] || !judge_is_busy(judge, actor))
		return 0;
	finding = gw_findings_add(judge->findings);
	if (!finding)
		return -ENOMEM;
	finding->kind = GW_KIND_LIVELOCK;
	finding->class = GW_CLASS_BUSY_HOLDER;
	/* One look may have come at any moment. */
	finding->confidence =
		judge->graph->scene->actors[actor].busy || judge->graph->scene->actors[actor].seen_running > 1
			? GW_CONFIDENCE_PROBABLE
			: GW_CONFIDENCE_HINT;
	finding->root = node;
	if (gw_index_list_add(&finding->chain, node) < 0)
		return -ENOMEM;
	fault = gw_text_fault(judge->graph, finding);
	finding->chain.count = 0;
	return judge_finish(judge, finding, fault.kind == GW_SUBSYSTEM_MEMORY);
}

/* An idle CPU that is not left is held by an interrupt on top of it: that of an IOMMU which is waited for, if one is. */
static int judge_idle_behind_iommu(struct judge *judge, struct gw_finding *finding)
{
	const struct gw_scene *scene = judge->graph->scene;

	for (uint32_t i = 0; scene->iommu_silent && i < scene->n_actors; i++) {
		uint32_t node = judge->graph->nodes[i];

		if (!scene->actors[i].busy || judge->covered[node] ||
		    strncmp(scene->model->tasks[scene->actors[i].task].comm, "swapper", 7) != 0)
			continue;
		if (gw_index_list_add(&finding->victims, node) < 0)
			return -ENOMEM;
		judge->covered[node] = true;
	}
	return 0;
}

/* ---- chains -------------------------------------------------------------------------------------------------- */

/* Follows first edges from a node to where that is known, or ends, or comes back to. */
static void judge_find_end(struct judge *judge, uint32_t start)
{
	const struct gw_graph *graph = &judge->graph->graph;
	uint32_t count = 0, node = start, end, steps;

	while (judge->end[node] == GW_NO_NODE) {
		judge->end[node] = node; /* for now: marks the way */
		judge->path[count++] = node;
		if (graph->nodes[node].n_out == 0)
			break;
		node = graph->edges[graph->nodes[node].first_out].to;
	}
	end = judge->end[node];
	steps = judge->length[node];
	while (count > 0) {
		uint32_t at = judge->path[--count];

		judge->end[at] = end;
		judge->length[at] = at == end ? 0 : ++steps;
	}
}

/* The longest chain shows most; of those as long, the oldest. */
static bool judge_starts_better(const struct judge *judge, uint32_t a, uint32_t b)
{
	if (judge->length[a] != judge->length[b])
		return judge->length[a] > judge->length[b];
	return gw_waits_longer(judge_node(judge, a), judge_node(judge, b));
}

static bool judge_is_start(const struct judge *judge, uint32_t node)
{
	const struct gw_actor *actor = gw_text_graph_actor(judge->graph, node);

	return actor && judge_waits(actor) && !judge->covered[node];
}

static int judge_chain(struct judge *judge, uint32_t start, struct gw_finding *finding)
{
	const struct gw_graph *graph = &judge->graph->graph;
	uint32_t end = judge->end[start];

	for (uint32_t node = start; node != end || finding->edges.count == 0;) {
		if (graph->nodes[node].n_out == 0)
			return 0;
		if (gw_index_list_add(&finding->edges, graph->nodes[node].first_out) < 0)
			return -ENOMEM;
		node = graph->edges[graph->nodes[node].first_out].to;
	}
	/* Back at a node of the chain: a loop that weak evidence makes. What closes it is left out. */
	if (graph->edges[finding->edges.items[finding->edges.count - 1]].to == start)
		finding->edges.count--;
	return 0;
}

/* The task that a chain leads to last, or the device. */
static uint32_t judge_root(const struct judge *judge, const struct gw_finding *finding, uint32_t start)
{
	const struct gw_graph *graph = &judge->graph->graph;
	uint32_t root = start;

	for (uint32_t i = 0; i < finding->edges.count; i++) {
		uint32_t to = graph->edges[finding->edges.items[i]].to;

		if (graph->nodes[to].type == GW_NODE_TASK || to == judge->graph->device)
			root = to;
	}
	return root;
}

static enum gw_confidence judge_confidence(const struct judge *judge, const struct gw_finding *finding)
{
	enum gw_confidence confidence = GW_CONFIDENCE_PROBABLE;

	for (uint32_t i = 0; i < finding->edges.count; i++) {
		enum gw_confidence of_edge = judge->graph->graph.edges[finding->edges.items[i]].confidence;

		if (of_edge < confidence)
			confidence = of_edge;
	}
	return confidence;
}

static bool judge_is_silent(const struct judge *judge, const struct gw_finding *finding)
{
	const struct gw_actor *actor = gw_text_graph_actor(judge->graph, finding->root);

	if (finding->root == judge->graph->device)
		return true;
	if (!actor || gw_text_wait_is_lock(actor->wait.kind))
		return false;
	/* A driver gives its device a time to answer, and the device does not. */
	return actor->hardware || (actor->wait.kind == GW_TEXT_WAIT_COMPLETION && actor->wait.timed &&
				   actor->driver.kind != GW_SUBSYSTEM_UNKNOWN);
}

static bool judge_blocks_for_long(const struct judge *judge, const struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(judge->graph, finding->chain.items[i]);

		if (actor && actor->hung && finding->chain.items[i] != finding->root)
			return true;
	}
	return false;
}

/*
 * It sleeps for a short time only, and keeps others waiting for a long one: it tries again and again. Unless it may be a lock
 * that it tries for, and somebody else who polls has that: what the log shows ends here, and the chain goes on.
 */
static bool judge_retries(const struct judge *judge, const struct gw_finding *finding)
{
	const struct gw_actor *actor = gw_text_graph_actor(judge->graph, finding->root);

	return actor && actor->blocked && !actor->hung && actor->wait.kind == GW_TEXT_WAIT_SLEEP &&
	       actor->driver.kind != GW_SUBSYSTEM_UNKNOWN && judge_blocks_for_long(judge, finding) &&
	       gw_partner_pollers(judge->graph->scene, (uint32_t)(actor - judge->graph->scene->actors)).count == 0;
}

static bool judge_all_poll(const struct judge *judge, const struct gw_index_list *nodes)
{
	for (uint32_t i = 0; i < nodes->count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(judge->graph, nodes->items[i]);

		if (!actor || actor->hung || actor->wait.kind != GW_TEXT_WAIT_SLEEP)
			return false;
	}
	return true;
}

/* They sleep for a short time, and nobody else waits for it: whoever polls does. */
static bool judge_only_polls(const struct judge *judge, const struct gw_finding *finding)
{
	return judge_all_poll(judge, &finding->chain) && judge_all_poll(judge, &finding->victims);
}

static bool judge_is_pasted(const struct judge *judge, const struct gw_actor *actor)
{
	return judge_has_few(judge) && gw_text_wait_is_lock(actor->wait.kind);
}

/* One look shows every task that sleeps at the moment: what is not the GPU's is only worth a word if it hangs, by a detector's word. */
static bool judge_is_noise(const struct judge *judge, const struct gw_finding *finding)
{
	const struct gw_actor *actor = gw_text_graph_actor(judge->graph, finding->chain.items[0]);
	const struct gw_actor *end = gw_text_graph_actor(judge->graph, finding->root);

	if (judge_only_polls(judge, finding))
		return true;
	return finding->n_victims == 0 && finding->edges.count < 3 && actor && !actor->hung && !actor->busy &&
	       !(end && end->hung) && !judge_is_pasted(judge, actor) &&
	       gw_text_fault(judge->graph, finding).kind != GW_SUBSYSTEM_GPU;
}

/* Seen once, by nobody who says that it has been so for long. */
static bool judge_is_one_look(const struct judge *judge, const struct gw_finding *finding)
{
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(judge->graph, finding->chain.items[i]);

		if (actor && (actor->hung || judge->graph->graph.nodes[finding->chain.items[i]].since_ns))
			return false;
	}
	return finding->n_victims < 2 && finding->root != judge->graph->device;
}

/* Which fence a log never shows: those of one driver count as one, as they do live. */
static bool judge_ends_at_fence(const struct judge *judge, uint32_t node)
{
	return judge->end[node] != GW_NO_NODE && judge->length[node] == 1 &&
	       judge_node(judge, judge->end[node])->type == GW_NODE_FENCE;
}

/* It waits for a lock that nobody in the log can have. */
static bool judge_ends_at_open_lock(const struct judge *judge, uint32_t node)
{
	return judge->end[node] != GW_NO_NODE && judge->length[node] == 1 &&
	       judge_node(judge, judge->end[node])->type == GW_NODE_LOCK &&
	       judge_node(judge, judge->end[node])->n_out == 0;
}

/* Of one driver: they hold each other up, or whoever has these locks is one and the same. */
static bool judge_same_open_lock(const struct judge *judge, uint32_t a, uint32_t b)
{
	const struct gw_actor *x = gw_text_graph_actor(judge->graph, a), *y = gw_text_graph_actor(judge->graph, b);

	return judge_ends_at_open_lock(judge, a) && judge_ends_at_open_lock(judge, b) &&
	       x->driver.kind != GW_SUBSYSTEM_UNKNOWN && !x->driver.generic && gw_partner_same_driver(x, y);
}

/* Nobody holds anybody up, and all of them wait in the same place, or for the same server or disk: one cause. */
static bool judge_same_cause(const struct judge *judge, uint32_t a, uint32_t b)
{
	const struct gw_scene *scene = judge->graph->scene;
	const struct gw_actor *x = gw_text_graph_actor(judge->graph, a), *y = gw_text_graph_actor(judge->graph, b);
	const struct gw_log_frame *one, *other;

	if (x->inner.kind == GW_SUBSYSTEM_UNKNOWN || judge_ends_at_fence(judge, a) != judge_ends_at_fence(judge, b))
		return false;
	if (x->inner.kind != y->inner.kind || strcmp(x->inner.name, y->inner.name) != 0)
		return false;
	if (judge_ends_at_fence(judge, a) && judge_ends_at_fence(judge, b))
		return gw_partner_same_driver(x, y);
	if (judge_same_open_lock(judge, a, b))
		return true;
	one = gw_scene_place(scene, x);
	other = gw_scene_place(scene, y);
	return x->inner.kind != GW_SUBSYSTEM_GPU || (one && other && one->function == other->function);
}

static bool judge_stands_alone(const struct judge *judge, uint32_t node)
{
	return judge_node(judge, node)->n_out == 0 || judge_ends_at_fence(judge, node) ||
	       judge_ends_at_open_lock(judge, node);
}

static int judge_add_same_cause(struct judge *judge, struct gw_finding *finding, uint32_t start)
{
	for (uint32_t i = 0; i < judge->graph->scene->n_actors && judge_stands_alone(judge, start); i++) {
		if (i == start || !judge_is_start(judge, i) || !judge_stands_alone(judge, i) ||
		    !judge_same_cause(judge, start, i))
			continue;
		if (gw_index_list_add(&finding->victims, i) < 0)
			return -ENOMEM;
		judge->covered[i] = true;
	}
	return 0;
}

static int judge_stall(struct judge *judge, uint32_t start)
{
	struct gw_finding *finding = gw_findings_add(judge->findings);
	int r;

	if (!finding)
		return -ENOMEM;
	finding->kind = GW_KIND_STALL;
	finding->class = GW_CLASS_LONG_WAIT;
	r = judge_chain(judge, start, finding);
	finding->root = judge_root(judge, finding, start);
	finding->confidence = judge_confidence(judge, finding);
	r = r ?: judge_add_same_cause(judge, finding, start);
	if (judge_is_silent(judge, finding))
		finding->class = GW_CLASS_SILENT_DEVICE;
	r = r ?: judge_finish(judge, finding, false);
	if (r == 0 && judge_retries(judge, finding)) {
		finding->kind = GW_KIND_LIVELOCK;
		finding->class = GW_CLASS_RETRY_LOOP;
	}
	if (r == 0 && judge_is_noise(judge, finding))
		gw_findings_drop_last(judge->findings);
	else if (r == 0 && judge_is_one_look(judge, finding))
		finding->confidence = GW_CONFIDENCE_HINT;
	return r;
}

/* One finding for each end, beginning with the chain that shows most. */
static int judge_stalls(struct judge *judge)
{
	const struct gw_graph *graph = &judge->graph->graph;
	int r = 0;

	for (uint32_t i = 0; i < graph->n_nodes; i++)
		if (judge_is_start(judge, i))
			judge_find_end(judge, i);
	for (uint32_t stalls = 0; stalls < STALLS_MAX && r == 0; stalls++) {
		uint32_t best = GW_NO_NODE;

		for (uint32_t i = 0; i < graph->n_nodes; i++)
			if (judge->end[i] != GW_NO_NODE && judge_is_start(judge, i) &&
			    (best == GW_NO_NODE || judge_starts_better(judge, i, best)))
				best = i;
		if (best == GW_NO_NODE)
			return 0;
		r = judge_stall(judge, best);
	}
	return r;
}

/* A GPU that its driver gave up is worth a report, whoever waits for it. */
static int judge_device(struct judge *judge)
{
	struct gw_finding *finding;

	if (judge->graph->device == GW_NO_NODE || judge->covered[judge->graph->device])
		return 0;
	finding = gw_findings_add(judge->findings);
	if (!finding)
		return -ENOMEM;
	finding->kind = GW_KIND_STALL;
	finding->class = GW_CLASS_SILENT_DEVICE;
	/* Each time may have been the last. */
	finding->confidence = judge->graph->relapses || judge->graph->scene->unrecoverable ? GW_CONFIDENCE_HINT
											   : GW_CONFIDENCE_PROBABLE;
	finding->root = judge->graph->device;
	return judge_idle_behind_iommu(judge, finding) ?: judge_finish(judge, finding, false);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int judge_init(struct judge *judge)
{
	const struct gw_graph *graph = &judge->graph->graph;
	size_t count = graph->n_nodes + 1;

	judge->covered = calloc(count, sizeof(*judge->covered));
	judge->end = malloc(count * sizeof(*judge->end));
	judge->length = calloc(count, sizeof(*judge->length));
	judge->path = malloc(count * sizeof(*judge->path));
	if (!judge->covered || !judge->end || !judge->length || !judge->path)
		return -ENOMEM;
	memset(judge->end, 0xff, count * sizeof(*judge->end)); /* GW_NO_NODE */
	if (gw_paths_init(&judge->paths, graph) < 0)
		return -ENOMEM;
	return gw_context_init(&judge->context, graph);
}

static void judge_deinit(struct judge *judge)
{
	free(judge->covered);
	free(judge->end);
	free(judge->length);
	free(judge->path);
	gw_paths_deinit(&judge->paths);
	gw_context_deinit(&judge->context);
}

int gw_text_judge(const struct gw_text_graph *graph, struct gw_finding_list *findings)
{
	struct judge judge = { .graph = graph, .findings = findings };
	int r = judge_init(&judge);

	r = r ?: judge_deadlocks(&judge);
	if (r == 0 && graph->scene->iommu_silent)
		r = judge_device(&judge);
	for (uint32_t i = 0; i < graph->scene->n_actors && r == 0; i++)
		r = judge_busy(&judge, i);
	r = r ?: judge_stalls(&judge);
	r = r ?: judge_device(&judge);
	judge_deinit(&judge);
	return r;
}

/* ---- whose fault ----------------------------------------------------------------------------------------------------- */

static bool fault_is_in_sample(const struct gw_scene *scene, const struct gw_log_sample *sample, const char *function)
{
	for (uint32_t i = 0; i < sample->n_frames; i++)
		if (scene->model->frames[sample->first_frame + i].function == function)
			return true;
	return false;
}

/* Of a task that was seen running several times, what it was in each time. One sight alone may be anything. */
static struct gw_subsystem fault_of_busy(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_model *model = scene->model;
	const struct gw_log_frame *frames;
	bool interrupt;
	uint32_t count = gw_scene_busy_frames(scene, actor, &frames, &interrupt);

	for (uint32_t i = 0; i < count; i++) {
		struct gw_subsystem found = gw_scene_subsystem(scene, &frames[i]);
		bool always =
			frames[i].reliable && frames[i].interrupt == interrupt && found.kind != GW_SUBSYSTEM_UNKNOWN;

		for (uint32_t s = model->tasks[actor->task].first_sample; always && s != GW_LOG_NONE;
		     s = model->samples[s].next)
			always = model->samples[s].n_frames == 0 ||
				 fault_is_in_sample(scene, &model->samples[s], frames[i].function);
		/* Reclaim asks every driver for memory in turn. */
		if (always && !(found.kind == GW_SUBSYSTEM_GPU && actor->reclaims))
			return found;
	}
	return actor->idle ? (struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false } : actor->inner;
}

/* A page that comes back from swap, for whatever code touched it; a GPU's driver may move that page, and need not. */
static bool fault_is_swap(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_frame *place = gw_scene_place(scene, actor);

	return actor->wait.kind == GW_TEXT_WAIT_PAGE && place && strcmp(place->function, "do_swap_page") == 0;
}

/* A process's memory, and the list of shrinkers, are locked by everybody, a GPU's driver included: who has that lock the log does not show. */
static bool fault_is_of_anybody(const struct gw_actor *actor)
{
	return actor->inner.kind == GW_SUBSYSTEM_MEMORY && gw_text_wait_is_lock(actor->wait.kind);
}

/* The driver that a task is in says more than the core that it uses; but not than what it really waits for. */
static struct gw_subsystem fault_of_waiter(const struct gw_scene *scene, const struct gw_actor *actor)
{
	const struct gw_log_frame *frames;
	uint32_t count = gw_scene_frames(scene, actor, &frames);

	/* Whatever keeps the CPU that it waits for. */
	if (actor->every_cpu && (actor->wait.kind == GW_TEXT_WAIT_WORK || actor->wait.kind == GW_TEXT_WAIT_WORKQUEUE))
		return (struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false };
	if (fault_is_swap(scene, actor))
		return (struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false };
	if (fault_is_of_anybody(actor))
		return (struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false };
	if (actor->inner.kind >= GW_SUBSYSTEM_NFS && actor->inner.kind <= GW_SUBSYSTEM_FREEZER)
		return actor->inner;
	for (uint32_t i = 0; i < count; i++) {
		struct gw_subsystem found = gw_scene_subsystem(scene, &frames[i]);

		if (!*frames[i].module || frames[i].reliable != actor->wait.reliable ||
		    found.kind == GW_SUBSYSTEM_UNKNOWN)
			continue;
		return found.generic ? actor->gpu : found;
	}
	return actor->gpu.kind == GW_SUBSYSTEM_GPU && actor->inner.generic ? actor->gpu : actor->inner;
}

/* Nobody else's code is on the stack of the last one: whoever waits for it shows whose it is. */
static struct gw_subsystem fault_of_chain(const struct gw_text_graph *graph, const struct gw_index_list *nodes)
{
	for (uint32_t i = 0; i < nodes->count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(graph, nodes->items[i]);

		if (actor && actor->gpu.kind == GW_SUBSYSTEM_GPU && !fault_is_swap(graph->scene, actor))
			return actor->gpu;
	}
	return (struct gw_subsystem){ GW_SUBSYSTEM_UNKNOWN, "", false };
}

/*
 * Somebody reclaims memory under a lock of a GPU's driver that the driver's shrinker takes: whoever else reclaims waits for that, which is the
 * driver's, whatever the first one waits for.
 */
static bool fault_is_of_shrinker(const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	const struct gw_actor *root = gw_text_graph_actor(graph, finding->root);

	if (!root->reclaims || root->gpu.kind != GW_SUBSYSTEM_GPU)
		return false;
	for (uint32_t i = 0; i < finding->chain.count; i++) {
		const struct gw_actor *actor = gw_text_graph_actor(graph, finding->chain.items[i]);

		if (actor && actor != root && actor->reclaims && gw_text_wait_is_lock(actor->wait.kind) &&
		    gw_partner_same_driver(actor, root))
			return true;
	}
	return false;
}

struct gw_subsystem gw_text_fault(const struct gw_text_graph *graph, const struct gw_finding *finding)
{
	const struct gw_actor *actor = gw_text_graph_actor(graph, finding->root);
	struct gw_subsystem found = { GW_SUBSYSTEM_UNKNOWN, "", false };

	if (finding->root == graph->device && graph->scene->iommu_silent)
		return found;
	if (finding->root == graph->device)
		return (struct gw_subsystem){ GW_SUBSYSTEM_GPU, graph->scene->nvidia ? "nvidia" : "", false };
	if (actor && (finding->loop || fault_is_of_shrinker(graph, finding)))
		found = fault_of_chain(graph, &finding->chain);
	if (actor && found.kind == GW_SUBSYSTEM_UNKNOWN)
		found = actor->busy && !actor->blocked ? fault_of_busy(graph->scene, actor)
						       : fault_of_waiter(graph->scene, actor);
	if (found.kind == GW_SUBSYSTEM_UNKNOWN || (found.kind == GW_SUBSYSTEM_GPU && found.generic && finding->loop)) {
		struct gw_subsystem better = fault_of_chain(graph, &finding->chain);

		found = better.kind == GW_SUBSYSTEM_GPU ? better : found;
	}
	return found.kind == GW_SUBSYSTEM_UNKNOWN ? fault_of_chain(graph, &finding->victims) : found;
}
