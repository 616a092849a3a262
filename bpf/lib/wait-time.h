/* SPDX-License-Identifier: GPL-2.0-only */
/* How long waits took that are over, and whose the fence was. Only a wait that was recorded, and so slept, passes here. */
#ifndef GPUWATCH_BPF_LIB_WAIT_TIME_H
#define GPUWATCH_BPF_LIB_WAIT_TIME_H

#include "bpf/lib/duration.h"

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

/* @operations: of the fence as the wait began, for since 7.0 one that has been signalled may have none. */
static __always_inline void wait_measure(const struct gw_wait *wait, u64 operations)
{
	duration_measure(GW_WAIT_TIME_OF(wait->kind, driver_operations(wait->object, operations)),
			 bpf_ktime_get_ns() - wait->since_ns);
}

#endif
