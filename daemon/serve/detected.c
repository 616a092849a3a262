/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports counted by what they are. */
#include "daemon/serve/detected.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define ROWS_MAX 256	 /* the last one is for all drivers that the others have no room for */
#define DRIVER_SIZE 64	 /* MODULE_NAME_LEN and a little */
#define OTHERS "(other)" /* no module has this name */

struct gw_detected {
	size_t count;
	struct row {
		enum gw_kind kind;
		enum gw_class class;
		char driver[DRIVER_SIZE];
		uint64_t reports;
	} rows[ROWS_MAX];
};

static struct row *detected_find(struct gw_detected *detected, const struct gw_reported *report, const char *driver)
{
	for (size_t i = 0; i < detected->count; i++) {
		struct row *row = &detected->rows[i];

		if (row->kind == report->kind && row->class == report->class && strcmp(row->driver, driver) == 0)
			return row;
	}
	return NULL;
}

static struct row *detected_new_row(struct gw_detected *detected, const struct gw_reported *report, const char *driver)
{
	struct row *row;

	if (detected->count == ROWS_MAX)
		return &detected->rows[ROWS_MAX - 1];
	row = &detected->rows[detected->count++];
	row->kind = report->kind;
	row->class = report->class;
	snprintf(row->driver, sizeof(row->driver), "%s", detected->count == ROWS_MAX ? OTHERS : driver);
	return row;
}

static void detected_on_report(const struct gw_reported *report, enum gw_news news, void *userdata)
{
	struct gw_detected *detected = userdata;
	_cleanup_json_ json_t *json = NULL;
	char driver[DRIVER_SIZE];
	struct row *row;

	if (news != GW_NEWS_DETECTED)
		return;
	json = json_loads(report->json, 0, NULL);
	snprintf(driver, sizeof(driver), "%s", gw_report_driver(json));
	row = detected_find(detected, report, driver);
	if (!row)
		row = detected_new_row(detected, report, driver);
	row->reports++;
}

json_t *gw_detected_json(const struct gw_detected *detected)
{
	json_t *list = json_array();

	for (size_t i = 0; list && detected && i < detected->count; i++) {
		const struct row *row = &detected->rows[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "kind", gw_kind_name(row->kind), "class",
						      gw_class_name(row->class), "driver", row->driver, "count",
						      (json_int_t)row->reports));
	}
	return list;
}

int gw_detected_new(struct gw_detected **ret, struct gw_reports *reports)
{
	struct gw_detected *detected = calloc(1, sizeof(*detected));
	int r = detected ? gw_reports_subscribe(reports, detected_on_report, detected) : -ENOMEM;

	if (r < 0) {
		free(detected);
		return r;
	}
	*ret = detected;
	return 0;
}

void gw_detected_free(struct gw_detected *detected)
{
	free(detected);
}
