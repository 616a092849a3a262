/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long waits took that are over: buckets by what the wait was for and whose the fence was. Only a wait that was
 * recorded, and so slept, passes here; it costs the clock, a few look-ups in an array, which the verifier turns into a few
 * instructions each, and two additions. All CPUs share the buckets, so that they take no more memory on a large machine.
 */
#ifndef GPUWATCH_BPF_LIB_WAIT_TIME_H
#define GPUWATCH_BPF_LIB_WAIT_TIME_H

#include "bpf/lib/state.h"

#define WAIT_TIME_PROBES 8 /* rows that are tried for one kind of wait */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GW_WAIT_TIMES_MAX);
	__type(key, u32);
	__type(value, struct gw_wait_time);
} wait_times SEC(".maps");

/*
 * Kinds that are a GPU's. Locks are the whole kernel's, and contended far more often than a GPU is waited for; the others
 * may stand for as long as a process likes.
 */
static __always_inline bool is_measured(u32 kind)
{
	switch (kind) {
	case GW_WAIT_FENCE:
	case GW_WAIT_FENCE_ANY:
	case GW_WAIT_SYNCOBJ:
	case GW_WAIT_POLL:
	case GW_WAIT_NOTIFIER:
	case GW_WAIT_ENTITY:
	case GW_WAIT_POWER:
		return true;
	default:
		return false;
	}
}

static __always_inline u64 pointer_at(u64 address)
{
	u64 value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), (void *)address);
	return value;
}

/* Operations that are in the driver's memory: the fence's own or, of drm_sched's fences, those of their scheduler. */
static __always_inline u64 driver_operations(u64 fence, u64 operations)
{
	const struct gw_layout *layout = &control.layout;
	s32 offset;

	if (!operations ||
	    (operations != control.symbols.sched_finished_ops && operations != control.symbols.sched_scheduled_ops))
		return operations;
	offset = operations == control.symbols.sched_finished_ops ? layout->sched_fence_finished
								  : layout->sched_fence_scheduled;
	if (offset < 0 || layout->sched_fence_sched < 0 || layout->scheduler_ops < 0)
		return operations;
	return pointer_at(pointer_at(fence - offset + layout->sched_fence_sched) + layout->scheduler_ops);
}

static __always_inline u64 driver_operations_of(u64 fence)
{
	return fence ? driver_operations(fence, (u64)BPF_CORE_READ((struct dma_fence *)fence, ops)) : 0;
}

/* By halving: there are not more than sixteen. */
static __always_inline u32 bucket_of(u64 ns)
{
	u32 bucket = 0, step;

	for (step = 8; step; step /= 2)
		bucket += ns > GW_WAIT_BUCKET_NS(bucket + step - 1) ? step : 0;
	return bucket < GW_WAIT_BUCKETS ? bucket : GW_WAIT_BUCKETS - 1;
}

/* The row of such waits, which becomes theirs if it is nobody's; NULL = all that may be theirs are somebody else's. */
static __always_inline struct gw_wait_time *wait_time_row(u64 what)
{
	u32 first = (what ^ what >> 17) * 0x9e3779b1u >> 16, i;

	for (i = 0; i < WAIT_TIME_PROBES; i++) {
		u32 at = (first + i) & (GW_WAIT_TIMES_MAX - 1);
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

/* @operations: of the fence as the wait began, for since 7.0 one that has been signalled may have none. */
static __noinline int wait_measure(const struct gw_wait *wait, u64 operations)
{
	u64 ns = bpf_ktime_get_ns() - wait->since_ns;
	u64 what = GW_WAIT_TIME_OF(wait->kind, driver_operations(wait->object, operations));
	struct gw_wait_time *row = wait_time_row(what);
	u32 bucket = bucket_of(ns);

	if (!row || bucket >= GW_WAIT_BUCKETS)
		return 0;
	__sync_fetch_and_add(&row->counts[bucket], 1);
	__sync_fetch_and_add(&row->sum_ns, ns);
	return 0;
}

#endif
