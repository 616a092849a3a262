/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that grows, ages for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base/text.h"
#include "lib/base/units.h"

static void assert_age(uint64_t ns, const char *expected)
{
	struct gw_text text = { .data = NULL };
	char *age;

	gw_text_add_age(&text, ns);
	age = gw_text_finish(&text);
	assert_string_equal(age, expected);
	free(age);
}

static void age_has_two_units_at_most(void **state)
{
	assert_age(0, "0 ms");
	assert_age(350 * GW_NSEC_PER_MSEC, "350 ms");
	assert_age(GW_NSEC_PER_SEC - 1, "999 ms");
	assert_age(3290 * GW_NSEC_PER_MSEC, "3.2 s");
	assert_age(100 * GW_NSEC_PER_SEC, "1 min 40 s");
	assert_age(3599 * GW_NSEC_PER_SEC, "59 min 59 s");
	assert_age(7500 * GW_NSEC_PER_SEC, "2 h 5 min");
	assert_age((3 * 86400 + 4 * 3600) * GW_NSEC_PER_SEC, "3 d 4 h");
	assert_age(UINT64_MAX, "213503 d 23 h");
}

static void text_may_be_dropped(void **state)
{
	struct gw_text text = { .data = NULL };

	gw_text_add(&text, "%s", "x");
	gw_text_clear(&text);
	gw_text_clear(&text);
	assert_null(text.data);
	assert_int_equal(text.length, 0);
}

static void after_is_what_follows(void **state)
{
	const char *text = "initcall foo";

	assert_ptr_equal(gw_text_after(text, "initcall "), text + 9);
	assert_string_equal(gw_text_after(text, "initcall foo"), "");
	assert_ptr_equal(gw_text_after(text, ""), text);
	assert_null(gw_text_after(text, "initcall foo "));
	assert_null(gw_text_after(text, "Initcall"));
	assert_null(gw_text_after("", "i"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(age_has_two_units_at_most),
		cmocka_unit_test(text_may_be_dropped),
		cmocka_unit_test(after_is_what_follows),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
