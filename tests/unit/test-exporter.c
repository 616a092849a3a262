/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The exporter's parts without a network: ?since=, and how long a connection may live. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "exporter/deadline.h"
#include "exporter/since.h"
#include "lib/base/json.h"
#include "lib/base/units.h"

static void assert_since(const char *text, uint64_t expected)
{
	uint64_t ns = 1;

	assert_int_equal(gw_since_parse(text, &ns), 0);
	assert_int_equal(ns, expected);
}

static void since_is_a_time(void **state)
{
	assert_since("1970-01-01T00:00:00Z", 0);
	assert_since("2025-11-21T10:19:03Z", UINT64_C(1763720343) * GW_NSEC_PER_SEC);
	assert_since("2025-11-21T10:19:03.25Z", UINT64_C(1763720343250000000));
	assert_since("1763720343", UINT64_C(1763720343000000000));
	assert_since("1763720343.0000000019", UINT64_C(1763720343000000001));
}

static void since_is_nothing_else(void **state)
{
	static const char *const wrong[] = { "",
					     "yesterday",
					     "-1",
					     "1.",
					     "1x",
					     "2025-11-21",
					     "2025-11-21T10:19:03",
					     "2025-11-21T10:19:03+01:00",
					     "2025-13-01T00:00:00Z",
					     "99999999999999999999",
					     "1763720343Z",
					     " 1" };
	uint64_t ns;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(gw_since_parse(wrong[i], &ns), -EINVAL);
}

static size_t selected_since(const json_t *reports, const char *since)
{
	json_t *selected;
	uint64_t ns;
	size_t count;

	assert_int_equal(gw_since_parse(since, &ns), 0);
	selected = gw_since_select(reports, ns);
	count = json_array_size(selected);
	json_decref(selected);
	return count;
}

/* Detected at :00, resolved ten seconds later: who asks since :05 has not heard of the end. */
static void since_shows_what_was_resolved_later(void **state)
{
	json_t *reports = json_pack("[{s:s, s:I, s:I}, {s:s, s:I, s:I}]", "detected_at", "2026-01-01T00:00:00.000000Z",
				    "detected_mono_ns", (json_int_t)5000000000, "resolved_mono_ns",
				    (json_int_t)15000000000, "detected_at", "2026-01-01T00:00:03.000000Z",
				    "detected_mono_ns", (json_int_t)8000000000, "resolved_mono_ns", (json_int_t)0);

	assert_int_equal(selected_since(reports, "2026-01-01T00:00:00Z"), 2);
	assert_int_equal(selected_since(reports, "2026-01-01T00:00:05Z"), 1);
	assert_int_equal(selected_since(reports, "2026-01-01T00:00:10Z"), 1);
	assert_int_equal(selected_since(reports, "2026-01-01T00:00:11Z"), 0);
	json_decref(reports);
}

static void connection_ends_at_its_deadline(void **state)
{
	struct gw_deadlines deadlines;
	int pair[2];
	char byte;

	assert_int_equal(gw_deadlines_init(&deadlines), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_true(gw_deadlines_enforce(&deadlines, 0) == UINT64_MAX);
	gw_deadlines_add(&deadlines, pair[0], 1000);
	assert_int_equal(gw_deadlines_enforce(&deadlines, 1001), 1000 + GW_CONNECTION_USEC);
	assert_int_equal(read(pair[1], &byte, 1), -1);
	gw_deadlines_enforce(&deadlines, 1000 + GW_CONNECTION_USEC);
	assert_int_equal(read(pair[1], &byte, 1), 0);
	gw_deadlines_remove(&deadlines, pair[0]);
	assert_true(gw_deadlines_enforce(&deadlines, 2 * GW_CONNECTION_USEC) == UINT64_MAX);
	close(pair[0]);
	close(pair[1]);
	gw_deadlines_deinit(&deadlines);
}

static void more_connections_than_places_do_no_harm(void **state)
{
	struct gw_deadlines deadlines;

	assert_int_equal(gw_deadlines_init(&deadlines), 0);
	for (int fd = 0; fd < 2 * GW_CONNECTIONS_MAX; fd++)
		gw_deadlines_add(&deadlines, 100000 + fd, 0);
	assert_int_equal(deadlines.count, GW_CONNECTIONS_MAX);
	for (int fd = 0; fd < 2 * GW_CONNECTIONS_MAX; fd++)
		gw_deadlines_remove(&deadlines, 100000 + fd);
	assert_int_equal(deadlines.count, 0);
	gw_deadlines_deinit(&deadlines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(since_is_a_time),
		cmocka_unit_test(since_is_nothing_else),
		cmocka_unit_test(since_shows_what_was_resolved_later),
		cmocka_unit_test(connection_ends_at_its_deadline),
		cmocka_unit_test(more_connections_than_places_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
