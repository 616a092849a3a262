/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the buckets of durations. */
#include "daemon/watch/wait-times.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "bpf/abi/shared.h"
#include "daemon/watch/buckets.h"
#include "lib/analysis/record/wait.h"
#include "lib/base/cleanup.h"
#include "lib/base/json.h"

#define OTHERS "other"

/* ---- what the programs have ------------------------------------------------------------ */

struct times {
	int map, cgroups_map;
	size_t cgroups_free;
	struct workload {
		uint64_t cgroup; /* 0 = none */
		struct gw_wait_time rows[GW_WAIT_ROWS];
	} workloads[GW_WORKLOADS];
};

static void times_read_rows(struct times *times, uint32_t workload)
{
	struct gw_wait_time *rows = times->workloads[workload].rows;

	for (uint32_t i = 0; i < GW_WAIT_ROWS; i++) {
		uint32_t at = workload * GW_WAIT_ROWS + i;

		if (bpf_map_lookup_elem(times->map, &at, &rows[i]) < 0)
			rows[i].what = 0;
	}
}

static void times_read(struct times *times, const struct gw_loader *loader)
{
	times->map = gw_loader_map(loader, "wait_times", sizeof(struct gw_wait_time));
	times->cgroups_map = gw_loader_map(loader, "wait_workloads", sizeof(uint64_t));
	for (uint32_t i = 0; i < GW_WORKLOADS && times->map >= 0 && times->cgroups_map >= 0; i++) {
		uint32_t at = i - GW_WORKLOAD_CGROUPS;
		struct workload *workload = &times->workloads[i];

		if (i >= GW_WORKLOAD_CGROUPS &&
		    (bpf_map_lookup_elem(times->cgroups_map, &at, &workload->cgroup) < 0 || workload->cgroup == 0))
			times->cgroups_free++;
		else
			times_read_rows(times, i);
	}
}

/* ---- whose they are ---------------------------------------------------------------------- */

/* An object for each workload, with what it is where that is known. */
static json_t *times_workloads(const struct times *times, struct gw_cgroups *cgroups)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < GW_WORKLOADS; i++)
		json_array_append_new(list,
				      json_pack("{s:o}", "cgroup_id", gw_json_number(times->workloads[i].cgroup)));
	if (list && gw_cgroups_annotate(cgroups, list) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* Where the rows of all that are gone have one of @what, or room for it; -1: they have not. */
static int times_gone(const struct times *times, uint64_t what)
{
	const struct gw_wait_time *rows = times->workloads[GW_WORKLOAD_GONE].rows;
	int found = -1;

	for (int i = GW_WAIT_ROWS; i-- > 0;)
		if (rows[i].what == what || (!rows[i].what && (found < 0 || rows[found].what != what)))
			found = i;
	return found;
}

/* Moves a row of a workload to those that are gone. Returns false, and leaves it, if these have no room. */
static bool times_move(struct times *times, uint32_t workload, uint32_t row)
{
	struct gw_wait_time *from = &times->workloads[workload].rows[row], *to;
	uint32_t at = workload * GW_WAIT_ROWS + row, gone_at;
	const struct gw_wait_time none = { .what = 0 };
	int gone = from->what ? times_gone(times, from->what) : -1;

	if (!from->what || gone < 0)
		return !from->what;
	to = &times->workloads[GW_WORKLOAD_GONE].rows[gone];
	to->what = from->what;
	gw_buckets_add(to, from);
	gone_at = GW_WORKLOAD_GONE * GW_WAIT_ROWS + (uint32_t)gone;
	bpf_map_update_elem(times->map, &at, &none, BPF_ANY);
	bpf_map_update_elem(times->map, &gone_at, to, BPF_ANY);
	return true;
}

/* Cgroups that are gone have no tasks any more, so that nothing is counted for them while this happens. */
static void times_make_room(struct times *times, struct gw_cgroups *cgroups)
{
	for (uint32_t i = GW_WORKLOAD_CGROUPS; i < GW_WORKLOADS; i++) {
		uint32_t at = i - GW_WORKLOAD_CGROUPS;
		const uint64_t none = 0;
		bool moved = true;

		if (gw_cgroups_lives(cgroups, times->workloads[i].cgroup))
			continue;
		for (uint32_t row = 0; row < GW_WAIT_ROWS; row++)
			moved &= times_move(times, i, row);
		if (moved)
			bpf_map_update_elem(times->cgroups_map, &at, &none, BPF_ANY);
	}
}

/* ---- rows ---------------------------------------------------------------------------------- */

/* A driver may have several operations, and a workload several cgroups: one row for all of them. */
struct row {
	uint32_t kind;
	const char *driver;   /* belongs to the kernel's symbols */
	const char *workload; /* its name */
	const json_t *object; /* the workload, NULL = none, or others */
	struct gw_wait_time times;
};

struct rows {
	size_t count;
	struct row list[GW_WORKLOADS * GW_WAIT_ROWS];
};

/* Of a module that was unloaded since nobody knows any more. */
static const char *rows_driver(const struct gw_loader *loader, uint64_t operations)
{
	struct gw_symbol symbol;

	return operations && gw_loader_symbol(loader, operations, &symbol) ? symbol.module : "";
}

static struct row *rows_find(struct rows *rows, const struct row *like)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct row *row = &rows->list[i];

		if (row->kind == like->kind && strcmp(row->driver, like->driver) == 0 &&
		    strcmp(row->workload, like->workload) == 0)
			return row;
	}
	rows->list[rows->count] = *like;
	return &rows->list[rows->count++];
}

static void rows_fill(struct rows *rows, const struct times *times, const struct gw_loader *loader,
		      const json_t *workloads)
{
	for (size_t i = 0; i < GW_WORKLOADS * GW_WAIT_ROWS; i++) {
		size_t at = i / GW_WAIT_ROWS;
		const struct gw_wait_time *row = &times->workloads[at].rows[i % GW_WAIT_ROWS];
		const json_t *workload = json_object_get(json_array_get(workloads, at), "workload");
		const struct row like = {
			.kind = GW_WAIT_TIME_KIND(row->what),
			.driver = rows_driver(loader, GW_WAIT_TIME_OPERATIONS(row->what)),
			.workload = workload		     ? gw_json_string(workload, "name")
				    : at == GW_WORKLOAD_NONE ? ""
							     : OTHERS,
			.object = workload,
		};

		if (row->what)
			gw_buckets_add(&rows_find(rows, &like)->times, row);
	}
}

/* Put under another name, which exporters of GPUs have for it; left out where there is none. */
static void row_put_id(json_t *json, const char *key, const struct row *row, const char *field, bool *failed)
{
	const char *value = gw_json_string(row->object, field);

	if (*value)
		gw_json_put(json, key, json_string(value), failed);
}

static json_t *row_json(const struct row *row)
{
	json_t *json = json_object();
	bool failed = !json;

	if (row->kind < GW_DURATION_PAGE_FAULT)
		gw_json_put(json, "kind", json_string(gw_wait_kind_name(row->kind)), &failed);
	gw_json_put(json, "driver", json_string(row->driver), &failed);
	gw_json_put(json, "workload", json_string(row->workload), &failed);
	row_put_id(json, "job_id", row, "slurm_job", &failed);
	row_put_id(json, "job_id", row, "flux_job", &failed);
	row_put_id(json, "pod_uid", row, "pod", &failed);
	gw_buckets_put(json, &row->times, &failed);
	return gw_json_unless(json, failed);
}

/* Those of a kind; @kind GW_WAIT_NONE: of all kinds of waits. */
static json_t *rows_json(const struct rows *rows, uint32_t kind)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < rows->count; i++)
		if (kind ? rows->list[i].kind == kind : rows->list[i].kind < GW_DURATION_PAGE_FAULT)
			json_array_append_new(list, row_json(&rows->list[i]));
	return list;
}

/* ---- the whole ------------------------------------------------------------------------------ */

json_t *gw_wait_times_json(const struct gw_loader *loader, struct gw_cgroups *cgroups, const struct gw_resets *resets)
{
	_cleanup_free_ struct times *times = calloc(1, sizeof(*times));
	_cleanup_free_ struct rows *rows = calloc(1, sizeof(*rows));
	_cleanup_json_ json_t *workloads = NULL;

	if (!times || !rows)
		return NULL;
	times_read(times, loader);
	workloads = times_workloads(times, cgroups);
	if (!workloads)
		return NULL;
	rows_fill(rows, times, loader, workloads);
	if (times->map >= 0 && times->cgroups_map >= 0 && times->cgroups_free == 0)
		times_make_room(times, cgroups);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "bounds_ns", gw_buckets_bounds(), "waits",
			 rows_json(rows, GW_WAIT_NONE), "page_faults", rows_json(rows, GW_DURATION_PAGE_FAULT),
			 "invalidations", rows_json(rows, GW_DURATION_INVALIDATION), "evictions",
			 rows_json(rows, GW_DURATION_EVICTION), "resets", gw_resets_json(resets));
}
