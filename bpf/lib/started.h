/* SPDX-License-Identifier: GPL-2.0-only */
/* When a worker began its present item: written by work.c, read by the iterators. */
#ifndef GPUWATCH_BPF_LIB_STARTED_H
#define GPUWATCH_BPF_LIB_STARTED_H

#include "bpf/lib/kernel.h"

#define STARTED_SLOTS 4096

struct started {
	u64 work; /* struct work_struct; an entry counts only for a worker that runs this item */
	u64 since_ns;
	u64 signalled; /* context whose fences this execution has signalled, 0 = none, GW_SIGNALLED_SEVERAL */
};

/* By thread id; a collision makes a begin unknown, never wrong: an item runs in one worker at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STARTED_SLOTS);
	__type(key, u32);
	__type(value, struct started);
} started SEC(".maps");

static __always_inline struct started *started_slot(u32 pid)
{
	u32 slot = pid & (STARTED_SLOTS - 1);

	return bpf_map_lookup_elem(&started, &slot);
}

#endif
