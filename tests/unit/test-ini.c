/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of [Section] and Key=Value, good ones and others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/ini.h"

static const struct gw_ini_rules rules = { .line_max = 20 };

struct heard {
	char text[2 * GW_INI_LINE_MAX];
	unsigned int stop_at; /* line, 0 = none */
};

static int hear(const struct gw_ini_line *line, void *userdata)
{
	static const char *const kinds[] = { "section", "key", "no section", "no line", "long", "unprintable" };
	struct heard *heard = userdata;
	size_t used = strlen(heard->text);

	assert_non_null(line->text);
	snprintf(heard->text + used, sizeof(heard->text) - used, "%u %s", line->number, kinds[line->kind]);
	used = strlen(heard->text);
	if (line->kind == GW_INI_SECTION)
		snprintf(heard->text + used, sizeof(heard->text) - used, " <%s>", line->name);
	else if (line->kind == GW_INI_ASSIGNMENT)
		snprintf(heard->text + used, sizeof(heard->text) - used, " <%s> <%s>", line->name, line->value);
	else
		snprintf(heard->text + used, sizeof(heard->text) - used, " <%s>", line->text);
	strcat(heard->text, "\n");
	return line->number == heard->stop_at ? -7 : 0;
}

/* As from a file: without a NUL behind it, so that ASan sees a read beyond it. */
static int read_bytes(const char *text, size_t size, const struct gw_ini_rules *by, struct heard *heard)
{
	char *exact = malloc(size ? size : 1);
	int r;

	assert_non_null(exact);
	memcpy(exact, text, size);
	r = gw_ini_read(exact, size, by, hear, heard);
	free(exact);
	return r;
}

static void assert_lines(const char *text, const char *lines)
{
	struct heard heard = { .text = "" };

	assert_int_equal(read_bytes(text, strlen(text), &rules, &heard), 0);
	assert_string_equal(heard.text, lines);
}

static void sections_and_keys(void **state)
{
	assert_lines("[A]\nX=1\n[B c]\nY=2", "1 section <A>\n2 key <X> <1>\n3 section <B c>\n4 key <Y> <2>\n");
}

static void blanks_and_carriage_returns_do_not_count(void **state)
{
	assert_lines(" \t[A] \r\n  X \t= 1 2 \r\n", "1 section <A>\n2 key <X> <1 2>\n");
}

static void comments_and_empty_lines_are_left_out(void **state)
{
	assert_lines("", "");
	assert_lines("# X=1\n; [A]\n\n  \t\n   # y\nX=1 # 2\n", "6 key <X> <1 # 2>\n");
}

static void only_the_first_equals_sign_divides(void **state)
{
	assert_lines("X=a=b\nY=\n=z\n=\n", "1 key <X> <a=b>\n2 key <Y> <>\n3 key <> <z>\n4 key <> <>\n");
}

static void other_lines_are_given_as_they_are(void **state)
{
	assert_lines("word\n[\n[]\n[A\n[A]x\n [ A ] \n",
		     "1 no line <word>\n2 no section <[>\n3 no section <[]>\n4 no section <[A>\n5 no section <[A]x>\n"
		     "6 section < A >\n");
}

static void lines_have_a_length(void **state)
{
	assert_lines("X=345678901234567890\nX=3456789012345678901\n#34567890123456789012\nY=1\n",
		     "1 key <X> <345678901234567890>\n2 long <>\n3 long <>\n4 key <Y> <1>\n");
}

static void longest_line_of_all_is_read(void **state)
{
	static const struct gw_ini_rules widest = { .line_max = GW_INI_LINE_MAX };
	struct heard heard = { .text = "" };
	char line[GW_INI_LINE_MAX + 1];

	memset(line, 'x', sizeof(line));
	assert_int_equal(read_bytes(line, GW_INI_LINE_MAX + 1, &widest, &heard), 0);
	assert_string_equal(heard.text, "1 long <>\n");
	line[1] = '=';
	assert_int_equal(gw_ini_read(line, GW_INI_LINE_MAX, &widest, hear, &(struct heard){ .stop_at = 1 }), -7);
}

static void bytes_that_have_no_place(void **state)
{
	static const struct gw_ini_rules strict = { .line_max = 20, .no_control = true };
	static const char text[] = "X=\x01\nY=\0z\nZ=\t1\r\n# \x1b[31m\n";
	struct heard lenient = { .text = "" }, heard = { .text = "" };

	assert_int_equal(read_bytes(text, sizeof(text) - 1, &rules, &lenient), 0);
	assert_string_equal(lenient.text, "1 key <X> <\x01>\n2 unprintable <>\n3 key <Z> <1>\n");
	assert_int_equal(read_bytes(text, sizeof(text) - 1, &strict, &heard), 0);
	assert_string_equal(heard.text, "1 unprintable <>\n2 unprintable <>\n3 key <Z> <1>\n4 unprintable <>\n");
}

static void reading_ends_when_told_to(void **state)
{
	struct heard heard = { .text = "", .stop_at = 2 };

	assert_int_equal(read_bytes("A=1\nB=2\nC=3\n", 12, &rules, &heard), -7);
	assert_string_equal(heard.text, "1 key <A> <1>\n2 key <B> <2>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_and_keys),
		cmocka_unit_test(blanks_and_carriage_returns_do_not_count),
		cmocka_unit_test(comments_and_empty_lines_are_left_out),
		cmocka_unit_test(only_the_first_equals_sign_divides),
		cmocka_unit_test(other_lines_are_given_as_they_are),
		cmocka_unit_test(lines_have_a_length),
		cmocka_unit_test(longest_line_of_all_is_read),
		cmocka_unit_test(bytes_that_have_no_place),
		cmocka_unit_test(reading_ends_when_told_to),
	};

	return cmocka_run_group_tests_name("ini", tests, NULL, NULL);
}
