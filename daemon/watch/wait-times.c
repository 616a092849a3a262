/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the buckets of wait times. */
#include "daemon/watch/wait-times.h"

#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf/abi/shared.h"
#include "lib/analysis/record/wait.h"
#include "lib/base/cleanup.h"
#include "lib/base/json.h"

static json_t *times_bounds(void)
{
	json_t *bounds = json_array();

	for (int i = 0; bounds && i < GW_WAIT_BUCKETS - 1; i++)
		json_array_append_new(bounds, json_integer((json_int_t)GW_WAIT_BUCKET_NS(i)));
	return bounds;
}

/* Of a module that was unloaded since nobody knows any more. */
static const char *times_driver(const struct gw_loader *loader, uint64_t operations)
{
	struct gw_symbol symbol;

	return operations && gw_loader_symbol(loader, operations, &symbol) ? symbol.module : "";
}

/* A driver may have several operations: one row for all of them. */
struct row {
	uint32_t kind;
	const char *driver; /* belongs to the kernel's symbols */
	struct gw_wait_time times;
};

struct rows {
	size_t count;
	struct row rows[GW_WAIT_TIMES_MAX];
};

static struct row *times_find(struct rows *rows, uint32_t kind, const char *driver)
{
	for (size_t i = 0; i < rows->count; i++)
		if (rows->rows[i].kind == kind && strcmp(rows->rows[i].driver, driver) == 0)
			return &rows->rows[i];
	if (rows->count == GW_WAIT_TIMES_MAX)
		return NULL;
	rows->rows[rows->count] = (struct row){ .kind = kind, .driver = driver };
	return &rows->rows[rows->count++];
}

static void times_add(struct row *row, const struct gw_wait_time *times)
{
	for (int i = 0; i < GW_WAIT_BUCKETS; i++)
		row->times.counts[i] += times->counts[i];
	row->times.sum_ns += times->sum_ns;
}

static void times_read(const struct gw_loader *loader, struct rows *rows)
{
	int map = gw_loader_map(loader, "wait_times", sizeof(struct gw_wait_time));
	struct gw_wait_time times;

	for (uint32_t i = 0; map >= 0 && i < GW_WAIT_TIMES_MAX; i++) {
		struct row *row;

		if (bpf_map_lookup_elem(map, &i, &times) < 0 || !times.what)
			continue;
		row = times_find(rows, GW_WAIT_TIME_KIND(times.what),
				 times_driver(loader, GW_WAIT_TIME_OPERATIONS(times.what)));
		if (row)
			times_add(row, &times);
	}
}

static json_t *times_json(const struct row *row)
{
	json_t *counts = json_array();

	for (int i = 0; counts && i < GW_WAIT_BUCKETS; i++)
		json_array_append_new(counts, gw_json_number(row->times.counts[i]));
	return json_pack("{s:s, s:s, s:o, s:o}", "kind", gw_wait_kind_name(row->kind), "driver", row->driver, "counts",
			 counts, "sum_ns", gw_json_number(row->times.sum_ns));
}

static json_t *times_rows(const struct gw_loader *loader)
{
	_cleanup_free_ struct rows *rows = calloc(1, sizeof(*rows));
	json_t *list = NULL;

	if (!rows)
		return NULL;
	times_read(loader, rows);
	list = json_array();
	for (size_t i = 0; list && i < rows->count; i++)
		json_array_append_new(list, times_json(&rows->rows[i]));
	return list;
}

json_t *gw_wait_times_json(const struct gw_loader *loader)
{
	return json_pack("{s:o, s:o}", "bounds_ns", times_bounds(), "waits", times_rows(loader));
}
