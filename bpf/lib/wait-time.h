/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long waits took that are over: buckets by what the wait was for and whose the fence was. Only a wait that was
 * recorded, and so slept, passes here; it costs the clock, a look-up and two additions. All CPUs share the buckets, so that they
 * take no more memory on a large machine.
 */
#ifndef GPUWATCH_BPF_LIB_WAIT_TIME_H
#define GPUWATCH_BPF_LIB_WAIT_TIME_H

#include "bpf/lib/state.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_WAIT_TIMES_MAX);
	__type(key, struct gw_wait_time_key);
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

/* The fence, or the first of several; 0 = none that can be read. */
static __always_inline u64 measured_fence(const struct gw_wait *wait)
{
	switch (wait->kind) {
	case GW_WAIT_FENCE:
		return wait->object;
	case GW_WAIT_FENCE_ANY:
		return pointer_at(wait->object);
	case GW_WAIT_SYNCOBJ:
		return control.layout.syncobj_fence < 0
			       ? 0
			       : pointer_at(pointer_at(wait->object) + control.layout.syncobj_fence);
	default:
		return 0;
	}
}

/* Operations that are in the driver's memory: the fence's own or, of drm_sched's fences, those of their scheduler. */
static __always_inline u64 measured_operations(u64 fence)
{
	const struct gw_layout *layout = &control.layout;
	u64 operations = fence ? (u64)BPF_CORE_READ((struct dma_fence *)fence, ops) : 0;
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

static __always_inline u32 bucket_of(u64 ns)
{
	u32 bucket = 0, i;

	for (i = 0; i < GW_WAIT_BUCKETS - 1; i++)
		bucket += ns > GW_WAIT_BUCKET_NS(i);
	return bucket;
}

static __noinline int wait_measure(const struct gw_wait *wait)
{
	u64 ns = bpf_ktime_get_ns() - wait->since_ns;
	struct gw_wait_time_key key = {
		.operations = measured_operations(measured_fence(wait)),
		.kind = wait->kind,
	};
	struct gw_wait_time *time = bpf_map_lookup_elem(&wait_times, &key);
	u32 bucket = bucket_of(ns);

	if (!time) {
		struct gw_wait_time none = {};

		bpf_map_update_elem(&wait_times, &key, &none, BPF_NOEXIST);
		time = bpf_map_lookup_elem(&wait_times, &key);
	}
	if (!time || bucket >= GW_WAIT_BUCKETS)
		return 0;
	__sync_fetch_and_add(&time->counts[bucket], 1);
	__sync_fetch_and_add(&time->sum_ns, ns);
	return 0;
}

#endif
