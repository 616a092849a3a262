/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a task ran, on kernels whose task clock leaves out interrupts and what a hypervisor took. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bpf/lib/task-clock.h"

#define SECOND 1000000000ULL
#define BOOT (5 * SECOND) /* sched_clock() began so long after CLOCK_MONOTONIC */
#define NOW (100 * SECOND)

/* A run queue of which @left_out ns were not counted. */
static struct run_queue_clocks clocks(uint64_t left_out)
{
	return (struct run_queue_clocks){ NOW - BOOT, NOW - BOOT - left_out };
}

/* What is read of a task that ran at @ran for the last time, when @before ns had been left out on its CPU, and @since ns were since. */
static uint64_t read_of(uint64_t ran, uint64_t before, uint64_t since)
{
	struct run_queue_clocks its = clocks(before + since);

	return task_clock_ran(ran - BOOT - before, &its, NOW - BOOT, NOW);
}

static void both_clocks_are_one(void **state)
{
	assert_int_equal(read_of(60 * SECOND, 0, 0), 60 * SECOND);
}

/* It would seem to have slept for 40 s longer. */
static void interrupts_of_before_make_no_task_older(void **state)
{
	assert_int_equal(read_of(60 * SECOND, 40 * SECOND, 0), 60 * SECOND);
}

/* Those of since are not told from those of before: it is later by as much, and never earlier. */
static void interrupts_of_since_make_it_younger_at_most(void **state)
{
	assert_int_equal(read_of(60 * SECOND, 40 * SECOND, 3 * SECOND), 63 * SECOND);
	assert_int_equal(read_of(60 * SECOND, 0, 50 * SECOND), NOW);
}

/* Its CPU's clock stands while that CPU is idle. */
static void clock_of_an_idle_cpu_stands(void **state)
{
	struct run_queue_clocks its = { 60 * SECOND - BOOT, 60 * SECOND - BOOT - 10 * SECOND };

	assert_int_equal(task_clock_ran(60 * SECOND - BOOT - 10 * SECOND, &its, NOW - BOOT, NOW), 60 * SECOND);
}

static void task_is_not_older_than_the_clock(void **state)
{
	struct run_queue_clocks its = clocks(0);

	assert_int_equal(task_clock_ran(0, &its, NOW - BOOT, NOW - BOOT - 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_clocks_are_one),
		cmocka_unit_test(interrupts_of_before_make_no_task_older),
		cmocka_unit_test(interrupts_of_since_make_it_younger_at_most),
		cmocka_unit_test(clock_of_an_idle_cpu_stands),
		cmocka_unit_test(task_is_not_older_than_the_clock),
	};

	return cmocka_run_group_tests_name("task clock", tests, NULL, NULL);
}
