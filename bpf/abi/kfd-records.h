/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs of kfd.bpf.c keep about KFD's processes and queues, from the
 * trace events that kernel-patches/ adds. Times are CLOCK_MONOTONIC ns, 0 =
 * unknown or not now.
 */
#ifndef GPUWATCH_BPF_ABI_KFD_RECORDS_H
#define GPUWATCH_BPF_ABI_KFD_RECORDS_H

#include <linux/types.h>

#define GW_KFD_PROCESSES_MAX 1024
#define GW_KFD_QUEUES_MAX 8192

/* Value of the map kfd_processes; its key is the pid as the events give it: the thread group's, initial namespace. */
struct gw_kfd_process {
	__u32 pid;
	__u32 pasid;		/* 0 = not known */
	__u64 created_ns;	/* kfd_process_create; 0: before the programs were attached */
	__u32 bound_devices;	/* kfd_process_bind_device without an error */
	__u32 evicted_devices;	/* evictions of queues, one per device, that have not been restored */
	__u32 eviction_trigger; /* of the last one: enum KFD_QUEUE_EVICTION_TRIGGERS, ~0 = by PASID */
	__u32 restore_failures; /* restore workers that ended with an error, in a row */
	__u32 contexts;		/* of KFD that were created and not destroyed; one at most up to 6.17 */
	__u32 reserved;
	__u64 evictions;	  /* times that the process went from running to evicted */
	__u64 evicted_since_ns;	  /* 0 = runs */
	__u64 evicted_ns;	  /* in all evictions that are over */
	__u64 longest_evicted_ns; /* of those */
	__u64 restores;		  /* restore workers that succeeded */
	__u64 restore_begin_ns;	  /* of one that runs */
	__u64 restore_ns;	  /* time in restore workers, all together */
	__u64 pinned_bytes;
	__u64 pinned_peak_bytes;
	__u64 page_faults; /* kfd_svm_fault */
	__u64 page_fault_ns;
	char comm[16]; /* of the task that created it */
};

struct gw_kfd_queue_key {
	__u32 pid;
	__u32 qid;
};

/* Value of the map kfd_queues. */
struct gw_kfd_queue {
	__u64 created_ns;
	__u64 size; /* bytes of the ring */
	__u32 gpu_id;
	__u32 type; /* enum kfd_queue_type */
};

#endif
