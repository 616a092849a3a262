/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs and the loader tell each other in memory that both map:
 * the loader writes offsets, addresses and the query; the programs write
 * counters. Not part of a recording. One instance per set of programs, shared
 * by all objects as the data section GW_CONTROL_SECTION.
 */
#ifndef GPUWATCH_BPF_ABI_SHARED_H
#define GPUWATCH_BPF_ABI_SHARED_H

#include "bpf/abi/records.h"

/* A section of its own in .data, not .bss: libbpf 1.1 shares data sections by name only from there. */
#define GW_CONTROL_SECTION ".data.control"

/* The timelines: the .bss section of the object "watch". */
#define GW_TIMELINES_MAP "watch.bss"

#define GW_WANTED_MAX 4096  /* addresses of one pass */
#define GW_DRIVERS_MAX 256  /* struct dma_fence_ops whose signallers are remembered */
#define GW_EVICTED_MAX 2048 /* timelines remembered after they lost their slot */
#define GW_HAZARDS_MAX 256  /* struct gw_hazard that are kept */
#define GW_SECTIONS_MAX 256 /* sections whose task has exited in them */

/*
 * Where members of types are that only modules know. Byte offsets; -1: the
 * module is not loaded, or its kernel version has no such member.
 */
struct gw_layout {
	__s32 sched_fence_scheduled; /* struct drm_sched_fence */
	__s32 sched_fence_finished;
	__s32 sched_fence_parent;
	__s32 sched_fence_sched;
	__s32 scheduler_name;	      /* struct drm_gpu_scheduler */
	__s32 scheduler_thread;	      /* up to 6.6, see scheduler_work_run_job */
	__s32 scheduler_work_run_job; /* since 6.7, commit a6149f039369 */
	__s32 scheduler_rq;	      /* array of struct drm_sched_rq (up to 6.6), or pointer to one of pointers */
	__s32 scheduler_num_rqs;      /* since 6.8; -1: the array's length is scheduler_rq_count */
	__s32 scheduler_rq_count;
	__s32 rq_size;
	__s32 rq_entities; /* struct drm_sched_rq */
	__s32 entity_list; /* struct drm_sched_entity */
	__s32 entity_fence_context;
	__s32 entity_dependency;
	__s32 scheduler_device;
	__s32 syncobj_fence;	/* struct drm_syncobj */
	__s32 device_unplugged; /* struct drm_device */
	__s32 device_dev;
	__s32 device_driver;
	__s32 device_primary;
	__s32 device_render;
	__s32 driver_name;   /* struct drm_driver */
	__s32 minor_index;   /* struct drm_minor */
	__s32 amdgpu_device; /* struct device * of struct amdgpu_device */
	__s32 scheduler_timeout;
	__s32 scheduler_work_tdr;
	__s32 scheduler_pending_list;
	__s32 entity_job_queue;
	__s32 entity_rq;
	__s32 rq_scheduler;
	__s32 timer_wheels;    /* no offset: length of the kernel's per-CPU array timer_bases */
	__s32 queue_job_count; /* struct spsc_queue, whose first member is the head */
	__s32 job_queue_node;  /* struct drm_sched_job */
	__s32 job_fence;
	__s32 scheduler_ops;
	__s32 job_list;
	__s32 scheduler_limit; /* of what the hardware takes at once: credit_limit, up to 6.7 hw_submission_limit */
	__s32 scheduler_count; /* what it has: credit_count, up to 6.7 hw_rq_count */
	__s32 gem_resv;	       /* struct drm_gem_object: what points to its dma_resv, */
	__s32 gem_own_resv;    /* the one that it has itself, */
	__s32 gem_device;      /* and its struct drm_device */
	__s32 waiter_task;     /* struct syncobj_wait_entry */
	__s32 waiter_fence;
	__s32 waiter_callback;
};

/*
 * A driver's queue of page faults that a work item serves: from the item back to the structure around it, and from
 * there through pointers to the struct device that faults.
 */
#define GW_FAULT_QUEUES 4
#define GW_FAULT_STEPS 4

struct gw_fault_queue {
	__u64 function;		     /* of the item; 0 = no such driver is loaded */
	__s32 work;		     /* offset of the item in the structure */
	__u32 step_count;	     /* 0: the way to the device is unknown */
	__s32 steps[GW_FAULT_STEPS]; /* offset of a pointer, in the structure that the one before it leads to */
};

/*
 * How long waits and other things took that are over, in the array `wait_times`: each bucket has those that took at most so
 * many ns, and more than the bucket before; the last one has all that took longer. Each workload has GW_WAIT_ROWS rows, one
 * workload after the other. In there, a row is found by hashing what it is of, and is nobody's while that is 0.
 */
#define GW_WAIT_BUCKETS 14
#define GW_WAIT_BUCKET_NS(i) (1ULL << (14 + 2 * (i))) /* 16 us, four times as long each, up to 275 s */
#define GW_WAIT_ROWS 16				      /* a power of two */

/* Who waited: the first three, and cgroups from GW_WORKLOAD_CGROUPS on, whose v2 ids are in the array `wait_workloads`. */
#define GW_WORKLOAD_NONE 0   /* tasks in the root's cgroup */
#define GW_WORKLOAD_OTHERS 1 /* cgroups for which there was no room */
#define GW_WORKLOAD_GONE 2   /* cgroups that are gone, and whose place others have: written by the loader alone */
#define GW_WORKLOAD_CGROUPS 3
#define GW_CGROUPS_MAX 32 /* at a time; a power of two */
#define GW_WORKLOADS (GW_WORKLOAD_CGROUPS + GW_CGROUPS_MAX)

struct gw_wait_time {
	__u64 what; /* GW_WAIT_TIME_OF() */
	__u64 counts[GW_WAIT_BUCKETS];
	__u64 sum_ns;
};

/* What is measured beside waits, as kinds. */
enum gw_duration {
	GW_DURATION_PAGE_FAULT = 0xf0, /* of a GPU, until its handler is done */
	GW_DURATION_INVALIDATION,      /* an MMU notifier's callbacks, where they took GW_INVALIDATION_NS or longer */
	GW_DURATION_EVICTION,	       /* the queues of a KFD process, until they have come back */
};

#define GW_INVALIDATION_NS (1ULL << 20) /* about 1 ms: a bound of the buckets; nearly all are far shorter */

/*
 * What it is of, as one number that is never 0: enum gw_wait_kind or gw_duration, and the struct dma_fence_ops or
 * drm_sched_backend_ops of the first fence, or the driver's function that handles a page fault (0 = not known). The highest
 * byte of a kernel's address is all ones.
 */
#define GW_WAIT_TIME_OF(kind, operations) ((__u64)(operations) << 8 | (kind))
#define GW_WAIT_TIME_KIND(what) ((__u32)((what)&0xff))
#define GW_WAIT_TIME_OPERATIONS(what) ((what) >> 8 ? (what) >> 8 | 0xffULL << 56 : 0)

/* Addresses of symbols, from /proc/kallsyms; 0 = unknown. */
struct gw_symbols {
	__u64 array_ops;	     /* dma_fence_array_ops */
	__u64 chain_ops;	     /* dma_fence_chain_ops */
	__u64 sched_scheduled_ops;   /* drm_sched_fence_ops_scheduled */
	__u64 sched_finished_ops;    /* drm_sched_fence_ops_finished */
	__u64 nr_node_ids;	     /* the variable */
	__u64 process_timeout;	     /* what schedule_timeout()'s timer calls */
	__u64 hrtimer_wakeup;	     /* what schedule_hrtimeout()'s does */
	__u64 unplug_srcu;	     /* drm_unplug_srcu */
	__u64 clocksource_jiffies;   /* the variable: how long a tick is */
	__u64 text_begin, text_end;  /* _stext, _etext: of the kernel without its modules */
	__u64 delayed_work_timer_fn; /* what a delayed work item's timer calls */
	__u64 wake_page_function;    /* what wakes up who waits for a page */
	__u64 kthread_worker_fn;     /* what the thread of a kthread_worker runs */
	__u64 kthread_timer_fn;	     /* kthread_delayed_work_timer_fn: delayed_work_timer_fn of its items */
};

/* Values of the map `names`, by dma_fence.context: what the getters of the fence's ops return. */
struct gw_fence_names {
	char driver[GW_NAME_SIZE];
	char timeline[GW_NAME_SIZE];
};

/*
 * Names of drivers and timelines are behind function pointers that a program
 * cannot call. It copies a getter's code once; user space finds out what that
 * returns, as steps that the program can do.
 */
#define GW_GETTERS_MAX 256 /* functions */
#define GW_GETTER_CODE 80  /* bytes of one */
#define GW_GETTER_STEPS_MAX 4

enum gw_getter_state {
	GW_GETTER_ASKED = 1, /* by the program: the code is there, nobody has looked at it */
	GW_GETTER_KNOWN,     /* by user space: the steps are there */
	GW_GETTER_OPAQUE,    /* by user space: it does more than can be done in steps */
};

struct gw_getter_step {
	__u64 add;
	__u32 load; /* 1: then goes on with the pointer that lies there */
	__u32 reserved;
};

/* Value of the map `getters`, by the function's address. */
struct gw_getter {
	__u32 state;	  /* enum gw_getter_state */
	__u32 from_fence; /* 1: the steps begin with the fence's address, else with 0 */
	__u32 step_count;
	__u32 reserved;
	struct gw_getter_step steps[GW_GETTER_STEPS_MAX];
	__u8 code[GW_GETTER_CODE];
};

/* Of the map `hazards`, whose values are struct gw_hazard. */
struct gw_hazard_key {
	__u32 rule;
	__u32 reserved;
	__u64 section_ip;
	__u64 stack_hash;
};

/* Value of the map `samples`, by task_struct: where a task was when its CPU was sampled. The loader makes the entry. */
#define GW_SAMPLED_MAX 8 /* tasks at once */
#define GW_SAMPLES_MAX 8 /* of one task */

struct gw_sample {
	__u32 depth;
	__u32 reserved;
	__u64 stack[GW_STACK_DEPTH]; /* innermost first */
};

struct gw_samples {
	__u32 count; /* by the program: of list */
	__u32 reserved;
	struct gw_sample list[GW_SAMPLES_MAX];
};

/* Value of the map `tries`, by task_struct: which lock it tries to take, again and again. The loader makes the entry. */
struct gw_tries {
	__u64 lock;	/* of the last try; this and what follows is by the programs */
	__u64 since_ns; /* first one that was seen, of those that were for this lock and no other one */
	__u64 last_ns;
	__u32 flags; /* GW_LOCK_F_*, as contention_begin gives them for a wait for such a lock */
	__u32 count; /* of them */
};

enum gw_query_mode {
	GW_QUERY_BLOCKED, /* whoever is blocked; PRESENT for all others */
	GW_QUERY_FULL,	  /* also everybody else that sleeps */
	GW_QUERY_WANTED,  /* only what the map `wanted` names: no PRESENT records */
	GW_QUERY_READERS, /* only who sleeps interruptibly and may hold a module's lock for reading: no PRESENT records */
};

/* What the next pass of the iterators is to give. */
struct gw_query {
	__u64 now_ns;	   /* CLOCK_MONOTONIC at its start */
	__u64 min_wait_ns; /* younger waits do not make a task count as blocked */
	__u32 mode;	   /* enum gw_query_mode */
	__u32 reserved;
	__u64 modules_begin, modules_end; /* where modules' code lies; READERS */
};

struct gw_control {
	/* written by the programs */
	__u64 active_waits;
	__u64 signalling;  /* tasks inside of a signalling section */
	__u64 reserved[6]; /* the line above is written often, those below seldom */
	__u32 armed;	   /* set by the loader: send a wake event at the next wait */
	__u32 unused;
	__u64 wakes;
	__u64 missed_waits;
	__u64 dropped_events;
	__u64 evicted_timelines;
	__u64 dropped_hazards; /* kinds that did not fit */
	__u64 unplugged_ns; /* sections of DRM that began before this are over: an unplug that began then has returned */
	__u64 left_elsewhere_ns; /* when a task without a section last called drm_dev_exit() */
	__u64 standing_waits;	 /* counted anew by a pass that looks at all tasks: what active_waits should be */
	/* written by the loader */
	__u64 attached_ns; /* CLOCK_MONOTONIC when the programs began to watch; outlives the daemon with the map */
	struct gw_query query;
	struct gw_layout layout;
	struct gw_symbols symbols;
	struct gw_fault_queue fault_queues[GW_FAULT_QUEUES];
};

#endif
