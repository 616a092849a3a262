/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What peers of the private socket may send: the stream is cut where D-Bus cuts it, and nothing long gets in. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/serve/intake.h"

#define next(intake, text) gw_intake_next(intake, text, sizeof(text) - 1)

static void test_authentication_passes_by_lines(void **state)
{
	struct gw_intake intake = { 0 };

	assert_int_equal(next(&intake, ""), 0);
	assert_int_equal(next(&intake, "\0AUTH EXTERNAL 30"), 0);
	assert_int_equal(next(&intake, "\0AUTH EXTERNAL 30\r\nNEGOT"), 19);
	assert_int_equal(next(&intake, "NEGOTIATE_UNIX_FD\r\nBEGIN\r\nl\1\0\1"), 26);
	assert_true(intake.running);
	assert_int_equal(next(&intake, "l\1\0\1"), 0);
}

static void test_begin_is_a_line_of_its_own(void **state)
{
	struct gw_intake intake = { 0 };

	assert_int_equal(next(&intake, "\0BEGIN\r\nx"), 8);
	assert_true(intake.running);
	intake = (struct gw_intake){ 0 };
	assert_int_equal(next(&intake, "\0BEGIN \r\n"), 9);
	assert_int_equal(next(&intake, "xBEGIN\r\n"), 8);
	assert_int_equal(next(&intake, "\0BEGIN\r\n"), 8); /* the NUL is the stream's first byte only */
	assert_false(intake.running);
}

static void test_authentication_is_bounded(void **state)
{
	char line[1025], lines[1024];
	struct gw_intake intake = { 0 };

	memset(line, 'x', sizeof(line));
	line[0] = '\0';
	assert_int_equal(gw_intake_next(&intake, line, 1024), 0);
	assert_int_equal(gw_intake_next(&intake, line, 1025), -EMSGSIZE);
	memset(lines, 'x', sizeof(lines));
	lines[0] = '\0';
	memcpy(lines + 1022, "\r\n", 2);
	assert_int_equal(gw_intake_next(&intake, lines, sizeof(lines)), 1024);
	assert_int_equal(next(&intake, "x"), -EMSGSIZE);
	intake = (struct gw_intake){ 0 };
	assert_int_equal(next(&intake, "GET / HTTP/1.1\r\n"), -EPROTO);
}

static long next_header(const char *header)
{
	struct gw_intake intake = { .running = true };
	char data[GW_INTAKE_MAX] = { 0 };

	memcpy(data, header, 16);
	return gw_intake_next(&intake, data, sizeof(data));
}

static void test_message_passes_as_a_whole(void **state)
{
	static const char call[32] = "l\1\0\1\4\0\0\0\1\0\0\0\5\0\0";
	struct gw_intake intake = { .running = true };

	assert_int_equal(gw_intake_next(&intake, call, 15), 0);
	assert_int_equal(gw_intake_next(&intake, call, 27), 0);
	assert_int_equal(gw_intake_next(&intake, call, 28), 28); /* 16, fields of 5 padded to 8, a body of 4 */
	assert_int_equal(gw_intake_next(&intake, call, 32), 28);
	assert_int_equal(next_header("B\1\0\1\0\0\0\4\0\0\0\1\0\0\0\5"), 28);
}

static void test_message_is_bounded(void **state)
{
	assert_int_equal(next_header("l\1\0\1\xf0\x0f\0\0\1\0\0\0\0\0\0"), 4096);
	assert_int_equal(next_header("l\1\0\1\xf1\x0f\0\0\1\0\0\0\0\0\0"), -EMSGSIZE);
	assert_int_equal(next_header("l\1\0\1\xff\xff\xff\x7f\1\0\0\0\0\0\0"), -EMSGSIZE);
	assert_int_equal(next_header("l\1\0\1\xff\xff\xff\xff\1\0\0\0\xff\xff\xff\xff"), -EMSGSIZE); /* no sum wraps */
	assert_int_equal(next_header("l\1\0\1\0\0\0\0\1\0\0\0\xf1\x0f\0"), -EMSGSIZE);
	assert_int_equal(next_header("x\1\0\1\0\0\0\0\1\0\0\0\0\0\0"), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_authentication_passes_by_lines),
		cmocka_unit_test(test_begin_is_a_line_of_its_own),
		cmocka_unit_test(test_authentication_is_bounded),
		cmocka_unit_test(test_message_passes_as_a_whole),
		cmocka_unit_test(test_message_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
