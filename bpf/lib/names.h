/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of fences' drivers and timelines. A program cannot call
 * ops->get_driver_name(); but the kernel calls it for its own tracepoint, which
 * fires once for a fence that somebody waits for.
 */
#ifndef GPUWATCH_BPF_LIB_NAMES_H
#define GPUWATCH_BPF_LIB_NAMES_H

#include "bpf/abi/shared.h"
#include "bpf/lib/kernel.h"

/* By the low half of dma_fence.context, which is what the tracepoint has. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, u32);
	__type(value, struct gw_fence_names);
} names SEC(".maps");

#endif
