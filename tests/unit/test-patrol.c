/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has been stuck for long without a wait that a program saw begin. */
#include "build-snapshot.h"
#include "daemon/watch/patrol.h"

#define TEST(name) static void name(void **state)

/* One more look, a second after the last one. */
static void patrol(struct gw_patrol *patrol, struct world *w)
{
	struct gw_snapshot *snapshot;

	w->now_ns += SECOND;
	snapshot = snapshot_of(w);
	gw_patrol_update(patrol, snapshot, 10 * SECOND);
	gw_snapshot_free(snapshot);
}

static struct gw_present_record *blocked_task(struct world *w)
{
	struct gw_present_record *record = present(w, 101, "modprobe");

	record->state = TASK_UNINTERRUPTIBLE;
	gpu_module(w, "amdgpu");
	return record;
}

TEST(task_that_stays_blocked_counts_after_long)
{
	struct gw_patrol seen = { .wanted = false };
	struct world *w = world_new();

	blocked_task(w);
	for (unsigned i = 0; i < 10; i++)
		patrol(&seen, w);
	assert_true(seen.wanted);
	assert_int_equal(seen.blocked, 1);
	assert_int_equal(seen.still, 0);
	patrol(&seen, w);
	patrol(&seen, w);
	assert_int_equal(seen.still, 1);
	world_free(w);
}

TEST(task_that_gets_on_begins_anew)
{
	struct gw_patrol seen = { .wanted = false };
	struct world *w = world_new();
	struct gw_present_record *task = blocked_task(w);

	for (unsigned i = 0; i < 9; i++)
		patrol(&seen, w);
	task->state = TASK_INTERRUPTIBLE;
	patrol(&seen, w);
	assert_int_equal(seen.blocked, 0);
	task->state = TASK_UNINTERRUPTIBLE;
	for (unsigned i = 0; i < 9; i++)
		patrol(&seen, w);
	assert_int_equal(seen.still, 0);
	world_free(w);
}

/* Idle threads of the kernel sleep so. */
TEST(sleep_that_does_not_count_as_load_is_none)
{
	struct gw_patrol seen = { .wanted = false };
	struct world *w = world_new();

	blocked_task(w)->state = TASK_UNINTERRUPTIBLE | TASK_NOLOAD;
	patrol(&seen, w);
	assert_int_equal(seen.blocked, 0);
	world_free(w);
}

TEST(tracked_wait_needs_no_patrol)
{
	struct gw_patrol seen = { .wanted = false };
	struct world *w = world_new();

	gpu_module(w, "amdgpu");
	classic(w, 101);
	patrol(&seen, w);
	assert_int_equal(seen.blocked, 0);
	world_free(w);
}

TEST(machine_without_a_gpu_wants_none)
{
	struct gw_patrol seen = { .wanted = true };
	struct world *w = world_new();

	gpu_module(w, "");
	patrol(&seen, w);
	assert_false(seen.wanted);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(task_that_stays_blocked_counts_after_long),
		cmocka_unit_test(task_that_gets_on_begins_anew),
		cmocka_unit_test(sleep_that_does_not_count_as_load_is_none),
		cmocka_unit_test(tracked_wait_needs_no_patrol),
		cmocka_unit_test(machine_without_a_gpu_wants_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
