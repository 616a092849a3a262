/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Twice the input takes about twice the work, not four times: counted operations, on shapes that a file or a machine can have. */
#include "build-snapshot.h"

#include "lib/analysis/words/waits.h"
#include "lib/picture/picture.h"
#include "operations.h"

#define COUNT 1500
#define FACTOR_MOST 3.0 /* of the operations for twice as much; 4 is quadratic */

/* All of them wait for one mutex. */
static void build_queue(struct world *w, uint32_t count)
{
	struct gw_task_record *owner = kthread(w, 1, "owner");
	struct gw_lock_record *lock = lock_of(w, GW_LOCK_MUTEX, owner);

	waits_for_fence(w, owner, fence(w, timeline(w, "gfx"), 7));
	for (uint32_t i = 0; i < count; i++)
		waits_for_lock(w, user_task(w, 10 + i, "victim"), lock, 0);
}

/* Each waits for a mutex that the next one has. */
static void build_chain(struct world *w, uint32_t count)
{
	struct gw_task_record *next = user_task(w, 1, "end");

	for (uint32_t i = 0; i < count; i++) {
		struct gw_task_record *task = user_task(w, 10 + i, "link");

		waits_for_lock(w, task, lock_of(w, GW_LOCK_MUTEX, next), 0);
		next = task;
	}
}

/* All of them wait for fences of one timeline, which two threads signal. */
static void build_timeline(struct world *w, uint32_t count)
{
	struct gw_task_record *signaller = kthread(w, 1, "signaller");
	struct gw_timeline_record *ring = timeline_by(w, "gfx", signaller);

	for (uint32_t i = 0; i < count; i++)
		waits_for_fence(w, user_task(w, 10 + i, "waiter"), fence(w, ring, 100 + i));
}

static uint64_t operations_of_waits(void (*build)(struct world *w, uint32_t count), uint32_t count)
{
	struct world *w = world_new();
	struct gw_snapshot *snapshot;
	uint64_t before;
	json_t *json;

	build(w, count);
	snapshot = snapshot_of(w);
	before = operations();
	json = gw_waits_json(snapshot, GW_WAITS_TRACKED, 0);
	before = operations() - before;
	assert_non_null(json);
	assert_true(json_array_size(json_object_get(json, "waits")) >= count);
	json_decref(json);
	gw_snapshot_free(snapshot);
	world_free(w);
	return before;
}

static void check_waits(void (*build)(struct world *w, uint32_t count))
{
	uint64_t once = operations_of_waits(build, COUNT), twice = operations_of_waits(build, 2 * COUNT);

	if ((double)twice > FACTOR_MOST * (double)once)
		fail_msg("%llu operations for %d waits, %llu for twice as many", (unsigned long long)once, COUNT,
			 (unsigned long long)twice);
}

/* A loop of so many nodes, as a file may have it. */
static json_t *reports_of_a_loop(uint32_t count)
{
	json_t *nodes = json_array(), *edges = json_array(), *cycle = json_array();

	for (uint32_t i = 0; i < count; i++) {
		json_t *id = json_sprintf("task:%u", i), *next = json_sprintf("task:%u", (i + 1) % count);

		assert_int_equal(json_array_append_new(nodes, json_pack("{s:O}", "id", id)), 0);
		assert_int_equal(json_array_append_new(edges, json_pack("{s:O, s:o}", "from", id, "to", next)), 0);
		assert_int_equal(json_array_append_new(cycle, id), 0);
	}
	return json_pack("[{s:o, s:o, s:o}]", "nodes", nodes, "edges", edges, "cycle", cycle);
}

static uint64_t operations_of_pictures(uint32_t count)
{
	json_t *reports = reports_of_a_loop(count);
	FILE *out = fopen("/dev/null", "w");
	uint64_t before = operations();

	assert_non_null(reports);
	assert_non_null(out);
	gw_picture_svg(out, reports, 0);
	gw_picture_html(out, reports, 0);
	gw_picture_dot(out, reports, 0);
	before = operations() - before;
	fclose(out);
	json_decref(reports);
	return before;
}

/* What is drawn has an end: beyond that, more nodes cost what reading them costs. */
static void test_pictures_of_a_loop(void **state)
{
	uint64_t once = operations_of_pictures(4 * COUNT), twice = operations_of_pictures(8 * COUNT);

	if ((double)twice > FACTOR_MOST * (double)once)
		fail_msg("%llu operations for a loop of %d, %llu for one of %d", (unsigned long long)once, 4 * COUNT,
			 (unsigned long long)twice, 8 * COUNT);
}

static void test_waits_in_a_queue(void **state)
{
	check_waits(build_queue);
}

static void test_waits_in_a_chain(void **state)
{
	check_waits(build_chain);
}

static void test_waits_for_a_timeline(void **state)
{
	check_waits(build_timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_in_a_queue),
		cmocka_unit_test(test_waits_in_a_chain),
		cmocka_unit_test(test_waits_for_a_timeline),
		cmocka_unit_test(test_pictures_of_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
