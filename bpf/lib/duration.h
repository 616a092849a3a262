/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long things took that are over: buckets by what it was, which driver's, and whose the task is. It costs four loads for
 * the task's cgroup, a few look-ups in arrays, which the verifier turns into a few instructions each, and two additions. All
 * CPUs share the buckets, so that they take no more memory on a large machine.
 */
#ifndef GPUWATCH_BPF_LIB_DURATION_H
#define GPUWATCH_BPF_LIB_DURATION_H

#include "bpf/lib/state.h"

#define DURATION_PROBES 8 /* rows of a workload that are tried */
#define ROOT_CGROUP 1	  /* kernel threads are in it */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_WORKLOADS *GW_WAIT_ROWS);
	__type(key, u32);
	__type(value, struct gw_wait_time);
} wait_times SEC(".maps");

/* cgroups that have rows of their own; 0 = free. Jobs come and go, and nobody may fill the rows with them. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_CGROUPS_MAX);
	__type(key, u32);
	__type(value, u64);
} wait_workloads SEC(".maps");

/* By halving: there are not more than sixteen. */
static __always_inline u32 bucket_of(u64 ns)
{
	u32 bucket = 0, step;

	for (step = 8; step; step /= 2)
		bucket += ns > GW_WAIT_BUCKET_NS(bucket + step - 1) ? step : 0;
	return bucket < GW_WAIT_BUCKETS ? bucket : GW_WAIT_BUCKETS - 1;
}

static __always_inline u32 workload_at(u64 cgroup, u32 i)
{
	return (((u32)cgroup * 0x9e3779b1u >> 16) + i) & (GW_CGROUPS_MAX - 1);
}

struct workload_search {
	u64 cgroup;
	u32 workload;
};

static long workload_find(u32 i, void *context)
{
	struct workload_search *search = context;
	u32 at = workload_at(search->cgroup, i);
	const u64 *id = bpf_map_lookup_elem(&wait_workloads, &at);

	if (!id || *id != search->cgroup)
		return 0;
	search->workload = GW_WORKLOAD_CGROUPS + at;
	return 1;
}

static long workload_take(u32 i, void *context)
{
	struct workload_search *search = context;
	u32 at = workload_at(search->cgroup, i);
	u64 *id = bpf_map_lookup_elem(&wait_workloads, &at);

	if (!id || *id || (__sync_val_compare_and_swap(id, 0, search->cgroup) && *id != search->cgroup))
		return 0;
	search->workload = GW_WORKLOAD_CGROUPS + at;
	return 1;
}

/*
 * The rows of the current task's cgroup, which takes some that are free if it has none. Those that were given up may be before
 * its own: all are looked at first.
 */
static __always_inline u32 workload_of_current(void)
{
	struct workload_search search = { .workload = GW_WORKLOAD_OTHERS };

	search.cgroup = bpf_get_current_task_btf()->cgroups->dfl_cgrp->kn->id;
	if (search.cgroup <= ROOT_CGROUP)
		return GW_WORKLOAD_NONE;
	if (!workload_find(0, &search)) {
		bpf_loop(GW_CGROUPS_MAX, workload_find, &search, 0);
		if (search.workload == GW_WORKLOAD_OTHERS)
			bpf_loop(GW_CGROUPS_MAX, workload_take, &search, 0);
	}
	return search.workload;
}

/* The row, which becomes that of @what if it is nobody's; NULL = all that may be are somebody else's. */
static __always_inline struct gw_wait_time *duration_row(u32 workload, u64 what)
{
	u32 first = (what ^ what >> 17) * 0x9e3779b1u >> 16, i;

	for (i = 0; i < DURATION_PROBES; i++) {
		u32 at = workload * GW_WAIT_ROWS + ((first + i) & (GW_WAIT_ROWS - 1));
		struct gw_wait_time *row = bpf_map_lookup_elem(&wait_times, &at);

		if (!row)
			return NULL;
		if (row->what == what)
			return row;
		if (!row->what && (!__sync_val_compare_and_swap(&row->what, 0, what) || row->what == what))
			return row;
	}
	return NULL;
}

/*
 * Something that the current task was in, or that it ends, has taken @ns. Not static: the verifier checks such a function once
 * for each program and not for each path to each call.
 */
__noinline int duration_measure(u64 what, u64 ns)
{
	struct gw_wait_time *row = duration_row(workload_of_current(), what);
	u32 bucket = bucket_of(ns);

	if (!row || bucket >= GW_WAIT_BUCKETS)
		return 0;
	__sync_fetch_and_add(&row->counts[bucket], 1);
	__sync_fetch_and_add(&row->sum_ns, ns);
	return 0;
}

#endif
