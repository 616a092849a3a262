/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON values that every part writes, whatever the kernel's strings hold. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/json.h"

static void assert_text(json_t *json, const char *expected)
{
	assert_string_equal(json_string_value(json), expected);
	json_decref(json);
}

static void text_is_printable_utf8(void **state)
{
	assert_text(gw_json_text(""), "");
	assert_text(gw_json_text("amdgpu"), "amdgpu");
	assert_text(gw_json_text("a\tb\x1b[31m\x7f"), "a?b?[31m?");
	assert_text(gw_json_text("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
	/* cut, overlong, surrogate, beyond the last character, a byte that begins nothing */
	assert_text(gw_json_text("x\xc3"), "x?");
	assert_text(gw_json_text("\xc0\xaf"), "??");
	assert_text(gw_json_text("\xed\xa0\x80"), "???");
	assert_text(gw_json_text("\xf4\x90\x80\x80"), "????");
	assert_text(gw_json_text("\x80z"), "?z");
}

static void grown_text_comes_out_once(void **state)
{
	struct gw_text text = { .data = NULL };

	for (int i = 0; i < 1000; i++)
		gw_text_add(&text, "%d,", i % 10);
	assert_int_equal(text.length, 2000);
	gw_text_clear(&text);
	gw_text_add(&text, "%s\n", "gfx");
	assert_text(gw_text_json(&text), "gfx?");
	assert_null(text.data);
	assert_text(gw_text_json(&text), "");
}

static void numbers_are_never_negative(void **state)
{
	json_t *most = gw_json_number(UINT64_MAX), *zero = gw_json_number(0);

	assert_true(json_integer_value(most) == INT64_MAX);
	assert_true(json_is_integer(zero) && json_integer_value(zero) == 0);
	json_decref(most);
	json_decref(zero);
	assert_text(gw_json_address(UINT64_C(0xffff888012345678)), "0xffff888012345678");
	assert_text(gw_json_address(1), "0x0000000000000001");
}

static void times_are_rfc_3339(void **state)
{
	assert_text(gw_json_time(0), "1970-01-01T00:00:00.000000Z");
	assert_text(gw_json_time(UINT64_C(1763731710123456789)), "2025-11-21T13:28:30.123456Z");
	assert_text(gw_json_time(UINT64_C(1709164799999999999)), "2024-02-28T23:59:59.999999Z");
}

static void failure_is_remembered(void **state)
{
	json_t *object = json_object();
	bool failed = false;

	gw_json_put(object, "a", json_integer(1), &failed);
	assert_false(failed);
	gw_json_put(object, "b", NULL, &failed);
	assert_true(failed);
	gw_json_put(object, "c", json_integer(2), &failed);
	assert_true(failed);
	assert_int_equal(json_object_size(object), 2);
	json_decref(object);
}

static void lines_are_added_whole(void **state)
{
	json_t *array = json_array();
	char longer[2000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(gw_json_add_line(array, "%s: %d\n", longer, 7), 0);
	assert_int_equal(json_string_length(json_array_get(array, 0)), sizeof(longer) - 1 + 4);
	assert_int_equal(gw_json_add_line(NULL, "%s", "nowhere"), -ENOMEM);
	json_decref(array);
}

static void missing_strings_are_empty(void **state)
{
	json_t *object = json_pack("{s:s, s:i, s:n}", "name", "renderD128", "number", 1, "nothing");

	assert_string_equal(gw_json_string(object, "name"), "renderD128");
	assert_string_equal(gw_json_string(object, "number"), "");
	assert_string_equal(gw_json_string(object, "nothing"), "");
	assert_string_equal(gw_json_string(object, "else"), "");
	assert_string_equal(gw_json_string(NULL, "name"), "");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_printable_utf8),     cmocka_unit_test(grown_text_comes_out_once),
		cmocka_unit_test(numbers_are_never_negative), cmocka_unit_test(times_are_rfc_3339),
		cmocka_unit_test(failure_is_remembered),      cmocka_unit_test(lines_are_added_whole),
		cmocka_unit_test(missing_strings_are_empty),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
