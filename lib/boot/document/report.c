/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings become reports. */
#include "lib/boot/document/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/boot/document/json.h"
#include "lib/boot/model/needs.h"
#include "lib/boot/model/pairs.h"

/* ---- identity --------------------------------------------------------------------------------------- */

/* What the finding is about, whatever else becomes known of it. */
static uint64_t report_key(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	uint64_t state = gw_hash_string(GW_HASH_START, gw_class_name(finding->class));
	bool shared = finding->class == GW_CLASS_DEFERRED_FOREVER || finding->class == GW_CLASS_DEFERRAL_TIMEOUT;

	if (finding->class == GW_CLASS_DEFERRAL_STORM)
		return state;
	if (finding->class == GW_CLASS_DEFERRAL_TIMEOUT && finding->result != 0)
		state = gw_hash_string(state, "failed");
	if (!shared || !finding->related)
		state = gw_hash_string(gw_hash_string(state, gw_boot_text(model, finding->bus)),
				       gw_boot_text(model, finding->device));
	if (!finding->device)
		state = gw_hash_string(state, gw_boot_text(model, finding->module));
	if (finding->entry && !shared)
		return gw_hash_string(state, finding->entry->id);
	return gw_hash_string(state, gw_boot_text(model, finding->supplier_name));
}

/* ---- nodes ------------------------------------------------------------------------------------------ */

static void report_node_id(char *ret, size_t size, const char *kind, const char *bus, const char *name)
{
	snprintf(ret, size, "%s:%s%s%s", kind, bus, *bus ? ":" : "", name);
}

struct side {
	const char *kind; /* "device", "driver" */
	const char *name, *driver, *bus, *module, *function;
	const char *level;
	uint32_t retries;
	bool is_device;
};

static struct side report_device_side(const struct gw_boot_model *model, uint32_t device)
{
	const struct gw_boot_device *it = &model->devices[device];

	return (struct side){
		.kind = "device",
		.name = gw_boot_text(model, it->name),
		.driver = gw_boot_text(model, it->driver),
		.bus = gw_boot_text(model, it->bus),
		.module = gw_boot_text(model, it->module),
		.function = "",
		.level = "",
		.retries = it->retries,
		.is_device = true,
	};
}

/* A driver that goes by its module or its init function. */
static struct side report_init_side(const struct gw_boot_model *model, uint32_t index, uint32_t builtin,
				    uint32_t module, const char *party)
{
	const struct gw_boot_init *init = index == GW_BOOT_NOTHING ? NULL : &model->inits[index];
	struct side side = { .kind = "driver", .bus = "", .driver = "", .level = "", .function = "" };

	if (init && init->builtin != GW_BOOT_NOTHING)
		builtin = init->builtin;
	side.module = gw_boot_text(model, init && init->module ? init->module : module);
	if (init && init->function)
		side.function = gw_boot_text(model, init->function);
	if (builtin != GW_BOOT_NOTHING && !(init && init->module)) {
		side.function = gw_boot_text(model, model->evidence->builtins[builtin].function);
		side.level = gw_initcall_level_name((enum gw_initcall_level)model->evidence->builtins[builtin].level);
	}
	side.name = init && init->module ? side.module
		    : *side.function	 ? side.function
		    : *side.module	 ? side.module
					 : party;
	return side;
}

/* "device 0000:03:00.0 (amdgpu)", "driver amdgpu". */
static json_t *report_phrase(const struct side *side)
{
	struct gw_text text = { .data = NULL };

	gw_text_add(&text, "%s %s", side->kind, side->name);
	if (side->driver[0] && strcmp(side->driver, side->name) != 0)
		gw_text_add(&text, " (%s)", side->driver);
	return gw_text_json(&text);
}

static int report_append_node(json_t *nodes, const struct side *side)
{
	char id[3 * GW_BOOT_NAME_SIZE];
	bool failed = false;
	json_t *object = json_object();

	if (!object)
		return -ENOMEM;
	report_node_id(id, sizeof(id), side->kind, side->bus, side->name);
	gw_json_put(object, "id", gw_json_text(id), &failed);
	gw_json_put(object, "type", json_string(side->kind), &failed);
	gw_json_put(object, "phrase", report_phrase(side), &failed);
	gw_json_put(object, "name", gw_json_text(side->name), &failed);
	gw_json_put(object, "driver", gw_json_text(side->driver), &failed);
	gw_json_put(object, "module", gw_json_text(side->module), &failed);
	if (side->is_device) {
		gw_json_put(object, "address", gw_json_address(0), &failed);
		gw_json_put(object, "bus", gw_json_text(side->bus), &failed);
		gw_json_put(object, "retries", json_integer(side->retries), &failed);
	} else {
		gw_json_put(object, "function", gw_json_text(side->function), &failed);
		gw_json_put(object, "level", gw_json_text(side->level), &failed);
	}
	if (!failed)
		return json_array_append_new(nodes, object) < 0 ? -ENOMEM : 0;
	json_decref(object);
	return -ENOMEM;
}

static int report_append_edge(json_t *edges, const struct gw_boot_finding *finding, const struct side *from,
			      const struct side *to)
{
	char from_id[3 * GW_BOOT_NAME_SIZE], to_id[3 * GW_BOOT_NAME_SIZE];

	report_node_id(from_id, sizeof(from_id), from->kind, from->bus, from->name);
	report_node_id(to_id, sizeof(to_id), to->kind, to->bus, to->name);
	if (strcmp(from_id, to_id) == 0)
		return 0;
	return json_array_append_new(edges, json_pack("{s:o, s:o, s:s, s:i, s:s, s:s}", "from", gw_json_text(from_id),
						      "to", gw_json_text(to_id), "relation", "needs", "since_mono_ns",
						      0, "evidence", gw_boot_origin_name(finding->origin), "confidence",
						      gw_confidence_name(finding->confidence))) < 0
		       ? -ENOMEM
		       : 0;
}

/* A supplier of that name that is one of the group has its node already. */
static bool report_in_group(const struct gw_boot_finding *finding, uint32_t device)
{
	for (size_t i = 0; device != GW_BOOT_NOTHING && i < finding->n_group && i < GW_BOOT_REPORT_NODES_MAX; i++)
		if (finding->group[i] == device)
			return true;
	return false;
}

static struct side report_supplier_side(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_boot_pair *pair = gw_boot_pair_of(model, finding->entry);

	if (finding->supplier != GW_BOOT_NOTHING)
		return report_device_side(model, finding->supplier);
	if (pair)
		return report_init_side(model, pair->supplier_init, pair->supplier_builtin, finding->supplier_module,
					pair->entry->supplier.name);
	return (struct side){
		.kind = "device",
		.name = gw_boot_text(model, finding->supplier_name),
		.driver = gw_boot_text(model, finding->supplier_driver),
		.bus = "",
		.module = gw_boot_text(model, finding->supplier_module),
		.function = "",
		.level = "",
		.is_device = true,
	};
}

static struct side report_consumer_side(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	const struct gw_boot_pair *pair = gw_boot_pair_of(model, finding->entry);

	if (finding->class == GW_CLASS_INITCALL_ORDER && pair)
		return report_init_side(model, finding->consumer_init, pair->consumer_builtin, finding->module,
					pair->entry->consumer.name);
	if (finding->consumer != GW_BOOT_NOTHING)
		return report_device_side(model, finding->consumer);
	if (!finding->device)
		return report_init_side(model, GW_BOOT_NOTHING, GW_BOOT_NOTHING, finding->module, "");
	return (struct side){
		.kind = "device",
		.name = gw_boot_text(model, finding->device),
		.driver = gw_boot_text(model, finding->driver),
		.bus = "",
		.module = gw_boot_text(model, finding->module),
		.function = "",
		.level = "",
		.is_device = true,
	};
}

static int report_fill_graph(struct gw_report *report, const struct gw_boot_model *model,
			     const struct gw_boot_finding *finding)
{
	struct side consumer = report_consumer_side(model, finding), supplier = { .name = NULL }, other;
	size_t count = finding->n_group < GW_BOOT_REPORT_NODES_MAX ? finding->n_group : GW_BOOT_REPORT_NODES_MAX;
	int r = report_append_node(report->nodes, &consumer);

	if (finding->related) {
		supplier = report_supplier_side(model, finding);
		if (!report_in_group(finding, finding->supplier))
			r = r ?: report_append_node(report->nodes, &supplier);
		r = r ?: report_append_edge(report->edges, finding, &consumer, &supplier);
	}
	/* The device that a driver's call was for. */
	if (!consumer.is_device && finding->consumer != GW_BOOT_NOTHING) {
		other = report_device_side(model, finding->consumer);
		r = r ?: report_append_node(report->nodes, &other);
	}
	for (size_t i = 1; i < count && r == 0; i++) {
		other = report_device_side(model, finding->group[i]);
		r = report_append_node(report->nodes, &other);
		if (finding->related && r == 0 && finding->class != GW_CLASS_DEFERRAL_STORM)
			r = report_append_edge(report->edges, finding, &other, &supplier);
	}
	return r;
}

/* ---- probe_order ------------------------------------------------------------------------------------- */

static const char *report_source(const struct gw_boot_finding *finding)
{
	if (!finding->related)
		return "";
	if (finding->origin == GW_BOOT_BY_TABLE && finding->entry && finding->entry->source)
		return finding->entry->source;
	if (finding->origin == GW_BOOT_BY_FIRMWARE && finding->property && *finding->property)
		return finding->property;
	return gw_boot_origin_name(finding->origin);
}

static json_t *report_probe_order_json(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	json_t *object = json_object();
	bool failed = !object;

	gw_json_put(object, "effect", json_string(gw_boot_effect_name(finding->effect)), &failed);
	gw_json_put(object, "device", gw_json_text(gw_boot_text(model, finding->device)), &failed);
	gw_json_put(object, "driver", gw_json_text(gw_boot_text(model, finding->driver)), &failed);
	gw_json_put(object, "bus", gw_json_text(gw_boot_text(model, finding->bus)), &failed);
	gw_json_put(object, "module", gw_json_text(gw_boot_text(model, finding->module)), &failed);
	gw_json_put(object, "supplier", gw_json_text(gw_boot_text(model, finding->supplier_name)), &failed);
	gw_json_put(object, "supplier_driver", gw_json_text(gw_boot_text(model, finding->supplier_driver)), &failed);
	gw_json_put(object, "supplier_module", gw_json_text(gw_boot_text(model, finding->supplier_module)), &failed);
	gw_json_put(object, "feature", gw_json_text(gw_boot_finding_feature(model, finding)), &failed);
	gw_json_put(object, "begin_ns", gw_boot_json_time(finding->begin_ns), &failed);
	gw_json_put(object, "end_ns", gw_boot_json_time(finding->end_ns), &failed);
	gw_json_put(object, "supplier_begin_ns", gw_boot_json_time(finding->supplier_begin_ns), &failed);
	gw_json_put(object, "supplier_ready_ns", gw_boot_json_time(finding->supplier_ready_ns), &failed);
	gw_json_put(object, "result", finding->has_result ? json_integer(finding->result) : json_null(), &failed);
	gw_json_put(object, "result_name", gw_boot_json_result_name(finding->has_result, finding->result), &failed);
	gw_json_put(object, "retries", gw_json_number(finding->retries), &failed);
	gw_json_put(object, "lost_ns", gw_json_number(gw_boot_is_position(model->now_ns) ? 0 : finding->lost_ns),
		    &failed);
	gw_json_put(object, "devices", json_integer((json_int_t)(finding->n_group ? finding->n_group : 1)), &failed);
	gw_json_put(object, "source", gw_json_text(report_source(finding)), &failed);
	return gw_json_unless(object, failed);
}

/* ---- the report -------------------------------------------------------------------------------------- */

static void report_fill_times(struct gw_report *report, const struct gw_boot_model *model,
			      const struct gw_boot_finding *finding)
{
	const struct gw_boot_host *host = &model->evidence->host;
	uint64_t formed = finding->formed_ns, known = finding->known_ns;

	if (gw_boot_is_position(model->now_ns)) {
		report->state = finding->resolved_ns ? GW_STATE_RESOLVED : GW_STATE_ACTIVE;
		return;
	}
	report->formed_mono_ns = formed == GW_BOOT_UNKNOWN ? 0 : formed;
	if (known == GW_BOOT_UNKNOWN)
		known = formed == GW_BOOT_UNKNOWN ? model->now_ns : formed;
	report->detected_mono_ns = known > report->formed_mono_ns ? known : report->formed_mono_ns;
	report->detected_real_ns = host->taken_real_ns + report->detected_mono_ns - host->taken_mono_ns;
	if (host->taken_real_ns < host->taken_mono_ns || !host->taken_mono_ns)
		report->detected_real_ns = host->taken_real_ns;
	report->resolved_mono_ns = finding->resolved_ns;
	report->state = finding->resolved_ns ? GW_STATE_RESOLVED : GW_STATE_ACTIVE;
}

/* The node of what is to blame: the supplier where there is one. */
static char *report_root_node(const struct gw_boot_model *model, const struct gw_boot_finding *finding)
{
	struct side side =
		finding->related ? report_supplier_side(model, finding) : report_consumer_side(model, finding);
	struct gw_text text = { .data = NULL };
	char id[3 * GW_BOOT_NAME_SIZE];

	report_node_id(id, sizeof(id), side.kind, side.bus, side.name);
	gw_text_add(&text, "%s", id);
	return gw_text_finish(&text);
}

static struct gw_report *report_make(const struct gw_boot_model *model, struct gw_boot_finding *finding)
{
	struct gw_report *report = calloc(1, sizeof(*report));

	if (!report)
		return NULL;
	report->kind = GW_KIND_PROBE_ORDER;
	report->class = finding->class;
	report->confidence = finding->confidence;
	report->key = report_key(model, finding);
	snprintf(report->id, sizeof(report->id), "p-%012" PRIx64,
		 (report->key ^ report->key >> 48) & UINT64_C(0xffffffffffff));
	report_fill_times(report, model, finding);
	report->summary = gw_text_finish(&finding->summary);
	report->explanation = gw_text_finish(&finding->explanation);
	report->advice = gw_text_finish(&finding->advice);
	report->root_node = report_root_node(model, finding);
	report->nodes = json_array();
	report->edges = json_array();
	report->probe_order = report_probe_order_json(model, finding);
	if (!report->summary || !report->explanation || !report->advice || !report->root_node || !report->nodes ||
	    !report->edges || !report->probe_order || report_fill_graph(report, model, finding) < 0) {
		gw_report_free(report);
		return NULL;
	}
	return report;
}

static int report_compare_findings(const void *a, const void *b)
{
	const struct gw_boot_finding *x = a, *y = b;

	if (x->formed_ns != y->formed_ns)
		return x->formed_ns < y->formed_ns ? -1 : 1;
	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	return x->device < y->device ? -1 : x->device > y->device;
}

/* The reports so far, by id: two findings about the same thing are one. */
static bool report_is_new(struct gw_boot_map *ids, const struct gw_report *report, int *r)
{
	if (gw_boot_map_get(ids, report->key) != GW_BOOT_NOT_FOUND)
		return false;
	*r = gw_boot_map_set(ids, report->key, 1);
	return true;
}

void gw_boot_reports_free(struct gw_report **reports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		gw_report_free(reports[i]);
	free(reports);
}

int gw_boot_reports_make(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			 struct gw_report ***reports, size_t *count)
{
	struct gw_boot_map ids = { .slots = NULL };
	int r = 0;

	*count = 0;
	*reports = calloc(findings->count + 1, sizeof(struct gw_report *));
	if (!*reports)
		return -ENOMEM;
	if (findings->count)
		qsort(findings->items, findings->count, sizeof(*findings->items), report_compare_findings);
	for (size_t i = 0; i < findings->count && r == 0; i++) {
		struct gw_boot_finding *finding = &findings->items[i];
		struct gw_report *report = report_make(model, finding);

		if (!report) {
			r = -ENOMEM;
		} else if (report_is_new(&ids, report, &r)) {
			snprintf(finding->id, sizeof(finding->id), "%s", report->id);
			(*reports)[(*count)++] = report;
		} else {
			gw_report_free(report);
		}
	}
	gw_boot_map_deinit(&ids);
	return r;
}
