/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cards of the last boots: three of them, whatever was in the file before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/boot/kept/cards.h"
#include "lib/base/json.h"

#define TEST(name) static void name(void **state)

static char directory[] = "/tmp/test-cards.XXXXXX", path[64];

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/cards", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(path);
	return rmdir(directory);
}

static int remove_file(void **state)
{
	unlink(path);
	return 0;
}

static void keep(const char *boot_id, const char *driver)
{
	json_t *cards = json_pack("[{s:i, s:s, s:s}]", "minor", 0, "driver", driver, "device", "gpu.0");

	assert_int_equal(gw_cards_keep(directory, boot_id, cards), 0);
	json_decref(cards);
}

static void assert_previous(const char *boot_id, const char *before, const char *driver)
{
	json_t *previous = gw_cards_previous(directory, boot_id);

	assert_non_null(previous);
	assert_string_equal(gw_json_string(previous, "boot_id"), before);
	assert_string_equal(gw_json_string(json_array_get(json_object_get(previous, "cards"), 0), "driver"), driver);
	json_decref(previous);
}

TEST(nothing_is_kept)
{
	json_t *none = json_array();

	assert_null(gw_cards_previous(directory, "a"));
	assert_null(gw_cards_previous("/nonexistent", "a"));
	assert_int_equal(gw_cards_keep(directory, "a", none), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	json_decref(none);
}

TEST(last_boot_counts)
{
	keep("a", "orion");
	assert_null(gw_cards_previous(directory, "a"));
	assert_previous("b", "a", "orion");
	keep("b", "simpledrm");
	/* This boot's later look takes the place of its earlier one. */
	keep("b", "vega");
	assert_previous("b", "a", "orion");
	assert_previous("c", "b", "vega");
}

TEST(three_boots)
{
	json_error_t error;
	json_t *boots;

	for (char boot[2] = "a"; *boot <= 'f'; (*boot)++)
		keep(boot, "orion");
	boots = json_load_file(path, 0, &error);
	assert_int_equal(json_array_size(boots), GW_CARDS_BOOTS);
	assert_string_equal(gw_json_string(json_array_get(boots, 0), "boot_id"), "d");
	json_decref(boots);
}

TEST(file_that_is_something_else)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs("{\"boots\":", file);
	fclose(file);
	assert_null(gw_cards_previous(directory, "a"));
	keep("a", "orion");
	assert_previous("b", "a", "orion");
}

TEST(directory_that_is_not_there)
{
	json_t *cards = json_pack("[{s:i}]", "minor", 0);

	assert_int_equal(gw_cards_keep("/nonexistent", "a", cards), -ENOENT);
	json_decref(cards);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_is_kept, remove_file),
		cmocka_unit_test_teardown(last_boot_counts, remove_file),
		cmocka_unit_test_teardown(three_boots, remove_file),
		cmocka_unit_test_teardown(file_that_is_something_else, remove_file),
		cmocka_unit_test(directory_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
