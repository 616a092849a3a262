/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long resets took by the words of drivers, and the buckets that durations are counted in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/watch/buckets.h"
#include "daemon/watch/resets.h"
#include "daemon/watch/words.h"
#include "lib/base/json.h"

#define TEST(name) static void name(void **state)
#define MSEC 1000000ULL
#define SEC 1000000000ULL

/* What is made of records of /dev/kmsg, as "driver outcome ms" apart by spaces. */
static const char *resets_of(const char *const *log, size_t lines)
{
	static char text[4096];
	struct gw_words *words;
	json_t *list, *row;
	size_t i;

	assert_int_equal(gw_words_new(&words, NULL), 0);
	for (i = 0; i < lines; i++)
		gw_words_add(words, log[i], strlen(log[i]));
	list = gw_resets_json(gw_words_resets(words));
	assert_non_null(list);
	text[0] = '\0';
	json_array_foreach(list, i, row) {
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length, "%s%s %s %lld", i ? ", " : "",
			 gw_json_string(row, "driver"), gw_json_string(row, "outcome"),
			 json_integer_value(json_object_get(row, "sum_ns")) / (long long)MSEC);
	}
	json_decref(list);
	gw_words_free(words);
	return text;
}

#define assert_resets(log, expected) assert_string_equal(resets_of(log, sizeof(log) / sizeof((log)[0])), expected)

/* ---- resets ------------------------------------------------------------------------------ */

TEST(reset_lasts_from_its_first_message_to_its_end)
{
	static const char *const log[] = {
		"4,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
		"6,101,3000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset succeeded, trying to resume",
		"6,102,5500000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(1) succeeded!",
		"6,103,5600000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(1) succeeded!",
	};

	assert_resets(log, "amdgpu succeeded 4500");
}

TEST(reset_that_fails_is_counted_as_such)
{
	static const char *const log[] = {
		"4,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
		"4,101,2000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset end with ret = -62",
		"4,102,9000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
		"4,103,9500000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(2) succeeded!",
	};

	assert_resets(log, "amdgpu failed 1000, amdgpu succeeded 500");
}

TEST(resets_of_two_devices_are_two)
{
	static const char *const log[] = {
		"4,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
		"4,101,2000000,-;amdgpu 0000:83:00.0: amdgpu: GPU reset begin!",
		"4,102,4000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(1) succeeded!",
		"4,103,4500000,-;amdgpu 0000:83:00.0: amdgpu: GPU reset(1) succeeded!",
	};

	assert_resets(log, "amdgpu succeeded 5500");
}

TEST(half_of_a_pair_is_none)
{
	static const char *const end[] = { "4,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(1) succeeded!" };
	static const char *const begin[] = { "4,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!" };
	static const char *const hours[] = {
		"4,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
		"4,101,9000000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(1) succeeded!",
	};

	assert_resets(end, "");
	assert_resets(begin, "");
	assert_resets(hours, "");
}

/* 0 to 7 are the kernel's priorities; with a facility beside it a program wrote the line. */
TEST(reset_that_a_program_writes_about_is_none)
{
	static const char *const log[] = {
		"12,100,1000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset begin!",
		"12,101,2000000,-;amdgpu 0000:03:00.0: amdgpu: GPU reset(1) succeeded!",
	};

	assert_resets(log, "");
}

TEST(many_devices_and_drivers_have_a_bound)
{
	struct gw_resets resets = { .n_rows = 0 };
	json_t *list;

	for (unsigned i = 0; i < 200; i++) {
		char text[64], *device;

		snprintf(text, sizeof(text), "driver%u 0000:%02x:00.0: GPU reset begin", i, i);
		device = strchr(text, ' ') + 1;
		gw_resets_add(&resets, GW_LOG_EVENT_RESET_BEGIN, text, device, 12, i * 1000);
		if (i % 2 == 0)
			gw_resets_add(&resets, GW_LOG_EVENT_RESET_SUCCESS, text, device, 12, i * 1000 + 10);
	}
	assert_int_equal(resets.n_pending, GW_RESETS_PENDING);
	list = gw_resets_json(&resets);
	assert_int_equal(json_array_size(list), GW_RESETS_ROWS - 1);
	assert_string_equal(gw_json_string(json_array_get(list, GW_RESETS_ROWS - 2), "driver"), "other");
	json_decref(list);
}

/* ---- buckets ------------------------------------------------------------------------------ */

TEST(bucket_has_what_took_at_most_its_bound)
{
	struct gw_wait_time buckets = { .sum_ns = 0 };

	gw_buckets_count(&buckets, GW_WAIT_BUCKET_NS(0));
	gw_buckets_count(&buckets, GW_WAIT_BUCKET_NS(0) + 1);
	gw_buckets_count(&buckets, 3600 * SEC);
	assert_int_equal(buckets.counts[0], 1);
	assert_int_equal(buckets.counts[1], 1);
	assert_int_equal(buckets.counts[GW_WAIT_BUCKETS - 1], 1);
	gw_buckets_add(&buckets, &buckets);
	assert_int_equal(buckets.counts[1], 2);
	assert_int_equal(buckets.sum_ns, 2 * (2 * GW_WAIT_BUCKET_NS(0) + 1 + 3600 * SEC));
}

/* The programs leave out what is shorter: the first bucket that may have some must begin there. */
TEST(shortest_invalidation_is_a_bound)
{
	int bound = 0;

	while (bound < GW_WAIT_BUCKETS - 1 && GW_WAIT_BUCKET_NS(bound) != GW_INVALIDATION_NS)
		bound++;
	assert_in_range(bound, 0, GW_WAIT_BUCKETS - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reset_lasts_from_its_first_message_to_its_end),
		cmocka_unit_test(reset_that_fails_is_counted_as_such),
		cmocka_unit_test(resets_of_two_devices_are_two),
		cmocka_unit_test(half_of_a_pair_is_none),
		cmocka_unit_test(reset_that_a_program_writes_about_is_none),
		cmocka_unit_test(many_devices_and_drivers_have_a_bound),
		cmocka_unit_test(bucket_has_what_took_at_most_its_bound),
		cmocka_unit_test(shortest_invalidation_is_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
