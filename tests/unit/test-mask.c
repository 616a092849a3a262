/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No address of the kernel is left in a text, and what was one thing stays one thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/report/mask.h"

/* By an implementation that gives the eighth vector of the reference, 93f5f5799a932462, for 00 01 .. 07 and this key. */
static void test_number_is_the_siphash_of_the_address(void **state)
{
	const struct gw_mask mask = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
	char text[] = "0xffff888100004000";

	gw_mask_apply(&mask, text);
	assert_string_equal(text, "0x00005e6113ede63f");
}

static void test_addresses_are_replaced_and_nothing_else(void **state)
{
	const struct gw_mask mask = { { 1, 2 } }, other = { { 1, 3 } };
	char text[] =
		"lock:0xffff888100004000 work+0x1c/0x40 0xFFFFffff81234567 0x00007ffe12345678 \"0xffff888100004000\" 0x",
	     again[sizeof(text)], numbers[3][17];

	strcpy(again, text);
	gw_mask_apply(&mask, text);
	assert_null(strstr(text, "0xffff"));
	assert_null(strstr(text, "0xFFFF"));
	assert_non_null(strstr(text, "work+0x1c/0x40"));
	assert_non_null(strstr(text, "0x00007ffe12345678"));
	assert_int_equal(strlen(text), strlen(again));
	memcpy(numbers[0], strstr(text, "0x0000") + 2, 16);
	memcpy(numbers[1], strchr(text, '"') + 3, 16);
	assert_memory_equal(numbers[0], numbers[1], 16);
	gw_mask_apply(&other, again);
	assert_string_not_equal(text, again);
}

static void test_key_lasts_as_long_as_its_file(void **state)
{
	char directory[] = "/tmp/test-mask.XXXXXX", path[64];
	struct gw_mask first, second, third;
	struct stat st;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/key", directory);
	assert_int_equal(gw_mask_load(&first, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(gw_mask_load(&second, path), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(gw_mask_load(&third, path), 0);
	assert_memory_not_equal(&first, &third, sizeof(first));
	unlink(path);
	rmdir(directory);
	assert_true(gw_mask_load(&third, path) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_is_the_siphash_of_the_address),
		cmocka_unit_test(test_addresses_are_replaced_and_nothing_else),
		cmocka_unit_test(test_key_lasts_as_long_as_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
