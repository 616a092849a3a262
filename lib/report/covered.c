/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By the ids of nodes, which are the same in every snapshot. */
#include "lib/report/covered.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/json.h"

static int covered_add(json_t *covered, const json_t *report)
{
	const json_t *node, *id = json_object_get(report, "id");
	size_t i;

	json_array_foreach(json_object_get(report, "nodes"), i, node) {
		const char *name = json_string_value(json_object_get(node, "id"));

		if (name && json_object_set(covered, name, (json_t *)id) < 0)
			return -ENOMEM;
	}
	return 0;
}

json_t *gw_covered_nodes(const json_t *reports)
{
	json_t *covered = json_object(), *report;
	bool failed = !reports || !covered;
	size_t i;

	json_array_foreach(reports, i, report)
		failed = failed || covered_add(covered, report) < 0;
	return gw_json_unless(covered, failed);
}

bool gw_covered_has(const json_t *covered, const json_t *report)
{
	const json_t *first = json_array_get(json_object_get(report, "edges"), 0);
	const json_t *id = first ? json_object_get(first, "from")
				 : json_object_get(json_array_get(json_object_get(report, "nodes"), 0), "id");

	return json_is_string(id) && json_object_get(covered, json_string_value(id));
}

/* Of a crowd a report names the first ones; what the others wait for is in it all the same. */
static json_t *covered_report(const json_t *covered, const json_t *wait)
{
	const char *lock = json_string_value(json_object_get(json_object_get(wait, "lock"), "id"));
	char id[32];
	json_t *report;

	snprintf(id, sizeof(id), "task:%" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(wait, "pid")));
	report = json_object_get(covered, id);
	return report || !lock ? report : json_object_get(covered, lock);
}

int gw_covered_name(const json_t *covered, json_t *waits)
{
	json_t *wait;
	size_t i;

	json_array_foreach(json_object_get(waits, "waits"), i, wait) {
		json_t *report = covered_report(covered, wait);

		if (report && json_object_set(wait, "report", report) < 0)
			return -ENOMEM;
	}
	return 0;
}
