/* SPDX-License-Identifier: GPL-2.0-only */
/* Who signals which timeline: the table, kept by bpf/watch and read by bpf/snapshot, of the object "watch" alone. */
#ifndef GPUWATCH_BPF_LIB_TIMELINES_H
#define GPUWATCH_BPF_LIB_TIMELINES_H

#include "bpf/lib/state.h"

/*
 * Direct-mapped by context. All of this object's .bss, which is a map
 * GW_TIMELINES_MAP of its own: no look-up, not even an array's.
 */
struct gw_timeline timelines[GW_TIMELINE_SLOTS];

static __always_inline struct gw_timeline *timeline_slot(u64 context)
{
	return &timelines[context & (GW_TIMELINE_SLOTS - 1)];
}

#endif
