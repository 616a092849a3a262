/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State that all objects share. Each object that includes this header defines
 * the same maps and data sections; the loader creates them once and gives the
 * others the same ones, by name.
 */
#ifndef GPUWATCH_BPF_LIB_STATE_H
#define GPUWATCH_BPF_LIB_STATE_H

#include "bpf/abi/records.h"
#include "bpf/abi/shared.h"
#include "bpf/lib/kernel.h"

char LICENSE[] SEC("license") = "GPL";

/* Of a POLL wait, until a record is made of it: which kind of file. */
#define POLL_IS_DMA_BUF (1u << 31)
/* Of an ENTITY wait, likewise: for whoever starts jobs, not for the jobs in the queue. */
#define ENTITY_IS_FINI (1u << 31)

/* Of the GPU page fault that watch.sections.fault_since_ns stands for. */
struct gw_hooked_fault {
	u64 device; /* struct device, 0 = unknown */
	u64 address;
	u32 pasid;
};

/* What a task is in; user space sees `watch`, the rest is bookkeeping. */
struct task_entry {
	struct gw_task_state watch;
	u32 marks[GW_WAIT_DEPTH];      /* of each wait: low half of a stack address at its begin */
	u64 operations[GW_WAIT_DEPTH]; /* of each: those of the fence that it is for, 0 = not known */
	u32 expired_mark;	       /* of the last wait for a completion whose time was over, */
	u64 expired_ns;		       /* when that was, 0 = none, */
	u64 expired_since_ns;	       /* and when the first of those began that followed each other at once */
	u64 signalling_ip;	       /* who began the outermost signalling section */
	u64 signalling_ns;
	u32 signalling_depth; /* nested ones, 0 = in none */
	u64 mmap_locking;     /* mm_struct whose mmap_lock is being taken in it */
	struct gw_activity activity;
	struct gw_hooked_fault fault;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_entry);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct gw_control control SEC(GW_CONTROL_SECTION) = {};

/*
 * How many recorded waits the tasks of a slot have: lets the end of a call that
 * nobody recorded return without a map look-up. Tasks may share a slot, which
 * costs a look-up and nothing else.
 */
#define WAITING_SLOTS 16384
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY); /* whose look-up the verifier turns into a few instructions */
	__uint(max_entries, WAITING_SLOTS);
	__type(key, u32);
	__type(value, u64);
} waiting SEC(".maps");

static __always_inline u64 *waiting_slot(const struct task_struct *task)
{
	u32 slot = task->pid & (WAITING_SLOTS - 1);

	return bpf_map_lookup_elem(&waiting, &slot);
}

#endif
