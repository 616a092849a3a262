/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics: both formats, label values that are anything, and a bound for their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/metrics/exposition.h"
#include "lib/metrics/metrics.h"
#include "lib/metrics/tally.h"

static const struct gw_metric resets = { "gpuwatch_resets", GW_METRIC_COUNTER, "", "How \"often\"." };
static const struct gw_metric wait_seconds = { "gpuwatch_wait_seconds", GW_METRIC_HISTOGRAM, "seconds", "How long." };

static void assert_ends_as(struct gw_exposition *exposition, const char *expected)
{
	char *text = gw_exposition_finish(exposition);

	assert_string_equal(text, expected);
	free(text);
}

static void counter_is_named_by_its_format(void **state)
{
	struct gw_exposition old = { .format = GW_METRICS_TEXT }, open = { .format = GW_METRICS_OPENMETRICS };

	gw_exposition_begin(&old, &resets);
	gw_exposition_add(&old, NULL, 0, 3);
	assert_ends_as(&old, "# HELP gpuwatch_resets_total How \"often\".\n"
			     "# TYPE gpuwatch_resets_total counter\n"
			     "gpuwatch_resets_total 3\n");
	gw_exposition_begin(&open, &resets);
	gw_exposition_add(&open, NULL, 0, 3);
	assert_ends_as(&open, "# HELP gpuwatch_resets How \\\"often\\\".\n"
			      "# TYPE gpuwatch_resets counter\n"
			      "gpuwatch_resets_total 3\n"
			      "# EOF\n");
}

static void label_value_may_hold_anything(void **state)
{
	struct gw_exposition exposition = { .format = GW_METRICS_TEXT };
	const struct gw_label labels[] = { { "driver", "a\"b\\c\nd" }, { "kind", "" } };

	gw_exposition_begin(&exposition, &resets);
	gw_exposition_add(&exposition, labels, 2, 0.1);
	assert_ends_as(&exposition, "# HELP gpuwatch_resets_total How \"often\".\n"
				    "# TYPE gpuwatch_resets_total counter\n"
				    "gpuwatch_resets_total{driver=\"a\\\"b\\\\c\\nd\",kind=\"\"} 0.1\n");
}

static void histogram_is_cumulative(void **state)
{
	struct gw_exposition exposition = { .format = GW_METRICS_OPENMETRICS };
	const struct gw_label label = { "kind", "fence" };
	const double bounds[] = { 0.001, 1 }, counts[] = { 2, 0, 5 };

	gw_exposition_begin(&exposition, &wait_seconds);
	gw_exposition_add_histogram(&exposition, &label, 1, bounds, counts, 2, 50.25);
	assert_ends_as(&exposition, "# HELP gpuwatch_wait_seconds How long.\n"
				    "# TYPE gpuwatch_wait_seconds histogram\n"
				    "# UNIT gpuwatch_wait_seconds seconds\n"
				    "gpuwatch_wait_seconds_bucket{kind=\"fence\",le=\"0.001\"} 2\n"
				    "gpuwatch_wait_seconds_bucket{kind=\"fence\",le=\"1.0\"} 2\n"
				    "gpuwatch_wait_seconds_bucket{kind=\"fence\",le=\"+Inf\"} 7\n"
				    "gpuwatch_wait_seconds_sum{kind=\"fence\"} 50.25\n"
				    "gpuwatch_wait_seconds_count{kind=\"fence\"} 7\n"
				    "# EOF\n");
}

static void numbers_are_short_and_exact(void **state)
{
	struct gw_exposition exposition = { .format = GW_METRICS_TEXT };

	exposition.metric = &resets;
	gw_exposition_add(&exposition, NULL, 0, 1764411600);
	gw_exposition_add(&exposition, NULL, 0, 9007199254740991.0);
	gw_exposition_add(&exposition, NULL, 0, 1e-9);
	assert_ends_as(&exposition, "gpuwatch_resets_total 1764411600\n"
				    "gpuwatch_resets_total 9007199254740991\n"
				    "gpuwatch_resets_total 1e-09\n");
}

static void tally_sums_and_keeps_the_most(void **state)
{
	struct gw_tally tally = { .names = { "kind", "driver" } };

	gw_tally_add(&tally, (const char *[]){ "fence", "xe" }, 2);
	gw_tally_add(&tally, (const char *[]){ "fence", "amdgpu" }, 3);
	gw_tally_add(&tally, (const char *[]){ "fence", "xe" }, 1);
	assert_int_equal(tally.count, 2);
	assert_true(tally.rows[0].sum == 3 && tally.rows[0].most == 2);
	assert_true(tally.rows[1].sum == 3 && tally.rows[1].most == 3);
}

/* Whatever the kernel calls its drivers, or somebody a module that is loaded again and again under new names. */
static void tally_has_a_bound(void **state)
{
	struct gw_tally tally = { .names = { "driver" } };
	char names[2 * GW_TALLY_ROWS][16];

	for (size_t i = 0; i < 2 * GW_TALLY_ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "driver%zu", i);
		gw_tally_add(&tally, &(const char *){ names[i] }, 1);
	}
	assert_int_equal(tally.count, GW_TALLY_ROWS);
	assert_string_equal(tally.rows[GW_TALLY_ROWS - 1].values[0], "other");
	assert_true(tally.rows[GW_TALLY_ROWS - 1].sum == GW_TALLY_ROWS + 1);
}

static void without_a_daemon_it_is_down_and_nothing_else(void **state)
{
	char *text = gw_metrics_text(&(struct gw_metrics_source){ NULL }, GW_METRICS_OPENMETRICS);

	assert_string_equal(text, "# HELP gpuwatch_up Whether the daemon answers.\n"
				  "# TYPE gpuwatch_up gauge\n"
				  "gpuwatch_up 0\n"
				  "# EOF\n");
	free(text);
}

/* Of a daemon that does not have a counter yet, 0 would be a claim. */
static void what_the_daemon_does_not_count_is_left_out(void **state)
{
	json_t *status = json_pack("{s:s, s:{s:i}}", "schema", "gpuwatch.status.v1", "counters", "wakeups", 7);
	char *text = gw_metrics_text(&(struct gw_metrics_source){ .status = status }, GW_METRICS_TEXT);

	assert_non_null(strstr(text, "\ngpuwatch_wakeups_total 7\n"));
	assert_null(strstr(text, "gpuwatch_looks_total"));
	assert_null(strstr(text, "gpuwatch_daemon_start_time_seconds"));
	free(text);
	json_decref(status);
}

static void resolved_reports_are_not_active(void **state)
{
	json_t *status = json_object();
	json_t *reports =
		json_pack("[{s:s, s:s, s:s, s:s, s:{s:s, s:s}}, {s:s, s:s, s:s, s:s}]", "kind", "deadlock", "class",
			  "reset-cycle", "state", "active", "confidence", "proven", "subsystem", "kind", "gpu", "name",
			  "xe", "kind", "stall", "class", "long-wait", "state", "resolved", "confidence", "hint");
	const struct gw_metrics_source source = { .status = status, .reports = reports };
	char *text = gw_metrics_text(&source, GW_METRICS_TEXT);

	assert_non_null(strstr(text, "\ngpuwatch_reports_active{kind=\"deadlock\",class=\"reset-cycle\","
				     "confidence=\"proven\",subsystem=\"gpu\",driver=\"xe\"} 1\n"));
	assert_null(strstr(text, "stall"));
	free(text);
	json_decref(reports);
	json_decref(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counter_is_named_by_its_format),
		cmocka_unit_test(label_value_may_hold_anything),
		cmocka_unit_test(histogram_is_cumulative),
		cmocka_unit_test(numbers_are_short_and_exact),
		cmocka_unit_test(tally_sums_and_keeps_the_most),
		cmocka_unit_test(tally_has_a_bound),
		cmocka_unit_test(without_a_daemon_it_is_down_and_nothing_else),
		cmocka_unit_test(what_the_daemon_does_not_count_is_left_out),
		cmocka_unit_test(resolved_reports_are_not_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
