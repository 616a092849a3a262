/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes reports as the producers hand them out, and notes what subscribers of the store hear. */
#ifndef GPUWATCH_TESTS_UNIT_BUILD_REPORTS_H
#define GPUWATCH_TESTS_UNIT_BUILD_REPORTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/serve/reports.h"

/* Of kind probe-order if the id begins with p, else a deadlock. */
static inline struct gw_reported *reported(const char *id, enum gw_state state, const char *summary)
{
	struct gw_report report = {
		.kind = id[0] == 'p' ? GW_KIND_PROBE_ORDER : GW_KIND_DEADLOCK,
		.class = id[0] == 'p' ? GW_CLASS_DEFERRED_FOREVER : GW_CLASS_FENCE_LOCK_CYCLE,
		.state = state,
		.confidence = GW_CONFIDENCE_PROVEN,
		.detected_real_ns = 1700000000123456789ULL,
		.detected_mono_ns = 5000,
		.formed_mono_ns = 4000,
		.resolved_mono_ns = state == GW_STATE_RESOLVED ? 6000 : 0,
		.summary = (char *)summary,
		.advice = "Read the log.",
	};
	struct gw_reported *reported;
	json_t *json;

	snprintf(report.id, sizeof(report.id), "%s", id);
	json = gw_report_json(&report, "boot", "6.1");
	assert_non_null(json);
	assert_int_equal(gw_reported_new(&reported, &report, json), 0);
	json_decref(json);
	return reported;
}

/* "+id" detected, "~id" changed, "-id" resolved, one after the other. */
struct heard {
	char text[4096];
};

static inline void hear(const struct gw_reported *report, enum gw_news news, void *userdata)
{
	static const char signs[] = { [GW_NEWS_DETECTED] = '+', [GW_NEWS_CHANGED] = '~', [GW_NEWS_RESOLVED] = '-' };
	struct heard *heard = userdata;
	size_t length = strlen(heard->text);

	snprintf(heard->text + length, sizeof(heard->text) - length, "%s%c%s", length ? " " : "", signs[news],
		 report->id);
}

#define assert_heard(heard, expected)                                                                                  \
	do {                                                                                                           \
		assert_string_equal((heard)->text, expected);                                                          \
		(heard)->text[0] = '\0';                                                                               \
	} while (0)

/* A store that is listened to. */
static inline struct gw_reports *reports_heard(size_t keep_resolved, struct heard *heard)
{
	struct gw_reports *reports;

	heard->text[0] = '\0';
	assert_int_equal(gw_reports_new(&reports, keep_resolved), 0);
	assert_int_equal(gw_reports_subscribe(reports, hear, heard), 0);
	return reports;
}

/* The ids of a list, in its order. */
static inline char *listed(const struct gw_reports *reports, bool include_resolved)
{
	static char text[8192];
	char *json = gw_reports_json(reports, NULL, include_resolved);
	json_t *array = json_loads(json, 0, NULL), *report;
	size_t i;

	assert_true(json_is_array(array));
	text[0] = '\0';
	json_array_foreach(array, i, report) {
		if (i)
			strcat(text, " ");
		strcat(text, json_string_value(json_object_get(report, "id")));
	}
	json_decref(array);
	free(json);
	return text;
}

#endif
