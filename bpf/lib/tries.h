/* SPDX-License-Identifier: GPL-2.0-only */
/* Who tries to take a lock in a loop: written by bpf/watch/sample.bpf.c, read by the iterator. */
#ifndef GPUWATCH_BPF_LIB_TRIES_H
#define GPUWATCH_BPF_LIB_TRIES_H

#include "bpf/abi/shared.h"
#include "bpf/lib/kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GW_SAMPLED_MAX);
	__type(key, u64);
	__type(value, struct gw_tries);
} tries SEC(".maps");

#endif
