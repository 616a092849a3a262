/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, in boot order. */
#include "lib/boot/document/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/json.h"
#include "lib/boot/document/json.h"
#include "lib/boot/model/attempts.h"

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
static int row_compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (row_moment(x) != row_moment(y))
		return row_moment(x) < row_moment(y) ? -1 : 1;
	return x->end_ns > y->end_ns ? -1 : x->end_ns < y->end_ns;
}

static bool row_contains(const struct row *outer, const struct row *inner)
{
	return outer->begin_ns != GW_BOOT_UNKNOWN && inner->begin_ns != GW_BOOT_UNKNOWN &&
	       outer->begin_ns <= inner->begin_ns && inner->end_ns <= outer->end_ns &&
	       (!outer->pid || !inner->pid || outer->pid == inner->pid);
}

/* In which call each one ran: the innermost that contains it, among those that have not ended. */
static void rows_find_parents(struct rows *rows)
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
			if (row_contains(&rows->items[open[k]], row))
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

static int rows_collect(struct rows *rows, const struct gw_boot_model *model, const struct gw_boot_relevant *relevant)
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
	qsort(rows->items, rows->count, sizeof(*rows->items), row_compare);
	rows_find_parents(rows);
	return 0;
}

static const char *row_source(uint8_t sources)
{
	for (int source = 0; source < GW_BOOT_SOURCES; source++)
		if (sources & 1u << source)
			return gw_boot_source_name((enum gw_boot_source)source);
	return "";
}

static const char *row_attempt_outcome(const struct gw_boot_attempt *attempt)
{
	if (!attempt->ended)
		return "running";
	if (attempt->result == 0)
		return "bound";
	if (gw_boot_attempt_deferred(attempt))
		return "deferred";
	return gw_boot_attempt_rejected(attempt) ? "rejected" : "failed";
}

static const char *row_init_outcome(const struct gw_boot_init *init)
{
	if (!init->ended)
		return "running";
	if (init->result == 0)
		return "ok";
	/* A built-in driver that finds no hardware says so by -ENODEV. */
	return init->result == -ENODEV && !init->module ? "rejected" : "failed";
}

static void row_put_attempt(json_t *object, const struct gw_boot_model *model, const struct gw_boot_attempt *attempt,
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
	gw_json_put(object, "result_name", gw_boot_json_result_name(attempt->ended, attempt->result), failed);
	gw_json_put(object, "source", json_string(row_source(attempt->sources)), failed);
	gw_json_put(object, "outcome", json_string(row_attempt_outcome(attempt)), failed);
	gw_json_put(object, "findings", gw_boot_relevant_findings(relevant->device_findings, attempt->device), failed);
}

static void row_put_init(json_t *object, const struct gw_boot_model *model, const struct gw_boot_init *init,
			 const struct gw_boot_relevant *relevant, bool *failed)
{
	const struct gw_boot_builtin *builtin =
		init->builtin == GW_BOOT_NOTHING ? NULL : &model->evidence->builtins[init->builtin];
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
	gw_json_put(object, "result_name", gw_boot_json_result_name(init->ended, init->result), failed);
	gw_json_put(object, "source", json_string(row_source(init->sources)), failed);
	gw_json_put(object, "outcome", json_string(row_init_outcome(init)), failed);
	gw_json_put(object, "findings",
		    gw_boot_relevant_findings(relevant->init_findings, (uint32_t)(init - model->inits)), failed);
}

static json_t *row_id(size_t index)
{
	char id[32];

	snprintf(id, sizeof(id), "r%zu", index + 1);
	return json_string(id);
}

static json_t *row_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant,
			const struct rows *rows, size_t index)
{
	const struct row *row = &rows->items[index];
	json_t *object = json_object();
	bool failed = !object;

	gw_json_put(object, "id", row_id(index), &failed);
	gw_json_put(object, "time_ns", gw_boot_json_time(row_moment(row)), &failed);
	gw_json_put(object, "end_ns", gw_boot_json_time(row->end_ns), &failed);
	if (row->attempt)
		row_put_attempt(object, model, row->attempt, relevant, &failed);
	else
		row_put_init(object, model, row->init, relevant, &failed);
	gw_json_put(object, "depth", json_integer(row->depth), &failed);
	gw_json_put(object, "parent", row->parent == SIZE_MAX ? json_null() : row_id(row->parent), &failed);
	return gw_json_unless(object, failed);
}

json_t *gw_boot_rows_json(const struct gw_boot_model *model, const struct gw_boot_relevant *relevant)
{
	struct rows rows = { .items = NULL };
	json_t *array = rows_collect(&rows, model, relevant) < 0 ? NULL : json_array();

	for (size_t i = 0; array && i < rows.count; i++) {
		if (json_array_append_new(array, row_json(model, relevant, &rows, i)) < 0) {
			json_decref(array);
			array = NULL;
		}
	}
	free(rows.items);
	return array;
}
