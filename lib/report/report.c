/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the report's enumerations, and a report as JSON. */
#include "lib/report/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

static const char *const kind_names[] = {
	[GW_KIND_DEADLOCK] = "deadlock", [GW_KIND_LIVELOCK] = "livelock",	[GW_KIND_STALL] = "stall",
	[GW_KIND_HAZARD] = "hazard",	 [GW_KIND_PROBE_ORDER] = "probe-order",
};

static const char *const class_names[] = {
	[GW_CLASS_FENCE_LOCK_CYCLE] = "fence-lock-cycle",
	[GW_CLASS_NOTIFIER_CYCLE] = "notifier-cycle",
	[GW_CLASS_RECLAIM_CYCLE] = "reclaim-cycle",
	[GW_CLASS_FAULT_PREEMPT] = "fault-preempt",
	[GW_CLASS_UNPLUG_SRCU] = "unplug-srcu",
	[GW_CLASS_SCHED_DEP_CYCLE] = "sched-dep-cycle",
	[GW_CLASS_WORKQUEUE_CYCLE] = "workqueue-cycle",
	[GW_CLASS_ORPHANED_FENCE] = "orphaned-fence",
	[GW_CLASS_LEAKED_LOCK] = "leaked-lock",
	[GW_CLASS_LEAKED_SECTION] = "leaked-section",
	[GW_CLASS_LOCK_CYCLE] = "lock-cycle",
	[GW_CLASS_RESET_CYCLE] = "reset-cycle",
	[GW_CLASS_RUNTIME_PM_CYCLE] = "runtime-pm-cycle",
	[GW_CLASS_PAGE_LOCK_CYCLE] = "page-lock-cycle",
	[GW_CLASS_BUSY_HOLDER] = "busy-holder",
	[GW_CLASS_RETRY_LOOP] = "retry-loop",
	[GW_CLASS_LONG_WAIT] = "long-wait",
	[GW_CLASS_SILENT_DEVICE] = "silent-device",
	[GW_CLASS_SIGNALLING_RECLAIM] = "signalling-reclaim",
	[GW_CLASS_SIGNALLING_RESV] = "signalling-resv-lock",
	[GW_CLASS_SIGNALLING_MMAP_LOCK] = "signalling-mmap-lock",
	[GW_CLASS_SIGNALLING_FENCE_WAIT] = "signalling-fence-wait",
	[GW_CLASS_LOCK_ORDER] = "lock-order",
	[GW_CLASS_INITCALL_ORDER] = "initcall-order",
	[GW_CLASS_PROBED_BEFORE_SUPPLIER] = "probed-before-supplier",
	[GW_CLASS_PROBE_OVERLAP] = "probe-overlap",
	[GW_CLASS_DEFERRAL_TIMEOUT] = "deferral-timeout",
	[GW_CLASS_DEFERRED_FOREVER] = "deferred-forever",
	[GW_CLASS_DEFERRAL_STORM] = "deferral-storm",
	[GW_CLASS_SILENT_ABSENCE] = "silent-absence",
	[GW_CLASS_FIRMWARE_MISSING] = "firmware-missing",
	[GW_CLASS_SYMBOLS_MISSING] = "symbols-missing",
	[GW_CLASS_KFD_REFUSED] = "kfd-refused",
	[GW_CLASS_PROBE_FAILED] = "probe-failed",
	[GW_CLASS_TAKEN_BY_OTHER] = "taken-by-other",
	[GW_CLASS_MINOR_ORDER] = "minor-order",
};

static const char *const state_names[] = {
	[GW_STATE_ACTIVE] = "active",
	[GW_STATE_RESOLVED] = "resolved",
};

static const char *const confidence_names[] = {
	[GW_CONFIDENCE_HINT] = "hint",
	[GW_CONFIDENCE_PROBABLE] = "probable",
	[GW_CONFIDENCE_PROVEN] = "proven",
};

const char *gw_kind_name(enum gw_kind kind)
{
	return kind_names[kind];
}

const char *gw_class_name(enum gw_class class)
{
	return class_names[class];
}

const char *gw_state_name(enum gw_state state)
{
	return state_names[state];
}

const char *gw_confidence_name(enum gw_confidence confidence)
{
	return confidence_names[confidence];
}

/* The value that has this name, or -1. */
static int name_find(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return (int)i;
	return -1;
}

#define NAME_FIND(names, name) name_find(names, sizeof(names) / sizeof((names)[0]), name)

int gw_kind_from_name(const char *name)
{
	return NAME_FIND(kind_names, name);
}

int gw_class_from_name(const char *name)
{
	return NAME_FIND(class_names, name);
}

int gw_state_from_name(const char *name)
{
	return NAME_FIND(state_names, name);
}

int gw_confidence_from_name(const char *name)
{
	return NAME_FIND(confidence_names, name);
}

void gw_report_identify(struct gw_report *report)
{
	static const char letters[] = {
		[GW_KIND_DEADLOCK] = 'd',
		[GW_KIND_LIVELOCK] = 'l',
		[GW_KIND_STALL] = 's',
		[GW_KIND_HAZARD] = 'h',
	};

	snprintf(report->id, sizeof(report->id), "%c-%012" PRIx64, letters[report->kind],
		 (report->key ^ report->key >> 48) & UINT64_C(0xffffffffffff));
}

void gw_report_free(struct gw_report *report)
{
	if (!report)
		return;
	free(report->summary);
	free(report->root_node);
	free(report->explanation);
	free(report->advice);
	json_decref(report->action);
	json_decref(report->nodes);
	json_decref(report->edges);
	json_decref(report->cycle);
	json_decref(report->victims);
	json_decref(report->probe_order);
	json_decref(report->subsystem);
	json_decref(report->kernel_log);
	json_decref(report->log);
	free(report);
}

/* The value of an optional string field. */
static json_t *report_text(const char *string)
{
	return gw_json_text(string ? string : "");
}

static json_t *report_root_cause(const struct gw_report *report)
{
	json_t *cause = json_pack("{s:o, s:o, s:o}", "node", report_text(report->root_node), "explanation",
				  report_text(report->explanation), "advice", report_text(report->advice));

	if (cause && report->action && json_object_set(cause, "action", report->action) < 0) {
		json_decref(cause);
		return NULL;
	}
	return cause;
}

/* A new reference to an array of the report, empty if there is none. */
static json_t *report_array(json_t *array)
{
	return array ? json_incref(array) : json_array();
}

/* Fields that not every report has. */
static int report_optional(json_t *json, const struct gw_report *report)
{
	const struct {
		const char *key;
		json_t *value;
	} fields[] = {
		{ "probe_order", report->probe_order },
		{ "subsystem", report->subsystem },
		{ "kernel_log", report->kernel_log },
		{ "log", report->log },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].value && json_object_set(json, fields[i].key, fields[i].value) < 0)
			return -1;
	if (report->chain_total && json_object_set_new(json, "chain_total", gw_json_number(report->chain_total)) < 0)
		return -1;
	return report->signature[0] ? json_object_set_new(json, "signature", json_string(report->signature)) : 0;
}

json_t *gw_report_json(const struct gw_report *report, const char *boot_id, const char *kernel)
{
	json_t *json = json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"schema", GW_REPORT_SCHEMA, "id", report->id, "boot_id", report_text(boot_id), "kernel",
		report_text(kernel), "kind", gw_kind_name(report->kind), "class", gw_class_name(report->class), "state",
		gw_state_name(report->state), "confidence", gw_confidence_name(report->confidence), "detected_at",
		gw_json_time(report->detected_real_ns), "detected_mono_ns", gw_json_number(report->detected_mono_ns),
		"formed_mono_ns", gw_json_number(report->formed_mono_ns), "resolved_mono_ns",
		gw_json_number(report->resolved_mono_ns), "summary", report_text(report->summary), "root_cause",
		report_root_cause(report), "nodes", report_array(report->nodes), "edges", report_array(report->edges),
		"cycle", report_array(report->cycle), "victims", report_array(report->victims), "victims_total",
		gw_json_number(report->victims_total));

	if (json && report_optional(json, report) < 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* The first fence's or device's. drm_sched's own name stands for whichever driver has given it the job. */
static const char *report_driver_of_nodes(const json_t *report)
{
	json_t *node;
	size_t i;

	json_array_foreach(json_object_get(report, "nodes"), i, node) {
		const char *driver = gw_json_string(node, "driver");

		if (*driver && strcmp(driver, "drm_sched") != 0)
			return driver;
	}
	return "";
}

const char *gw_report_driver(const json_t *report)
{
	const json_t *of_boot = json_object_get(report, "probe_order");
	const char *name = gw_json_string(json_object_get(report, "subsystem"), "name");

	if (of_boot)
		return gw_json_string(of_boot, "driver");
	return *name ? name : report_driver_of_nodes(report);
}
