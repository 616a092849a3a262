/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of methods, and what their answers must have. */
#include "lib/client/method.h"

#include <assert.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/boot/document/probe-order.h"
#include "lib/report/report.h"

#define CALL_TIME (10 * GW_USEC_PER_SEC)
#define BOOT_TIME (120 * GW_USEC_PER_SEC)   /* two analyses of the boot, each given up after 50 s, and some more */
#define RECORD_TIME (120 * GW_USEC_PER_SEC) /* snapshots may have to be taken first */

static const struct gw_client_method methods[] = {
	{ "GetStatus", CALL_TIME, "gpuwatch.status.v1", "probes" },
	{ "ListReports", CALL_TIME, GW_REPORT_SCHEMA, NULL },
	{ "GetReport", CALL_TIME, GW_REPORT_SCHEMA, NULL },
	{ "ListWaits", CALL_TIME, "gpuwatch.waits.v1", "waits" },
	{ "ListAllWaits", CALL_TIME, "gpuwatch.waits.v1", "waits" },
	{ "ListStalls", CALL_TIME, GW_REPORT_SCHEMA, NULL },
	{ "ListFaults", CALL_TIME, "gpuwatch.faults.v1", "faults" },
	{ "ListTimelines", CALL_TIME, "gpuwatch.timelines.v1", "timelines" },
	{ "GetKfd", BOOT_TIME, "gpuwatch.kfd.v1", "devices" },
	{ "GetProbeOrder", BOOT_TIME, GW_PROBE_ORDER_SCHEMA, "reports" },
	{ "SaveBoot", BOOT_TIME, NULL, NULL },
	{ "Record", RECORD_TIME, NULL, NULL },
};

const struct gw_client_method *gw_client_method_find(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	assert(!"no such method in the table");
	return NULL;
}

/* Each element of an array, or the document itself. */
static int method_check_schema(struct gw_client_outcome *outcome, const struct gw_client_method *method,
			       const json_t *answer)
{
	const char *schema = gw_json_string(answer, "schema");
	json_t *element;
	int r = GW_CLIENT_OK;
	size_t i;

	if (json_is_array(answer)) {
		json_array_foreach(answer, i, element)
			if (r == GW_CLIENT_OK)
				r = method_check_schema(outcome, method, element);
		return r;
	}
	if (strcmp(schema, method->schema) == 0)
		return GW_CLIENT_OK;
	return gw_client_fail_foreign(outcome, "the daemon answers %s() with %s instead of %s", method->name,
				      *schema ? schema : "something else", method->schema);
}

int gw_client_method_check(struct gw_client_outcome *outcome, const struct gw_client_method *method,
			   const json_t *answer)
{
	int r = method_check_schema(outcome, method, answer);

	if (r == GW_CLIENT_OK && method->list && !json_is_array(json_object_get(answer, method->list)))
		r = gw_client_fail_foreign(outcome, "the daemon's answer to %s() has no %s", method->name,
					   method->list);
	return r;
}
