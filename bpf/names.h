/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of fences' drivers and timelines. A program cannot call
 * ops->get_driver_name(); but the kernel calls it for its own tracepoint, which
 * fires once for a fence that somebody waits for.
 */
#ifndef GPUWATCH_NAMES_H
#define GPUWATCH_NAMES_H

#include "kernel.h"
#include "records.h"

struct fence_names {
	char driver[GW_NAME_SIZE];
	char timeline[GW_NAME_SIZE];
};

/* By the low half of dma_fence.context, which is what the tracepoint has. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, u32);
	__type(value, struct fence_names);
} names SEC(".maps");

static __always_inline void read_names(struct gw_fence_record *record)
{
	u32 context = record->context;
	struct fence_names *known;

	if (record->driver[0])
		return;
	known = bpf_map_lookup_elem(&names, &context);
	if (!known)
		return;
	__builtin_memcpy(record->driver, known->driver, sizeof(record->driver));
	__builtin_memcpy(record->timeline, known->timeline, sizeof(record->timeline));
}

#endif
