/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as log records of OpenTelemetry. */
#include "cli/export/otlp.h"

#include <stdio.h>
#include <time.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "lib/base/units.h"
#include "lib/report/report.h"

/* SeverityNumber of logs.proto. */
enum {
	OTLP_INFO = 9,
	OTLP_WARN = 13,
	OTLP_ERROR = 17,
};

static void otlp_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) < 0)
		out_of_memory();
}

static void otlp_add_attribute(json_t *attributes, const char *key, const char *value)
{
	if (*value)
		otlp_append(attributes, json_pack("{s:s, s:{s:s}}", "key", key, "value", "stringValue", value));
}

static json_t *otlp_resource(const json_t *status)
{
	json_t *attributes = json_array();

	otlp_add_attribute(attributes, "service.name", "gpuwatchd");
	otlp_add_attribute(attributes, "service.version", field_string(status, "version"));
	otlp_add_attribute(attributes, "os.type", "linux");
	otlp_add_attribute(attributes, "os.version", field_string(status, "kernel"));
	return json_pack("{s:o}", "attributes", attributes);
}

/* Only a proven deadlock is an error: nothing inside the machine ends it. */
static int otlp_severity(const json_t *report)
{
	if (!field_is(report, "state", "active") || field_is(report, "kind", "probe-order"))
		return OTLP_INFO;
	return field_is(report, "kind", "deadlock") && field_is(report, "confidence", "proven") ? OTLP_ERROR
												: OTLP_WARN;
}

/* 64-bit numbers are strings in the JSON of protobuf. "" = the report does not say. */
static void otlp_format_time(const json_t *report, char *text, size_t size)
{
	struct tm date = { .tm_year = 0 };
	const char *end = strptime(field_string(report, "detected_at"), "%Y-%m-%dT%H:%M:%S", &date);
	double fraction = end && *end == '.' ? strtod(end, NULL) : 0;

	snprintf(text, size, "%llu",
		 end ? (unsigned long long)timegm(&date) * (unsigned long long)GW_NSEC_PER_SEC +
				 (unsigned long long)(fraction * 1e6) * (unsigned long long)GW_NSEC_PER_USEC
		     : 0ULL);
}

static json_t *otlp_record(const json_t *report)
{
	static const char *const severities[] = { [OTLP_INFO] = "INFO", [OTLP_WARN] = "WARN", [OTLP_ERROR] = "ERROR" };
	static const char *const fields[] = { "id", "boot_id", "kind", "class", "state", "confidence", "signature" };
	json_t *attributes = json_array();
	int severity = otlp_severity(report);
	char time[32], key[64];

	otlp_format_time(report, time, sizeof(time));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		snprintf(key, sizeof(key), "gpuwatch.%s", fields[i]);
		otlp_add_attribute(attributes, key, field_string(report, fields[i]));
	}
	otlp_add_attribute(attributes, "gpuwatch.driver", gw_report_driver(report));
	otlp_add_attribute(attributes, "gpuwatch.root_cause",
			   field_string(field_object(report, "root_cause"), "explanation"));
	otlp_add_attribute(attributes, "gpuwatch.advice", field_string(field_object(report, "root_cause"), "advice"));
	return json_pack("{s:s, s:s, s:i, s:s, s:{s:s}, s:o}", "timeUnixNano", time, "observedTimeUnixNano", time,
			 "severityNumber", severity, "severityText", severities[severity], "body", "stringValue",
			 field_string(report, "summary"), "attributes", attributes);
}

json_t *otlp_logs(const json_t *status, const json_t *reports)
{
	json_t *records = json_array(), *report;
	size_t i;

	json_array_foreach(reports, i, report)
		otlp_append(records, otlp_record(report));
	return json_pack("{s:[{s:o, s:[{s:{s:s, s:s}, s:o}]}]}", "resourceLogs", "resource", otlp_resource(status),
			 "scopeLogs", "scope", "name", "gpuwatch", "version", GW_VERSION, "logRecords", records);
}
