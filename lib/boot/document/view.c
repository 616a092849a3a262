/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document for people: what is worth showing of the boot, in its order. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/boot/document/missing.h"
#include "lib/boot/document/relevant.h"
#include "lib/boot/document/tree.h"
#include "lib/boot/evidence/error-names.h"
#include "lib/boot/rules/finding.h"

/* ---- small things -------------------------------------------------------------------------------- */

static json_t *time_or_null(uint64_t time_ns)
{
	return time_ns == GW_BOOT_UNKNOWN ? json_null() : gw_json_number(time_ns);
}

static json_t *result_name(bool ended, int32_t result)
{
	struct gw_text text = { .data = NULL };
	char *name;
	json_t *json;

	if (ended)
		gw_boot_add_result(&text, result);
	name = gw_text_finish(&text);
	json = name ? json_string(name) : NULL;
	free(name);
	return json;
}

static const char *source_of(uint8_t sources)
{
	for (int source = 0; source < GW_BOOT_SOURCES; source++)
		if (sources & 1u << source)
			return gw_boot_source_name((enum gw_boot_source)source);
	return "";
}

/* ---- rows ------------------------------------------------------------------------------------------ */

/* Calls that run at one moment; deeper or wider than that nobody reads. */
#define OPEN_MAX 64

struct row {
	uint64_t begin_ns, end_ns;
	const struct gw_boot_attempt *attempt; /* or */
	const struct gw_boot_init *init;
	uint32_t pid;
	uint32_t depth;
	size_t parent; /* index of a row, SIZE_MAX = none */
};

struct rows {
	struct row *items;
	size_t count;
};

static uint64_t row_moment(const struct row *row)
{
	return row->begin_ns != GW_BOOT_UNKNOWN ? row->begin_ns : row->end_ns;
}

/* What contains others comes first. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (row_moment(x) != row_moment(y))
		return row_moment(x) < row_moment(y) ? -1 : 1;
	return x->end_ns > y->end_ns ? -1 : x->end_ns < y->end_ns;
}

static bool contains(const struct row *outer, const struct row *inner)
{
	return outer->begin_ns != GW_BOOT_UNKNOWN && inner->begin_ns != GW_BOOT_UNKNOWN &&
	       outer->begin_ns <= inner->begin_ns && inner->end_ns <= outer->end_ns &&
	       (!outer->pid || !inner->pid || outer->pid == inner->pid);
}

/* In which call each one ran: the innermost that contains it, among those that have not ended. */
static void find_parents(struct rows *rows)
{
	size_t open[OPEN_MAX], n_open = 0;

	for (size_t i = 0; i < rows->count; i++) {
		struct row *row = &rows->items[i];
		size_t kept = 0;

		row->parent = SIZE_MAX;
		for (size_t k = 0; k < n_open; k++) {
			if (rows->items[open[k]].end_ns < row_moment(row))
				continue;
			open[kept++] = open[k];
			if (contains(&rows->items[open[k]], row))
				row->parent = open[k];
		}
		n_open = kept;
		if (row->parent != SIZE_MAX)
			row->depth = rows->items[row->parent].depth + 1;
		/* What has no end cannot be known to contain anything, and would stay open for ever. */
		if (n_open < OPEN_MAX && row->end_ns != GW_BOOT_UNKNOWN && row->begin_ns != GW_BOOT_UNKNOWN)
			open[n_open++] = i;
	}
}

static int collect_rows(struct rows *rows, const struct gw_boot_model *model, const struct gw_boot_relevant *relevant)
{
	rows->items = calloc(model->n_attempts + model->n_inits + 1, sizeof(*rows->items));
	if (!rows->items)
		return -ENOMEM;
	for (size_t i = 0; i < model->n_attempts; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[i];

		if (relevant->devices[attempt->device])
			rows->items[rows->count++] = (struct row){ .begin_ns = attempt->begin_ns,
								   .end_ns = attempt->end_ns,
								   .attempt = attempt,
								   .pid = attempt->pid };
	}
	for (size_t i = 0; i < model->n_inits; i++) {
		const struct gw_boot_init *init = &model->inits[i];

		if (relevant->inits[i])
			rows->items[rows->count++] = (struct row){
				.begin_ns = init->begin_ns, .end_ns = init->end_ns, .init = init, .pid = init->pid
			};
	}
	qsort(rows->items, rows->count, sizeof(*rows->items), compare_rows);
	find_parents(rows);
	return 0;
}

static const char *attempt_outcome(const struct gw_boot_attempt *attempt)
{
	if (!attempt->ended)
		return "running";
	if (attempt->result == 0)
		return "bound";
	if (gw_boot_attempt_deferred(attempt))
		return "deferred";
	return gw_boot_attempt_rejected(attempt) ? "rejected" : "failed";
}

static const char *init_outcome(const struct gw_boot_init *init)
{
	if (!init->ended)
		return "running";
	if (init->result == 0)
		return "ok";
	/* A built-in driver that finds no hardware says so by -ENODEV. */
	return init->result == -ENODEV && !init->module ? "rejected" : "failed";
}

static void put_attempt(json_t *object, const struct gw_boot_model *model, const struct gw_boot_attempt *attempt,
			const struct gw_boot_relevant *relevant, bool *failed)
{
	const struct gw_boot_device *device = &model->devices[attempt->device];
	const char *name = gw_boot_text(model, device->name);

	gw_json_put(object, "kind", json_string("probe"), failed);
	gw_json_put(object, "name", gw_json_text(name), failed);
	gw_json_put(object, "device", gw_json_text(name), failed);
	gw_json_put(object, "driver", gw_json_text(gw_boot_text(model, attempt->driver)), failed);
	gw_json_put(object, "bus", gw_json_text(gw_boot_text(model, device->bus)), failed);
	gw_json_put(object, "module",
		    gw_json_text(attempt->driver == device->driver ? gw_boot_text(model, device->module) : ""), failed);
	gw_json_put(object, "level", json_string(""), failed);
	gw_json_put(object, "result", attempt->ended ? json_integer(attempt->result) : json_null(), failed);
	gw_json_put(object, "result_name", result_name(attempt->ended, attempt->result), failed);
	gw_json_put(object, "source", json_string(source_of(attempt->sources)), failed);
	gw_json_put(object, "outcome", json_string(attempt_outcome(attempt)), failed);
	gw_json_put(object, "findings", gw_boot_relevant_findings(relevant->device_findings, attempt->device), failed);
}

static void put_init(json_t *object, const struct gw_boot_model *model, const struct gw_boot_init *init,
		     const struct gw_boot_relevant *relevant, bool *failed)
{
	const struct gw_boot_builtin *builtin =
		init->builtin == GW_BOOT_NOTHING ? NULL : &model->boot->builtins[init->builtin];
	const char *function = gw_boot_text(model, init->function);
	const char *module = gw_boot_text(model, init->module ? init->module : builtin ? builtin->module : 0);

	gw_json_put(object, "kind", json_string(init->module ? "module" : "initcall"), failed);
	gw_json_put(object, "name", gw_json_text(init->module ? module : function), failed);
	gw_json_put(object, "function", gw_json_text(function), failed);
	gw_json_put(object, "device", json_string(""), failed);
	gw_json_put(object, "driver", json_string(""), failed);
	gw_json_put(object, "bus", json_string(""), failed);
	gw_json_put(object, "module", gw_json_text(module), failed);
	gw_json_put(object, "level",
		    json_string(builtin ? gw_initcall_level_name((enum gw_initcall_level)builtin->level) : ""), failed);
	gw_json_put(object, "result", init->ended ? json_integer(init->result) : json_null(), failed);
	gw_json_put(object, "result_name", result_name(init->ended, init->result), failed);
	gw_json_put(object, "source", json_string(source_of(init->sources)), failed);
	gw_json_put(object, "outcome", json_string(init_outcome(init)), failed);
	gw_json_put(object, "findings",
		    gw_boot_relevant_findings(relevant->init_findings, (uint32_t)(init - model->inits)), failed);
}

static json_t *row_id(size_t index)
{
	char id[32];

	snprintf(id, sizeof(id), "r%zu", index + 1);
	return json_string(id);
}

static json_t *json_row(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant,
			const struct rows *rows, size_t index)
{
	const struct row *row = &rows->items[index];
	json_t *object = json_object();
	bool failed = !object;

	gw_json_put(object, "id", row_id(index), &failed);
	gw_json_put(object, "time_ns", time_or_null(row_moment(row)), &failed);
	gw_json_put(object, "end_ns", time_or_null(row->end_ns), &failed);
	if (row->attempt)
		put_attempt(object, model, row->attempt, relevant, &failed);
	else
		put_init(object, model, row->init, relevant, &failed);
	gw_json_put(object, "depth", json_integer(row->depth), &failed);
	gw_json_put(object, "parent", row->parent == SIZE_MAX ? json_null() : row_id(row->parent), &failed);
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *json_rows(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant)
{
	struct rows rows = { .items = NULL };
	json_t *array = collect_rows(&rows, model, relevant) < 0 ? NULL : json_array();

	for (size_t i = 0; array && i < rows.count; i++) {
		if (json_array_append_new(array, json_row(model, relevant, &rows, i)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	free(rows.items);
	return array;
}

/* ---- devices ---------------------------------------------------------------------------------------- */

static int add_span(json_t *spans, uint64_t begin_ns, uint64_t end_ns, const char *kind, bool ended, int32_t result,
		    const char *driver)
{
	return json_array_append_new(spans,
				     json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "begin_ns", time_or_null(begin_ns),
					       "end_ns", time_or_null(end_ns), "kind", kind, "result",
					       ended ? json_integer(result) : json_null(), "result_name",
					       result_name(ended, result), "driver", gw_json_text(driver)));
}

/* Its probes, and between a deferral and the next probe, or now, the wait. */
static json_t *json_spans(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	json_t *spans = json_array();
	int failed = !spans;

	for (uint32_t i = 0; i < device->n_attempts && !failed; i++) {
		const struct gw_boot_attempt *attempt = &model->attempts[device->first_attempt + i];
		bool last = i + 1 == device->n_attempts;
		uint64_t until = last ? model->now_ns : attempt[1].begin_ns;

		failed = add_span(spans, attempt->begin_ns, attempt->end_ns, "probe", attempt->ended, attempt->result,
				  gw_boot_text(model, attempt->driver));
		if (!failed && gw_boot_attempt_deferred(attempt) && until != GW_BOOT_UNKNOWN &&
		    until > attempt->end_ns && (!last || device->deferred))
			failed = add_span(spans, attempt->end_ns, until, "deferred", true, -GW_EPROBE_DEFER, "");
	}
	if (!failed)
		return spans;
	json_decref(spans);
	return NULL;
}

static uint64_t waited_now(const struct gw_boot_model *model, const struct gw_boot_device *device)
{
	const struct gw_boot_attempt *bound = gw_boot_current(model, device);

	if (device->deferred)
		return gw_boot_waited(device, model->now_ns);
	return bound ? gw_boot_waited(device, bound->end_ns) : 0;
}

static json_t *json_device(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant, uint32_t index)
{
	const struct gw_boot_device *device = &model->devices[index];
	const struct gw_boot_attempt *bound = gw_boot_current(model, device);
	json_t *object = json_object();
	bool failed = !object;

	gw_json_put(object, "name", gw_json_text(gw_boot_text(model, device->name)), &failed);
	gw_json_put(object, "bus", gw_json_text(gw_boot_text(model, device->bus)), &failed);
	gw_json_put(object, "driver", gw_json_text(gw_boot_text(model, device->driver)), &failed);
	gw_json_put(object, "bound", json_boolean(device->bound), &failed);
	gw_json_put(object, "spans", json_spans(model, device), &failed);
	gw_json_put(object, "retries", json_integer(device->retries), &failed);
	gw_json_put(object, "lost_ns", gw_json_number(waited_now(model, device)), &failed);
	gw_json_put(object, "ready_ns", time_or_null(bound ? bound->end_ns : GW_BOOT_UNKNOWN), &failed);
	gw_json_put(object, "findings", gw_boot_relevant_findings(relevant->device_findings, index), &failed);
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *json_devices(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant)
{
	json_t *array = json_array();

	for (uint32_t i = 0; array && i < model->n_devices; i++) {
		if (relevant->devices[i] && json_array_append_new(array, json_device(model, relevant, i)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

/* ---- settings and sums ------------------------------------------------------------------------------- */

/* The value of a parameter of the kernel command line, the last one counts, as the kernel has it; "" = not given. */
static void parameter(const struct gw_boot_model *model, const char *name, char *ret, size_t size)
{
	const char *cmdline = json_string_value(json_object_get(model->boot->state, "cmdline"));
	size_t length = strlen(name);

	ret[0] = '\0';
	for (const char *at = cmdline; at && *at; at += strcspn(at, " \n")) {
		at += strspn(at, " \n");
		if (strncmp(at, name, length) == 0 && at[length] == '=')
			snprintf(ret, size, "%.*s", (int)strcspn(at + length + 1, " \n"), at + length + 1);
	}
}

static bool has_word(const struct gw_boot_model *model, const char *word)
{
	const char *cmdline = json_string_value(json_object_get(model->boot->state, "cmdline"));
	size_t length = strlen(word);

	for (const char *at = cmdline; at && *at; at += strcspn(at, " \n")) {
		at += strspn(at, " \n");
		if (strncmp(at, word, length) == 0 && strchr(" \n=", at[length]))
			return true;
	}
	return false;
}

static json_t *json_settings(const struct gw_boot_model *model)
{
	char fw_devlink[32], strict[16], timeout[16], iommu[32];

	parameter(model, "fw_devlink", fw_devlink, sizeof(fw_devlink));
	parameter(model, "fw_devlink.strict", strict, sizeof(strict));
	parameter(model, "deferred_probe_timeout", timeout, sizeof(timeout));
	parameter(model, "iommu", iommu, sizeof(iommu));
	return json_pack("{s:o, s:b, s:o, s:o, s:b, s:o}", "fw_devlink", gw_json_text(fw_devlink), "fw_devlink_strict",
			 strict[0] == '1' || strict[0] == 'y' || strict[0] == 'Y' || strcmp(strict, "on") == 0,
			 "deferred_probe_timeout_s", *timeout ? json_integer(atoi(timeout)) : json_null(), "iommu",
			 gw_json_text(iommu), "initcall_debug", has_word(model, "initcall_debug"), "timeout_expired_ns",
			 time_or_null(model->timeout_ns));
}

static json_t *json_summary(const struct gw_boot_model *model)
{
	size_t deferrals = 0, lost = 0, devices = 0, initcalls = 0;

	for (size_t i = 0; i < model->n_devices; i++) {
		deferrals += model->devices[i].retries;
		devices += model->devices[i].n_attempts > 0;
	}
	for (size_t i = 0; i < model->n_inits; i++)
		initcalls += !model->inits[i].module;
	for (size_t i = 0; i < model->n_findings; i++)
		lost += model->findings[i].id[0] && model->findings[i].effect == GW_BOOT_LOST &&
			!model->findings[i].resolved_ns;
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "initcalls", (json_int_t)initcalls, "probes",
			 (json_int_t)model->n_attempts, "deferrals", (json_int_t)deferrals, "devices",
			 (json_int_t)devices, "lost", (json_int_t)lost);
}

static json_t *json_reports(const struct gw_boot *boot)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < boot->n_reports; i++) {
		if (json_array_append_new(
			    array, gw_report_json(boot->reports[i], boot->host.boot_id, boot->host.kernel)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	return array;
}

static json_t *json_document(const struct gw_boot *boot, const struct gw_boot_relevant *relevant)
{
	const struct gw_boot_model *model = boot->model;
	json_t *object = json_object(), *missing = gw_boot_missing_json(model);
	bool failed = !object;

	gw_json_put(object, "schema", json_string(GW_PROBE_ORDER_SCHEMA), &failed);
	gw_json_put(object, "boot_id", gw_json_text(boot->host.boot_id), &failed);
	gw_json_put(object, "kernel", gw_json_text(boot->host.kernel), &failed);
	gw_json_put(object, "taken_at", gw_json_time(boot->host.taken_real_ns), &failed);
	gw_json_put(object, "now_ns", gw_json_number(model->now_ns), &failed);
	gw_json_put(object, "complete", json_boolean(json_array_size(missing) == 0), &failed);
	gw_json_put(object, "missing", missing, &failed);
	gw_json_put(object, "settings", json_settings(model), &failed);
	gw_json_put(object, "summary", json_summary(model), &failed);
	gw_json_put(object, "rows", json_rows(model, relevant), &failed);
	gw_json_put(object, "tree", gw_boot_tree_json(model, relevant), &failed);
	gw_json_put(object, "devices", json_devices(model, relevant), &failed);
	gw_json_put(object, "reports", json_reports(boot), &failed);
	if (!failed)
		return object;
	json_decref(object);
	return NULL;
}

json_t *gw_boot_json(const struct gw_boot *boot)
{
	struct gw_boot_relevant relevant;
	json_t *document = NULL;

	if (!boot->model)
		return NULL;
	if (gw_boot_relevant_init(&relevant, boot->model) == 0)
		document = json_document(boot, &relevant);
	gw_boot_relevant_deinit(&relevant);
	return document;
}
