/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks are the kernel's, in ns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/clock.h"

/* Read before and after: what the module reads lies in between, so unit and clock are right. */
static void read_between(clockid_t clock, uint64_t (*now)(void))
{
	struct timespec before, after;
	uint64_t ns;

	assert_int_equal(clock_gettime(clock, &before), 0);
	ns = now();
	assert_int_equal(clock_gettime(clock, &after), 0);
	assert_in_range(ns, before.tv_sec * 1000000000ULL + before.tv_nsec,
			after.tv_sec * 1000000000ULL + after.tv_nsec);
}

static void monotonic_is_what_records_carry(void **state)
{
	read_between(CLOCK_MONOTONIC, gw_now_mono_ns);
}

static void realtime_is_what_reports_carry(void **state)
{
	read_between(CLOCK_REALTIME, gw_now_real_ns);
}

static void units_agree(void **state)
{
	assert_int_equal(GW_NSEC_PER_USEC * GW_USEC_PER_MSEC, GW_NSEC_PER_MSEC);
	assert_int_equal(GW_NSEC_PER_USEC * GW_USEC_PER_SEC, GW_NSEC_PER_SEC);
	assert_int_equal(GW_NSEC_PER_SEC, 1000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(monotonic_is_what_records_carry),
		cmocka_unit_test(realtime_is_what_reports_carry),
		cmocka_unit_test(units_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
