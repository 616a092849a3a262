/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schedule: when the daemon looks at the kernel, how deep, and when it sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/watch/schedule.h"

#define TEST(name) static void name(void **state)
#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)
#define NEVER UINT64_MAX

static const struct gw_pace pace = { .min_wait_ns = 500 * MS, .interval_ns = 250 * MS };

/* A daemon without a kernel: what waits there, what a look finds, how long it takes. */
struct scene {
	struct gw_schedule schedule;
	uint64_t now_ns;
	uint64_t active_waits; /* as the kernel counts them */
	uint64_t took_ns;
	struct gw_findings findings;
	bool fails;
	enum gw_depth depth; /* of the last look */
	enum gw_wake wake;   /* of the last plan */
	unsigned looks;
};

static void scene_plan(struct scene *scene)
{
	scene->wake = gw_schedule_plan(&scene->schedule, scene->now_ns, scene->active_waits);
	if (scene->wake == GW_WAKE_ONLY)
		gw_schedule_armed(&scene->schedule, scene->now_ns, scene->active_waits);
}

/* The timer goes off: does what the scheduler does. Returns how long that was after the last time. */
static uint64_t scene_fire(struct scene *scene)
{
	uint64_t before = scene->now_ns;

	assert_true(scene->schedule.due_ns != NEVER);
	if (scene->schedule.due_ns > scene->now_ns)
		scene->now_ns = scene->schedule.due_ns;
	before = scene->now_ns - before;
	if (gw_schedule_depth(&scene->schedule, scene->now_ns, scene->active_waits, &scene->depth)) {
		scene->now_ns += scene->took_ns;
		scene->looks++;
		gw_schedule_looked(&scene->schedule, scene->depth, scene->now_ns - scene->took_ns, scene->now_ns,
				   scene->fails ? NULL : &scene->findings);
	}
	scene_plan(scene);
	return before;
}

/* Just started, on a machine where nothing waits. */
static struct scene started(void)
{
	struct scene scene = { .now_ns = 100 * SECOND };

	gw_schedule_init(&scene.schedule, &pace, scene.now_ns);
	return scene;
}

/* The two full looks of the start are over, and nothing is due. */
static struct scene asleep(void)
{
	struct scene scene = started();

	scene_fire(&scene);
	scene_fire(&scene);
	assert_int_equal(scene.schedule.due_ns, NEVER);
	assert_string_equal(gw_schedule_state(&scene.schedule), "asleep");
	return scene;
}

static void old_wait_stands(struct scene *scene, uint64_t identity)
{
	scene->active_waits = 1;
	scene->findings = (struct gw_findings){ .old_waits = 1, .identity = identity };
}

TEST(start_is_two_full_looks_and_then_sleep)
{
	struct scene scene = started();

	assert_int_equal(scene_fire(&scene), 0);
	assert_int_equal(scene.depth, GW_LOOK_FULL);
	assert_int_equal(scene_fire(&scene), 2 * SECOND);
	assert_int_equal(scene.depth, GW_LOOK_FULL);
	assert_int_equal(scene.wake, GW_WAKE_ONLY);
	assert_int_equal(scene.schedule.due_ns, NEVER);
}

/* Before that, "nothing is stuck" is no answer. */
TEST(ready_is_a_look_that_saw_nothing_or_two)
{
	struct scene scene = started();

	assert_false(gw_schedule_ready(&scene.schedule));
	scene.fails = true;
	scene_fire(&scene);
	assert_false(gw_schedule_ready(&scene.schedule));
	scene.fails = false;
	scene.findings.wants_more = true;
	scene_fire(&scene);
	assert_false(gw_schedule_ready(&scene.schedule));
	scene_fire(&scene);
	assert_true(gw_schedule_ready(&scene.schedule));
	scene = started();
	scene_fire(&scene);
	assert_true(gw_schedule_ready(&scene.schedule));
}

TEST(full_looks_go_on_while_a_report_rests_on_waits_that_only_they_show)
{
	struct scene scene = started();

	scene.findings = (struct gw_findings){ .wants_more = true, .older_than_programs = true };
	for (unsigned full = 0; full < 4;) {
		scene_fire(&scene);
		full += scene.depth == GW_LOOK_FULL;
		assert_true(scene.looks < 100);
	}
	scene.findings = (struct gw_findings){ 0 };
	do
		scene_fire(&scene);
	while (scene.schedule.due_ns != NEVER);
}

/* Nothing wakes the daemon for a driver's sleep that no program tracks. */
TEST(stuck_task_that_nothing_wakes_for_brings_two_full_looks)
{
	struct scene scene = started();
	unsigned full = 0;

	scene.findings.patrols = true;
	scene_fire(&scene);
	scene_fire(&scene);
	assert_string_equal(gw_schedule_state(&scene.schedule), "asleep");
	assert_int_equal(scene_fire(&scene), 15 * SECOND);
	assert_int_equal(scene.depth, GW_LOOK_TRACKED);
	scene.findings.blocked = 1;
	assert_int_equal(scene_fire(&scene), 15 * SECOND);
	assert_int_equal(scene_fire(&scene), 5 * SECOND);
	scene.findings.still = 1;
	scene_fire(&scene);
	for (unsigned i = 0; i < 6; i++) {
		scene_fire(&scene);
		full += scene.depth == GW_LOOK_FULL;
	}
	assert_int_equal(full, 2);
	assert_int_equal(scene_fire(&scene), 15 * SECOND);
}

TEST(machine_without_a_gpu_is_not_patrolled)
{
	struct scene scene = started();

	scene.findings.blocked = scene.findings.still = 1;
	scene_fire(&scene);
	scene_fire(&scene);
	assert_true(scene.schedule.due_ns == NEVER);
}

TEST(full_look_that_fails_is_repeated)
{
	struct scene scene = started();

	scene.fails = true;
	for (int i = 0; i < 5; i++) {
		scene_fire(&scene);
		assert_int_equal(scene.depth, GW_LOOK_FULL);
	}
	scene.fails = false;
	scene_fire(&scene);
	assert_int_equal(scene.schedule.due_ns, NEVER);
}

TEST(wait_that_begins_is_looked_at_when_it_may_be_old)
{
	struct scene scene = asleep();

	scene.now_ns += 3600 * SECOND;
	scene.active_waits = 1;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns);
	assert_int_equal(scene.depth, GW_LOOK_TRACKED);
}

TEST(wait_that_ended_before_its_look_costs_none)
{
	struct scene scene = asleep();
	unsigned looks = scene.looks;

	scene.now_ns += 3600 * SECOND;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	scene_fire(&scene);
	assert_int_equal(scene.looks, looks);
	assert_int_equal(scene.schedule.due_ns, NEVER);
}

/* The kernel wakes nobody before it is armed: such a wait would stand for ever without a look. */
TEST(wait_that_began_just_before_the_arming_is_looked_at)
{
	struct scene scene = asleep();

	scene.now_ns += 3600 * SECOND;
	assert_int_equal(gw_schedule_plan(&scene.schedule, scene.now_ns, 0), GW_WAKE_ONLY);
	gw_schedule_armed(&scene.schedule, scene.now_ns, 1);
	assert_int_equal(scene.schedule.due_ns, scene.now_ns + pace.min_wait_ns);
}

/* The same, when a hundred looks have found nothing: the next one must not be due in ten seconds. */
TEST(wait_that_began_just_before_the_arming_is_looked_at_soon_after_long_idling)
{
	struct scene scene = asleep();

	scene.active_waits = 1;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	for (int i = 0; i < 30; i++)
		scene_fire(&scene);
	assert_string_equal(gw_schedule_state(&scene.schedule), "idling");
	assert_int_equal(gw_schedule_plan(&scene.schedule, scene.now_ns, 0), GW_WAKE_ONLY);
	gw_schedule_armed(&scene.schedule, scene.now_ns, 1);
	assert_int_equal(scene.schedule.due_ns, scene.now_ns + pace.min_wait_ns);
}

TEST(looks_become_rarer_while_the_same_waits_stand_and_never_stop)
{
	struct scene scene = asleep();
	uint64_t longest = 0;

	old_wait_stands(&scene, 1);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns);
	for (int i = 0; i < 6; i++)
		scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns);
	for (int i = 0; i < 1000; i++) {
		uint64_t pause = scene_fire(&scene);

		longest = pause > longest ? pause : longest;
	}
	assert_int_equal(longest, SECOND);
	assert_int_equal(scene.wake, GW_WAKE_TOO);
	assert_string_equal(gw_schedule_state(&scene.schedule), "idling");
}

TEST(wait_that_becomes_old_makes_looks_frequent_again)
{
	struct scene scene = asleep();

	old_wait_stands(&scene, 1);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	for (int i = 0; i < 50; i++)
		scene_fire(&scene);
	old_wait_stands(&scene, 2);
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns);
	assert_string_equal(gw_schedule_state(&scene.schedule), "looking");
}

TEST(wake_event_while_idling_brings_the_look_forward)
{
	struct scene scene = asleep();

	scene.active_waits = 1; /* only the kernel's count says so: rarest */
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	for (int i = 0; i < 50; i++)
		scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), 10 * SECOND);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns);
}

TEST(wake_event_never_puts_a_look_off)
{
	struct scene scene = asleep();
	uint64_t due;

	old_wait_stands(&scene, 1);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	due = scene.schedule.due_ns;
	for (int i = 0; i < 100; i++)
		gw_schedule_woke(&scene.schedule, scene.now_ns + (uint64_t)i * MS);
	assert_int_equal(scene.schedule.due_ns, due);
}

/* The look in between does not see it, and the next one would be late for it. */
TEST(wait_that_begins_between_rare_looks_is_looked_at_when_it_may_be_old)
{
	struct scene scene = asleep();
	uint64_t began;

	old_wait_stands(&scene, 1);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	for (int i = 0; i < 6; i++)
		scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns);
	assert_int_equal(scene.wake, GW_WAKE_TOO);
	began = scene.now_ns += 100 * MS;
	gw_schedule_woke(&scene.schedule, began);
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns - 100 * MS);
	assert_int_equal(scene_fire(&scene), pace.interval_ns); /* not sooner */
	assert_true(scene.now_ns >= began + pace.min_wait_ns);
	/* And after that as ever. */
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns);
}

TEST(candidate_and_new_report_are_looked_at_often)
{
	struct scene scene = asleep();

	old_wait_stands(&scene, 1);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	for (int i = 0; i < 50; i++)
		scene_fire(&scene);
	scene.findings.wants_more = true; /* a lock's owner has exited: no new wait */
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns);
	assert_int_equal(scene.wake, GW_WAKE_UNNEEDED);
	for (int i = 0; i < 10; i++)
		assert_true(scene_fire(&scene) <= pace.min_wait_ns);
	assert_int_equal(scene.wake, GW_WAKE_TOO); /* looks are rarer by now: a new wait would be seen late */
}

TEST(looks_become_rarer_while_a_report_stands_and_see_its_end_within_two_seconds)
{
	struct scene scene = asleep();
	uint64_t begin;

	old_wait_stands(&scene, 1);
	scene.findings.wants_more = true;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	for (int i = 0; i < 50; i++)
		scene_fire(&scene);
	assert_string_equal(gw_schedule_state(&scene.schedule), "looking");
	begin = scene.now_ns;
	scene.looks = 0;
	while (scene.now_ns < begin + 60 * SECOND)
		assert_true(scene_fire(&scene) < 2 * SECOND - pace.interval_ns);
	assert_in_range(scene.looks, 30, 45);
	/* A candidate beside it, without a new wait, is confirmed as soon as one alone. */
	for (scene.findings.candidate = 1; scene.findings.candidate <= 2; scene.findings.candidate++) {
		scene_fire(&scene);
		assert_int_equal(scene_fire(&scene), pace.interval_ns);
		for (int i = 0; i < 20; i++)
			scene_fire(&scene);
	}
	/* A new wait is looked at as soon as it is old. */
	assert_int_equal(scene.wake, GW_WAKE_TOO);
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	assert_int_equal(scene_fire(&scene), pace.min_wait_ns);
}

/* One that takes long does not make the report late, for which two are needed. */
TEST(interval_is_from_begin_to_begin)
{
	struct scene scene = asleep();

	old_wait_stands(&scene, 1);
	scene.findings.wants_more = true;
	scene.took_ns = 60 * MS;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns - 60 * MS);
	scene.took_ns = 150 * MS;
	assert_int_equal(scene_fire(&scene), pace.interval_ns - 60 * MS);
	assert_int_equal(scene_fire(&scene), 150 * MS);
}

/* One that is old already is confirmed after half an interval, one that is not as soon as it is. */
TEST(candidate_is_confirmed_as_soon_as_it_can_be)
{
	struct scene scene = asleep();

	old_wait_stands(&scene, 1);
	scene.findings.wants_more = true;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	scene_fire(&scene);
	scene.findings.confirm_ns = scene.now_ns;
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns / 2);
	scene.findings.confirm_ns = scene.now_ns + 540 * MS;
	while (scene.now_ns + pace.interval_ns < scene.findings.confirm_ns)
		scene_fire(&scene);
	scene_fire(&scene);
	assert_int_equal(scene.now_ns, scene.findings.confirm_ns);
	scene.findings.confirm_ns = 0;
	scene.findings.candidate++; /* looks become rarer otherwise */
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns);
	/* A look that fails has found none. */
	scene.findings.confirm_ns = scene.now_ns;
	scene_fire(&scene);
	scene.fails = true;
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), pace.interval_ns);
}

/* Half the time is the machine's, though, even if each look finds a candidate. */
TEST(candidates_without_end_leave_as_much_time_as_looks_take)
{
	struct scene scene = asleep();

	old_wait_stands(&scene, 1);
	scene.findings.wants_more = true;
	scene.findings.confirm_ns = scene.now_ns;
	scene.took_ns = 100 * MS;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	scene_fire(&scene);
	for (scene.findings.candidate = 2; scene.findings.candidate < 10; scene.findings.candidate++)
		assert_int_equal(scene_fire(&scene), 100 * MS);
}

TEST(look_that_takes_long_is_followed_by_as_long_a_pause)
{
	struct scene scene = asleep();

	old_wait_stands(&scene, 1);
	scene.findings.wants_more = true;
	scene.took_ns = 7 * SECOND;
	gw_schedule_woke(&scene.schedule, scene.now_ns);
	scene_fire(&scene);
	assert_int_equal(scene_fire(&scene), 7 * SECOND);
}

TEST(requested_looks_are_all_made_at_everything_although_nothing_waits)
{
	struct scene scene = asleep();
	unsigned looks = scene.looks;

	scene.now_ns += 60 * SECOND;
	gw_schedule_request(&scene.schedule, 2, scene.now_ns);
	gw_schedule_request(&scene.schedule, 1, scene.now_ns); /* the two serve this one, too */
	assert_int_equal(scene_fire(&scene), 0);
	assert_int_equal(scene.depth, GW_LOOK_ALL);
	assert_int_equal(scene_fire(&scene), 300 * MS);
	assert_int_equal(scene.depth, GW_LOOK_ALL);
	assert_int_equal(scene.looks, looks + 2);
	assert_int_equal(scene.schedule.requested, 0);
	assert_int_equal(scene.schedule.due_ns, NEVER);
}

/* Whoever asked waits for the count to come down. */
TEST(requested_look_that_fails_counts_as_made)
{
	struct scene scene = asleep();

	scene.fails = true;
	gw_schedule_request(&scene.schedule, 1, scene.now_ns);
	scene_fire(&scene);
	assert_int_equal(scene.schedule.requested, 0);
}

TEST(requests_one_after_the_other_do_not_make_looks_faster_than_the_pace)
{
	struct scene scene = asleep();

	for (int i = 0; i < 20; i++) {
		gw_schedule_request(&scene.schedule, 1, scene.now_ns);
		if (i > 0)
			assert_int_equal(scene_fire(&scene), pace.interval_ns);
		else
			scene_fire(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(start_is_two_full_looks_and_then_sleep),
		cmocka_unit_test(ready_is_a_look_that_saw_nothing_or_two),
		cmocka_unit_test(full_looks_go_on_while_a_report_rests_on_waits_that_only_they_show),
		cmocka_unit_test(stuck_task_that_nothing_wakes_for_brings_two_full_looks),
		cmocka_unit_test(machine_without_a_gpu_is_not_patrolled),
		cmocka_unit_test(full_look_that_fails_is_repeated),
		cmocka_unit_test(wait_that_begins_is_looked_at_when_it_may_be_old),
		cmocka_unit_test(wait_that_ended_before_its_look_costs_none),
		cmocka_unit_test(wait_that_began_just_before_the_arming_is_looked_at),
		cmocka_unit_test(wait_that_began_just_before_the_arming_is_looked_at_soon_after_long_idling),
		cmocka_unit_test(looks_become_rarer_while_the_same_waits_stand_and_never_stop),
		cmocka_unit_test(wait_that_becomes_old_makes_looks_frequent_again),
		cmocka_unit_test(wake_event_while_idling_brings_the_look_forward),
		cmocka_unit_test(wake_event_never_puts_a_look_off),
		cmocka_unit_test(wait_that_begins_between_rare_looks_is_looked_at_when_it_may_be_old),
		cmocka_unit_test(candidate_and_new_report_are_looked_at_often),
		cmocka_unit_test(looks_become_rarer_while_a_report_stands_and_see_its_end_within_two_seconds),
		cmocka_unit_test(interval_is_from_begin_to_begin),
		cmocka_unit_test(candidate_is_confirmed_as_soon_as_it_can_be),
		cmocka_unit_test(candidates_without_end_leave_as_much_time_as_looks_take),
		cmocka_unit_test(look_that_takes_long_is_followed_by_as_long_a_pause),
		cmocka_unit_test(requested_looks_are_all_made_at_everything_although_nothing_waits),
		cmocka_unit_test(requested_look_that_fails_counts_as_made),
		cmocka_unit_test(requests_one_after_the_other_do_not_make_looks_faster_than_the_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
