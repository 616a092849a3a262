/* SPDX-License-Identifier: GPL-2.0-only */
/* Who took which semaphore last: written by bpf/watch/semaphore.c, read by the iterator. */
#ifndef GPUWATCH_BPF_LIB_SEMAPHORE_H
#define GPUWATCH_BPF_LIB_SEMAPHORE_H

#include "bpf/abi/records.h"
#include "bpf/lib/kernel.h"

#define SEMAPHORES_MAX 2048

/* By address. One that has not been used for long makes room: then it is unknown, never wrong. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, SEMAPHORES_MAX);
	__type(key, u64);
	__type(value, struct gw_semaphore);
} semaphores SEC(".maps");

#endif
