/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document for people: its settings and sums, and all that is made elsewhere put together. */
#include "lib/boot/document/probe-order.h"

#include <limits.h>

#include "lib/base/command-line.h"
#include "lib/base/json.h"
#include "lib/boot/document/devices.h"
#include "lib/boot/document/json.h"
#include "lib/boot/document/missing.h"
#include "lib/boot/document/relevant.h"
#include "lib/boot/document/rows.h"
#include "lib/boot/document/tree.h"

/* early_param("fw_devlink.strict"): the name alone is an error there, and changes nothing. */
static bool probe_order_strict(const char *line)
{
	struct gw_parameter parameter;
	bool strict = false;

	while (gw_command_line_next(&line, &parameter))
		if (gw_parameter_is(&parameter, "fw_devlink.strict"))
			gw_parameter_bool(&parameter, &strict);
	return strict;
}

static json_t *probe_order_settings(const struct gw_boot_model *model)
{
	const char *line = gw_boot_evidence_command_line(model->evidence);
	int timeout = gw_command_line_int(line, "deferred_probe_timeout", INT_MIN);
	char fw_devlink[32], iommu[32];

	gw_command_line_text(line, "fw_devlink", fw_devlink, sizeof(fw_devlink));
	gw_command_line_text(line, "iommu", iommu, sizeof(iommu));
	return json_pack("{s:o, s:b, s:o, s:o, s:b, s:o}", "fw_devlink", gw_json_text(fw_devlink), "fw_devlink_strict",
			 probe_order_strict(line), "deferred_probe_timeout_s",
			 timeout == INT_MIN ? json_null() : json_integer(timeout), "iommu", gw_json_text(iommu),
			 "initcall_debug", gw_command_line_switch(line, "initcall_debug"), "timeout_expired_ns",
			 gw_boot_json_time(model->timeout_ns));
}

static json_t *probe_order_summary(const struct gw_boot_model *model, const struct gw_boot_findings *findings)
{
	size_t deferrals = 0, deferred = 0, lost = 0, devices = 0, initcalls = 0;

	for (size_t i = 0; i < model->n_devices; i++) {
		deferrals += model->devices[i].retries;
		deferred += model->devices[i].deferred;
		devices += model->devices[i].n_attempts > 0;
	}
	for (size_t i = 0; i < model->n_inits; i++)
		initcalls += !model->inits[i].module;
	for (size_t i = 0; i < findings->count; i++)
		lost += findings->items[i].id[0] && findings->items[i].effect == GW_BOOT_LOST &&
			!findings->items[i].resolved_ns;
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "initcalls", (json_int_t)initcalls, "probes",
			 (json_int_t)model->n_attempts, "deferrals", (json_int_t)deferrals, "devices",
			 (json_int_t)devices, "deferred", (json_int_t)deferred, "lost", (json_int_t)lost);
}

static json_t *probe_order_reports(const struct gw_boot_host *host, struct gw_report *const *reports, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++) {
		if (json_array_append_new(array, gw_report_json(reports[i], host->boot_id, host->kernel)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *probe_order_document(const struct gw_boot_model *model, const struct gw_boot_findings *findings,
				    const struct gw_boot_relevant *relevant)
{
	const struct gw_boot_host *host = &model->evidence->host;
	json_t *object = json_object(), *missing = gw_boot_missing_json(model);
	bool failed = !object;

	gw_json_put(object, "schema", json_string(GW_PROBE_ORDER_SCHEMA), &failed);
	gw_json_put(object, "boot_id", gw_json_text(host->boot_id), &failed);
	gw_json_put(object, "kernel", gw_json_text(host->kernel), &failed);
	gw_json_put(object, "taken_at", gw_json_time(host->taken_real_ns), &failed);
	gw_json_put(object, "now_ns", gw_json_number(gw_boot_is_position(model->now_ns) ? 0 : model->now_ns), &failed);
	gw_json_put(object, "complete", json_boolean(json_array_size(missing) == 0), &failed);
	gw_json_put(object, "missing", missing, &failed);
	gw_json_put(object, "settings", probe_order_settings(model), &failed);
	gw_json_put(object, "summary", probe_order_summary(model, findings), &failed);
	gw_json_put(object, "rows", gw_boot_rows_json(model, relevant), &failed);
	gw_json_put(object, "tree", gw_boot_tree_json(model, findings, relevant), &failed);
	gw_json_put(object, "devices", gw_boot_devices_json(model, relevant), &failed);
	gw_json_put(object, "cards", gw_boot_cards_json(model), &failed);
	return gw_json_unless(object, failed);
}

json_t *gw_boot_probe_order_json(const struct gw_boot_model *model, const struct gw_boot_findings *findings,
				 struct gw_report *const *reports, size_t count)
{
	struct gw_boot_relevant relevant;
	json_t *document = NULL;

	if (gw_boot_relevant_init(&relevant, model, findings) == 0)
		document = probe_order_document(model, findings, &relevant);
	gw_boot_relevant_deinit(&relevant);
	if (document &&
	    json_object_set_new(document, "reports", probe_order_reports(&model->evidence->host, reports, count)) < 0) {
		json_decref(document);
		return NULL;
	}
	return document;
}
