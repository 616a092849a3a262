/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph's algorithms against slow but obvious ones, and on graphs that are large, deep or dense. */
#include "build-snapshot.h"
#include "operations.h"

#include "lib/analysis/graph/components.h"
#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/liveness.h"
#include "lib/analysis/graph/paths.h"
#include "lib/analysis/record/index.h"

#define TEST(name) static void name(void **state)
#define MUTEX GW_LOCK_F_MUTEX

/* ---- index ---------------------------------------------------------------------------- */

TEST(index_has_all_records_of_a_key_in_order)
{
	struct gw_index index = { .entries = NULL };
	static const int records[] = { 0, 1, 2, 3, 4 };
	static const uint64_t keys[] = { 7, UINT64_MAX, 7, 0, 7 };
	struct gw_index_range range;

	assert_int_equal(gw_index_find(&index, 7).count, 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(gw_index_add(&index, keys[i], &records[i]), 0);
	assert_int_equal(gw_index_finish(&index), 0);
	range = gw_index_find(&index, 7);
	assert_int_equal(range.count, 3);
	assert_ptr_equal(range.members[0].record, &records[0]);
	assert_ptr_equal(range.members[1].record, &records[2]);
	assert_ptr_equal(range.members[2].record, &records[4]);
	assert_int_equal(gw_index_find(&index, UINT64_MAX).count, 1);
	assert_int_equal(gw_index_find(&index, 0).count, 0);
	assert_int_equal(gw_index_find(&index, 8).count, 0);
	gw_index_deinit(&index);
}

/* Whatever keys somebody chooses, those of one bucket are still found by halving. */
TEST(index_finds_keys_that_differ_in_their_highest_bits_only)
{
	struct gw_index index = { .entries = NULL };
	static int records[4096];

	for (uint64_t i = 0; i < 4096; i++)
		assert_int_equal(gw_index_add(&index, (4096 - i) << 51, &records[i]), 0);
	assert_int_equal(gw_index_finish(&index), 0);
	for (uint64_t i = 0; i < 4096; i++)
		assert_ptr_equal(gw_index_first(&index, (4096 - i) << 51), &records[i]);
	assert_null(gw_index_first(&index, UINT64_C(1) << 50));
	gw_index_deinit(&index);
}

/* ---- random graphs ------------------------------------------------------------------------ */

#define NODES 12

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 33) % limit;
}

static void make_random(struct gw_graph *graph, uint64_t seed)
{
	uint32_t node, edges = random_below(&seed, 3 * NODES);

	gw_graph_init(graph, NULL);
	for (uint32_t i = 0; i < NODES; i++) {
		assert_int_equal(gw_graph_node(graph, GW_NODE_LOCK, i + 1, 0, &node), GW_GRAPH_ADDED);
		graph->nodes[node].rule = random_below(&seed, 2) ? GW_RULE_ALL : GW_RULE_ANY;
		graph->nodes[node].leaf = (enum gw_leaf)(random_below(&seed, 8) < 6 ? 0 : 1 + random_below(&seed, 2));
		graph->nodes[node].confidence = (enum gw_confidence)random_below(&seed, 3);
	}
	for (uint32_t i = 0; i < edges; i++) {
		struct gw_edge edge = {
			.from = random_below(&seed, NODES),
			.to = random_below(&seed, NODES),
			.confidence = (enum gw_confidence)random_below(&seed, 3),
			.since_ns = random_below(&seed, 4),
		};

		assert_int_equal(gw_graph_edge(graph, &edge), 0);
	}
	assert_int_equal(gw_graph_finish(graph), 0);
}

/* Whether the node can make progress, given who is known to. */
static bool naive_step(const struct gw_graph *graph, const struct gw_scope *scope, uint32_t index, const bool *alive)
{
	const struct gw_node *node = &graph->nodes[index];
	bool all = true, any = node->n_out == 0;

	if (node->leaf == GW_LEAF_LIVE)
		return true;
	if (node->leaf == GW_LEAF_DEAD)
		return node->confidence < scope->confidence;
	for (uint32_t e = node->first_out; e < node->first_out + node->n_out; e++) {
		bool met = !gw_scope_has(scope, graph, e) || alive[graph->edges[e].to];

		all &= met;
		any |= met;
	}
	return node->rule == GW_RULE_ANY ? any : all;
}

TEST(liveness_is_the_least_fixpoint)
{
	for (uint64_t seed = 1; seed <= 2000; seed++) {
		struct gw_scope scope = { .confidence = (enum gw_confidence)(seed % 3), .until_ns = seed % 5 };
		bool alive[NODES] = { false };
		struct gw_liveness liveness;
		struct gw_graph graph;
		uint32_t all[NODES], dead = 0;

		make_random(&graph, seed);
		assert_int_equal(gw_liveness_init(&liveness, &graph), 0);
		for (uint32_t round = 0; round < NODES; round++)
			for (uint32_t i = 0; i < NODES; i++)
				alive[i] = alive[i] || naive_step(&graph, &scope, i, alive);
		for (uint32_t i = 0; i < NODES; i++) {
			all[i] = i;
			dead += !alive[i];
		}
		assert_int_equal(gw_liveness_run(&liveness, &scope, all, NODES), dead);
		for (uint32_t i = 0; i < NODES; i++)
			assert_int_equal(liveness.dead[i], !alive[i]);
		gw_liveness_deinit(&liveness);
		gw_graph_deinit(&graph);
	}
}

static void naive_reach(const struct gw_graph *graph, bool reach[NODES][NODES])
{
	for (uint32_t e = 0; e < graph->n_edges; e++)
		reach[graph->edges[e].from][graph->edges[e].to] = true;
	for (uint32_t k = 0; k < NODES; k++)
		for (uint32_t i = 0; i < NODES; i++)
			for (uint32_t j = 0; j < NODES; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
}

TEST(components_are_who_reaches_each_other_and_come_before_who_needs_them)
{
	const struct gw_scope scope = { .confidence = GW_CONFIDENCE_HINT, .until_ns = UINT64_MAX };

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		bool reach[NODES][NODES] = { { false } }, dead[NODES];
		struct gw_components components;
		struct gw_graph graph;

		make_random(&graph, seed);
		memset(dead, true, sizeof(dead));
		naive_reach(&graph, reach);
		assert_int_equal(gw_components_find(&components, &graph, &scope, dead), 0);
		for (uint32_t i = 0; i < NODES; i++) {
			for (uint32_t j = 0; j < NODES; j++) {
				bool together = i == j || (reach[i][j] && reach[j][i]);

				assert_int_equal(components.id[i] == components.id[j], together);
				if (reach[i][j])
					assert_true(components.id[j] <= components.id[i]);
			}
		}
		assert_int_equal(components.first[components.count], NODES);
		gw_components_deinit(&components);
		gw_graph_deinit(&graph);
	}
}

TEST(loop_through_a_node_is_as_short_as_any)
{
	const struct gw_scope scope = { .confidence = GW_CONFIDENCE_HINT, .until_ns = UINT64_MAX };

	for (uint64_t seed = 1; seed <= 500; seed++) {
		bool usable[NODES];
		uint32_t distance[NODES];
		struct gw_index_list loop = { .count = 0 };
		struct gw_paths paths;
		struct gw_graph graph;
		int r;

		make_random(&graph, seed);
		memset(usable, true, sizeof(usable));
		assert_int_equal(gw_paths_init(&paths, &graph), 0);
		r = gw_paths_loop(&paths, 0, &scope, usable, &loop);
		memset(distance, 0, sizeof(distance));
		for (uint32_t round = 0; round < NODES; round++)
			for (uint32_t e = 0; e < graph.n_edges; e++) {
				uint32_t from = graph.edges[e].from, to = graph.edges[e].to;
				uint32_t length = from == 0 ? 1 : distance[from] ? distance[from] + 1 : 0;

				if (length && (!distance[to] || length < distance[to]))
					distance[to] = length;
			}
		assert_int_equal(r, distance[0] != 0);
		assert_int_equal(loop.count, distance[0]);
		for (uint32_t i = 0; i < loop.count; i++)
			assert_int_equal(graph.edges[loop.items[i]].to,
					 graph.edges[loop.items[(i + 1) % loop.count]].from);
		gw_index_list_deinit(&loop);
		gw_paths_deinit(&paths);
		gw_graph_deinit(&graph);
	}
}

TEST(node_is_found_again_among_many)
{
	struct gw_graph graph;
	uint32_t node, first;

	gw_graph_init(&graph, NULL);
	assert_int_equal(gw_graph_find(&graph, GW_NODE_TASK, 1, 0), GW_NO_NODE);
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(gw_graph_node(&graph, i % 2 ? GW_NODE_TASK : GW_NODE_LOCK, i / 2 * 4096, i % 3, &node),
				 GW_GRAPH_ADDED);
	assert_int_equal(gw_graph_node(&graph, GW_NODE_LOCK, 0, 0, &first), GW_GRAPH_FOUND);
	assert_int_equal(first, 0);
	assert_int_equal(gw_graph_find(&graph, GW_NODE_FENCE, 0, 0), GW_NO_NODE);
	gw_graph_deinit(&graph);
}

/* ---- size ------------------------------------------------------------------------------------ */

/* What the second of two looks costs. */
static uint64_t operations_of_a_look(struct world *w)
{
	struct gw_snapshot *snapshot;
	uint64_t begin;

	look(w, 1);
	w->now_ns += SECOND;
	snapshot = snapshot_of(w);
	begin = operations();
	assert_int_equal(gw_analysis_step(w->analysis, snapshot, count_change, w), 0);
	return operations() - begin;
}

/* A world of this size that was looked at twice, which must be about twice the work that one of half the size is. */
static struct world *linear_world(void (*fill)(struct world *w, uint32_t size), uint32_t size)
{
	struct world *half = world_new(), *whole = world_new();
	uint64_t few, many;

	fill(half, size / 2);
	few = operations_of_a_look(half);
	world_free(half);
	fill(whole, size);
	many = operations_of_a_look(whole);
	print_message("%llu, %llu operations\n", (unsigned long long)few, (unsigned long long)many);
	assert_true(few > size / 2);
	assert_true(many < few * 5 / 2);
	return whole;
}

static void idle_tasks_and_victims(struct world *w, uint32_t size)
{
	struct classic c = classic(w, 101);

	for (uint32_t i = 0; i < size / 10; i++) {
		struct gw_task_record *victim = kthread(w, 1000 + i, "victim");

		if (i % 2)
			waits_for_fence(w, victim, c.fence);
		else
			waits_for_lock(w, victim, c.lock, MUTEX);
	}
	for (uint32_t i = 0; i < size - size / 10; i++)
		present(w, 10000 + i, "idle");
}

TEST(ten_thousand_tasks_and_a_thousand_victims)
{
	struct world *w = linear_world(idle_tasks_and_victims, 10000);

	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->victims_total, 1000);
	assert_int_equal(json_array_size(the_report(w, GW_KIND_DEADLOCK)->victims), 256);
	world_free(w);
}

static void chain_of_locks(struct world *w, uint32_t size)
{
	struct gw_lock_record *lock = classic(w, 101).lock;

	for (uint32_t i = 0; i < size; i++) {
		struct gw_task_record *task = kthread(w, 1000 + i, "chain");

		waits_for_lock(w, task, lock, MUTEX);
		lock = lock_of(w, GW_LOCK_MUTEX, task);
	}
}

TEST(chain_of_twenty_thousand_locks_needs_no_recursion)
{
	struct world *w = linear_world(chain_of_locks, 20000);

	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->victims_total, 20000);
	world_free(w);
}

static void loop_of_tasks(struct world *w, uint32_t size)
{
	struct gw_task_record *first = kthread(w, 1000, "loop"), *task = first;
	struct gw_timeline_record *ring;

	for (uint32_t i = 1; i < size; i++) {
		struct gw_task_record *next = kthread(w, 1000 + i, "loop");

		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, next), MUTEX);
		task = next;
	}
	ring = timeline_by(w, "gfx", first);
	waits_for_fence(w, task, fence(w, ring, 7));
}

TEST(loop_of_ten_thousand_tasks_is_one_report)
{
	struct world *w = linear_world(loop_of_tasks, 10000);

	assert_int_equal(the_report(w, GW_KIND_DEADLOCK)->chain_total, 2 * 10000 + 1);
	assert_int_equal(json_array_size(the_report(w, GW_KIND_DEADLOCK)->cycle), 512);
	assert_int_equal(json_array_size(the_report(w, GW_KIND_DEADLOCK)->nodes), 512);
	/* Two rows of nodes, without the edge between them; the last one leads back to the first. */
	assert_int_equal(json_array_size(the_report(w, GW_KIND_DEADLOCK)->edges), 512 - 1);
	world_free(w);
}

static void independent_loops(struct world *w, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		classic(w, 1000 + 2 * i);
}

TEST(hundred_independent_loops_are_hundred_reports)
{
	struct world *w = linear_world(independent_loops, 100);

	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 100);
	world_free(w);
}

static void flushers_of_a_full_workqueue(struct world *w, uint32_t size)
{
	uint64_t queue = 0xffff8880bbbb0000;
	struct gw_task_record *flusher = kthread(w, 101, "flusher");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", flusher);

	for (uint32_t i = 0; i < size; i++) {
		waits_for_fence(w, worker(w, 1000 + i, 0xffff888000000000 + i * 64, "gpulab_wait [gpulab]", queue),
				fence(w, ring, i));
		queued_inactive(w, 0xffff888100000000 + i * 64, "gpulab_wait [gpulab]", queue, size);
		waits(w, kthread(w, 5000 + i, "flusher"), GW_WAIT_WORKQUEUE, queue);
	}
	waits(w, flusher, GW_WAIT_WORKQUEUE, queue);
}

TEST(many_flushers_of_a_full_workqueue_stay_linear)
{
	struct world *w = linear_world(flushers_of_a_full_workqueue, 2000);

	assert_int_equal(count_reports(w, GW_KIND_DEADLOCK, GW_STATE_ACTIVE), 1);
	world_free(w);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(index_has_all_records_of_a_key_in_order),
		T(index_finds_keys_that_differ_in_their_highest_bits_only),
		T(liveness_is_the_least_fixpoint),
		T(components_are_who_reaches_each_other_and_come_before_who_needs_them),
		T(loop_through_a_node_is_as_short_as_any),
		T(node_is_found_again_among_many),
		T(ten_thousand_tasks_and_a_thousand_victims),
		T(chain_of_twenty_thousand_locks_needs_no_recursion),
		T(loop_of_ten_thousand_tasks_is_one_report),
		T(hundred_independent_loops_are_hundred_reports),
		T(many_flushers_of_a_full_workqueue_stay_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
