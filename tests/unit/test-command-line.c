/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel command line, read as the kernel reads it: each case is what next_arg() and its callers make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/command-line.h"

#define TEST(name) static void name(void **state)

/* "[NAME][NAME=VALUE]...": the parameters, each in brackets. */
static const char *parsed(const char *line)
{
	static char text[512];
	struct gw_parameter parameter;
	size_t n = 0;

	text[0] = '\0';
	while (gw_command_line_next(&line, &parameter)) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[%.*s", (int)parameter.name_length, parameter.name);
		if (parameter.value)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "=%.*s", (int)parameter.value_length,
					      parameter.value);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "]");
	}
	return text;
}

static const char *value_of(const char *line, const char *name)
{
	static char text[64];

	gw_command_line_text(line, name, text, sizeof(text));
	return text;
}

/* ---- what a parameter is ---------------------------------------------------------------------- */

TEST(blanks_separate_parameters)
{
	assert_string_equal(parsed("  quiet\troot=/dev/vda  ro\n"), "[quiet][root=/dev/vda][ro]");
	assert_string_equal(parsed("a\vb\fc\rd"), "[a][b][c][d]");
	assert_string_equal(parsed("a\xa0"
				   "b"),
			    "[a][b]"); /* the kernel's isspace() */
	assert_string_equal(parsed(""), "");
	assert_string_equal(parsed(" \n"), "");
	assert_string_equal(parsed(NULL), "");
}

TEST(value_is_what_follows_the_first_equals_sign)
{
	assert_string_equal(parsed("a=b=c d= e"), "[a=b=c][d=][e]");
	assert_string_equal(parsed("=x =y=z"), "[=x][=y=z]");
}

TEST(blanks_in_quotes_do_not_separate)
{
	assert_string_equal(parsed("dyndbg=\"file drivers/base/* +p\" ro"), "[dyndbg=file drivers/base/* +p][ro]");
	assert_string_equal(parsed("\"dyndbg=file a +p\" ro"), "[dyndbg=file a +p][ro]");
	assert_string_equal(parsed("\"two words\" ro"), "[two words][ro]");
	assert_string_equal(parsed("x=a\"b c\"d ro"), "[x=a\"b c\"d][ro]");
}

TEST(quotes_around_a_parameter_or_its_value_are_no_part_of_it)
{
	assert_string_equal(parsed("a=\"b\" \"c=d\" \"e\" f=\"\" \"\""), "[a=b][c=d][e][f=][]");
	assert_string_equal(parsed("a=b\""), "[a=b\"]"); /* one that nothing closes */
}

TEST(quotes_that_nothing_closes_go_to_the_end)
{
	assert_string_equal(parsed("a=\"b c"), "[a=b c]");
	assert_string_equal(parsed("\"a b=c d"), "[a b=c d]");
	assert_string_equal(parsed("a=\""), "[a=]");
	assert_string_equal(parsed("\""), "[]");
}

TEST(two_dashes_end_the_kernels_parameters)
{
	assert_string_equal(parsed("quiet -- single initcall_debug"), "[quiet]");
	assert_string_equal(parsed("quiet \"--\" single"), "[quiet]");
	assert_string_equal(parsed("--x --=1 ---"), "[--x][--=1][---]");
	assert_false(gw_command_line_switch("ro -- initcall_debug", "initcall_debug"));
}

/* ---- names ------------------------------------------------------------------------------------- */

TEST(dash_and_underscore_are_the_same_in_names)
{
	assert_string_equal(value_of("orion-gpu.async-probe=1", "orion_gpu.async_probe"), "1");
	assert_string_equal(value_of("orion_gpu.async_probe=1", "orion-gpu.async-probe"), "1");
	assert_true(gw_command_line_switch("initcall-debug", "initcall_debug"));
	assert_string_equal(value_of("a=b-c_d", "a"), "b-c_d"); /* not in values */
}

TEST(names_are_whole_words)
{
	assert_string_equal(value_of("amd_iommu=off iommu.strict=1 iommux=2", "iommu"), "");
	assert_false(gw_command_line_switch("noinitcall_debug initcall_debugs initcall_debu", "initcall_debug"));
	assert_string_equal(value_of("Iommu=pt", "iommu"), ""); /* capitals count */
}

/* drivers/base/dd.c: module parameters of what is built in carry the module's name. */
TEST(parameters_of_modules_are_named_after_them)
{
	assert_true(gw_command_line_switch("radeon.async_probe ro", "radeon.async_probe"));
	assert_false(gw_command_line_switch("amdgpu.async_probe async_probe", "radeon.async_probe"));
}

TEST(what_is_in_a_quoted_value_is_no_parameter)
{
	const char *line = "dyndbg=\"file dd.c +p; deferred_probe_timeout=3 initcall_debug\" ro";

	assert_int_equal(gw_command_line_int(line, "deferred_probe_timeout", 10), 10);
	assert_false(gw_command_line_switch(line, "initcall_debug"));
}

/* ---- values -------------------------------------------------------------------------------------- */

TEST(last_one_wins)
{
	struct gw_parameter parameter;

	assert_string_equal(value_of("iommu=off ro iommu=pt", "iommu"), "pt");
	assert_string_equal(value_of("iommu=off iommu", "iommu"), "");
	assert_int_equal(gw_command_line_int("t=5 t=30", "t", 10), 30);
	assert_false(gw_command_line_switch("d d=0", "d"));
	assert_true(gw_command_line_switch("d=0 d", "d"));
	assert_false(gw_command_line_find("a b", "c", &parameter));
}

/* A handler that refuses a value leaves what an earlier one has set. */
TEST(what_cannot_be_understood_does_not_count)
{
	assert_int_equal(gw_command_line_int("t=5 t=soon t= t t=7s t=0x10", "t", 10), 5);
	assert_int_equal(gw_command_line_int("t=99999999999", "t", 10), 10);
	assert_int_equal(gw_command_line_int("t=99999999999999999999999", "t", 10), 10);
	assert_true(gw_command_line_switch("d=1 d=maybe d=", "d"));
}

TEST(numbers_are_kstrtoints)
{
	assert_int_equal(gw_command_line_int("t=-1", "t", 10), -1);
	assert_int_equal(gw_command_line_int("t=+8", "t", 10), 8);
	assert_int_equal(gw_command_line_int("t=-+8", "t", 10), 10);
	assert_int_equal(gw_command_line_int("t=\" 8\"", "t", 10), 10);
	assert_int_equal(gw_command_line_int("t=010", "t", 1), 10);
	assert_int_equal(gw_command_line_int("t=2147483647", "t", 1), INT_MAX);
	assert_int_equal(gw_command_line_int("t=-2147483648", "t", 1), INT_MIN);
	assert_int_equal(gw_command_line_int("t=2147483648", "t", 1), 1);
	assert_int_equal(gw_command_line_int(NULL, "t", 1), 1);
}

TEST(booleans_are_kstrtobools)
{
	static const char *const yes[] = { "y", "Y", "yes", "1", "on", "ON", "t", "true", "10" };
	static const char *const no[] = { "n", "No", "0", "off", "oF", "f", "False" };
	char line[64];

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		snprintf(line, sizeof(line), "d=0 d=%s", yes[i]);
		assert_true(gw_command_line_switch(line, "d"));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		snprintf(line, sizeof(line), "d=1 d=%s", no[i]);
		assert_false(gw_command_line_switch(line, "d"));
	}
	assert_false(gw_command_line_switch("d=o d=2", "d"));
}

TEST(long_value_is_cut)
{
	char text[4];

	gw_command_line_text("a=abcdef", "a", text, sizeof(text));
	assert_string_equal(text, "abc");
}

TEST(items_of_a_list)
{
	struct gw_parameter parameter;
	const char *item;
	size_t length;

	assert_true(gw_command_line_find("l=a,,bcd, x", "l", &parameter));
	assert_true(gw_parameter_next_item(&parameter, &item, &length));
	assert_true(length == 1 && item[0] == 'a');
	assert_true(gw_parameter_next_item(&parameter, &item, &length));
	assert_int_equal(length, 0);
	assert_true(gw_parameter_next_item(&parameter, &item, &length));
	assert_true(length == 3 && memcmp(item, "bcd", 3) == 0);
	assert_false(gw_parameter_next_item(&parameter, &item, &length));
	assert_true(gw_command_line_find("l", "l", &parameter));
	assert_false(gw_parameter_next_item(&parameter, &item, &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blanks_separate_parameters),
		cmocka_unit_test(value_is_what_follows_the_first_equals_sign),
		cmocka_unit_test(blanks_in_quotes_do_not_separate),
		cmocka_unit_test(quotes_around_a_parameter_or_its_value_are_no_part_of_it),
		cmocka_unit_test(quotes_that_nothing_closes_go_to_the_end),
		cmocka_unit_test(two_dashes_end_the_kernels_parameters),
		cmocka_unit_test(dash_and_underscore_are_the_same_in_names),
		cmocka_unit_test(names_are_whole_words),
		cmocka_unit_test(parameters_of_modules_are_named_after_them),
		cmocka_unit_test(what_is_in_a_quoted_value_is_no_parameter),
		cmocka_unit_test(last_one_wins),
		cmocka_unit_test(what_cannot_be_understood_does_not_count),
		cmocka_unit_test(numbers_are_kstrtoints),
		cmocka_unit_test(booleans_are_kstrtobools),
		cmocka_unit_test(long_value_is_cut),
		cmocka_unit_test(items_of_a_list),
	};

	return cmocka_run_group_tests_name("command-line", tests, NULL, NULL);
}
