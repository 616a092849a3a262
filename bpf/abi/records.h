/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layouts that the BPF programs write and user space reads: shared state
 * (per task, per timeline) and the record stream of a snapshot.
 *
 * A snapshot is a sequence of records, each a struct gw_record header followed
 * by the body of its type. User space writes those whose comment names it, the
 * BPF iterators the others. The same bytes are analysed live, saved by
 * `gpuwatch-cli record` and analysed again by `replay`, so a layout change
 * needs a new GW_LAYOUT_VERSION; a new type does not.
 *
 * Unless said otherwise: times are CLOCK_MONOTONIC nanoseconds, 0 = unknown;
 * addresses are kernel virtual addresses, 0 = none; all integers are
 * little-endian; character arrays are NUL-terminated.
 */
#ifndef GPUWATCH_BPF_ABI_RECORDS_H
#define GPUWATCH_BPF_ABI_RECORDS_H

#include <linux/types.h>

#define GW_LAYOUT_VERSION 1

#define GW_COMM_SIZE 16	       /* TASK_COMM_LEN */
#define GW_NAME_SIZE 32	       /* driver, timeline, workqueue, scheduler names, cut to fit */
#define GW_STACK_DEPTH 32      /* innermost frames kept of a kernel stack */
#define GW_WAIT_DEPTH 4	       /* nested waits kept per task */
#define GW_FENCE_MEMBERS 16    /* members kept of an array, or fences of a wait-any */
#define GW_SIGNALLERS 3	       /* distinct signallers remembered per timeline */
#define GW_TIMELINE_SLOTS 8192 /* direct-mapped by context, a power of two */

/* ---- what a task waits for ---------------------------------------------- */

enum gw_wait_kind {
	GW_WAIT_NONE = 0,
	GW_WAIT_FENCE,	   /* dma_fence_wait*(): object = struct dma_fence */
	GW_WAIT_FENCE_ANY, /* dma_fence_wait_any_timeout(): object = struct dma_fence **, count of them */
	GW_WAIT_SYNCOBJ,   /* drm_syncobj wait: object = struct drm_syncobj **, count of them */
	GW_WAIT_POLL, /* poll(2) on a sync_file or dma_buf: object = the fence, 0 = none found, count of files polled */
	GW_WAIT_LOCK, /* contention_begin: object = the lock, flags = LCB_F_* */
	GW_WAIT_SRCU, /* __synchronize_srcu(): object = struct srcu_struct */
	GW_WAIT_WORK, /* flush_work(), cancel_work_sync(): object = struct work_struct */
	GW_WAIT_WORKQUEUE,   /* flush/drain/destroy_workqueue(): object = struct workqueue_struct */
	GW_WAIT_COMPLETION,  /* wait_for_completion*(): object = struct completion */
	GW_WAIT_NOTIFIER,    /* mmu_interval_read_begin(), mmu_interval_notifier_remove(): object = struct mm_struct */
	GW_WAIT_TASK,	     /* kthread_stop(): object = struct task_struct */
	GW_WAIT_ENTITY = 13, /* drm_sched_entity_flush(): object = struct drm_sched_entity */
	GW_WAIT_PARK = 14,   /* kthread_park(), or drm_sched_entity_fini() for a thread: object = struct task_struct */
	GW_WAIT_POWER = 16,  /* rpm_resume(), rpm_suspend() while somebody else does that: object = struct device */
	GW_WAIT_POWER_CALL,  /* the same call, when it does so itself: no wait, but others wait for its end */
	GW_WAIT_PAGE, /* a page's lock: object = struct folio; a migration's end: object = mm_struct, context = address */
	GW_WAIT_THREAD_WORK, /* kthread_flush_worker(), kthread_flush_work(), ...: object = task_struct of the thread */
	GW_WAIT_TRYLOCK, /* mutex_trylock() and the like in a loop, and no wait at all: object = the lock, flags = LCB_F_* */
	GW_WAIT_KINDS
};

/* flags of a GW_WAIT_LOCK or GW_WAIT_TRYLOCK: values of LCB_F_* in include/trace/events/lock.h */
#define GW_LOCK_F_SPIN (1u << 0)
#define GW_LOCK_F_READ (1u << 1)
#define GW_LOCK_F_WRITE (1u << 2)
#define GW_LOCK_F_RT (1u << 3)
#define GW_LOCK_F_PERCPU (1u << 4)
#define GW_LOCK_F_MUTEX (1u << 5)

/* flags of the fence kinds; of a FENCE they are of how the task slept when the snapshot was taken */
#define GW_WAIT_F_INTERRUPTIBLE (1u << 0)
#define GW_WAIT_F_ALL (1u << 1)		/* SYNCOBJ: all of the fences, not any of them */
#define GW_WAIT_F_TIMEOUT (1u << 2)	/* ends by itself (finite timeout); also of ENTITY, COMPLETION */
#define GW_WAIT_F_END_UNKNOWN (1u << 3) /* whether it ends by itself cannot be seen */
#define GW_WAIT_F_POINTS                                                                                               \
	(1u << 4) /* SYNCOBJ: for points of timelines, which may come before the fences that are given */
#define GW_WAIT_F_ON_STACK (1u << 5) /* PAGE: no program saw it begin; read from the task's stack, since it ran last */

#define GW_FAR_S (24 * 60 * 60) /* a timer that is due so late, or later, is no help to anybody */

struct gw_wait {
	__u32 kind;	/* enum gw_wait_kind */
	__u32 flags;	/* GW_LOCK_F_* or GW_WAIT_F_*, by kind */
	__u64 object;	/* by kind, see above */
	__u64 since_ns; /* when the wait began; TRYLOCK: when the first of the tries was seen, all for that lock */
	/*
	 * FENCE, POLL: dma_fence.context; WORK: work_struct.func; THREAD_WORK: kthread_work.func, 0 = all items;
	 * ENTITY: the scheduled fence of the job that comes next; PAGE: see above; else 0
	 */
	__u64 context;
	__u64 seqno; /* FENCE, POLL: dma_fence.seqno; SYNCOBJ: address of the points that are waited for, 0 = none; else 0 */
	__u32 count; /* FENCE_ANY, SYNCOBJ: number of fences; POLL: of files, any of which ends it; TRYLOCK: tries; else 0 */
	__u32 due_s; /* the innermost wait of a TASK record: the timer that ends it is due in so many seconds, 0 = not known, or none */
};

/*
 * What a task is inside of, innermost call last. Kept apart from waits: being
 * inside is legal, waiting for the wrong thing while inside is not.
 */
struct gw_sections {
	__u64 notifier_mm; /* mm whose invalidate_range_start callbacks run; 0 = none */
	__u64 notifier_since_ns;
	__u64 reclaim_since_ns; /* direct reclaim began; 0 = not reclaiming */
	__u64 drm_device;	/* struct drm_device of the outermost drm_dev_enter(); 0 = none */
	__u64 drm_since_ns;
	__u64 unplug_device;  /* struct drm_device given to drm_dev_unplug(); 0 = none */
	__u64 fault_since_ns; /* GPU page-fault handler began; 0 = not in one */
	__u64 work;	      /* work item being executed, from struct worker; 0 = none */
	__u64 work_function;  /* its function */
	__u64 work_since_ns;  /* when it began, from workqueue_execute_start */
	__u64 work_pwq;	      /* struct pool_workqueue it came through */
	__u64 workqueue;      /* struct workqueue_struct */
	__u32 drm_depth;      /* nested drm_dev_enter() sections */
	__u32 notifier_depth;
};

/* The value of the task storage map: written by the task itself, read by iterators. */
struct gw_task_state {
	struct gw_wait waits[GW_WAIT_DEPTH]; /* [0] outermost */
	__u32 depth;			     /* waits in use */
	__u32 missed;			     /* waits that did not fit, for good bookkeeping */
	struct gw_sections sections;
};

/* ---- who signals a timeline --------------------------------------------- */

enum gw_signaller_kind {
	GW_SIGNALLER_NONE = 0,
	GW_SIGNALLER_TASK,    /* process context of a user task or kernel thread */
	GW_SIGNALLER_WORK,    /* a work item: identified by function, then work */
	GW_SIGNALLER_SOFTIRQ, /* softirq or timer: no task can block it */
	GW_SIGNALLER_HARDIRQ, /* interrupt: the device itself */
};

struct gw_signaller {
	__u64 task;	/* struct task_struct that ran (TASK), the worker (WORK), else 0 */
	__u64 start_ns; /* task->start_time, so that a reused address is told apart */
	__u64 work;	/* WORK: struct work_struct last seen, else 0 */
	__u64 function; /* WORK: its function, else 0 */
	__u64 count;	/* fences signalled by it, not atomic: for rates and trust */
	__u32 pid;
	__u32 kind;  /* enum gw_signaller_kind */
	__u32 flags; /* task->flags (PF_*) at learning time */
	char comm[GW_COMM_SIZE];
	__u32 errors; /* of count, those with dma_fence.error set, of which there may be more than were looked at */
};

/*
 * One per fence context that has signalled, in a direct-mapped table in BPF
 * memory that user space maps read-only. signallers[0] is the latest; the
 * others follow in order of last use.
 */
struct gw_timeline {
	__u64 context; /* dma_fence.context; 0 = slot unused */
	__u64 seqno;   /* of the last signalled fence that was looked at closely */
	__u64 ops;     /* struct dma_fence_ops, 0 = not known */
	__u32 changes; /* times that signallers[0] became another one */
	__u32 items;   /* times that a work item signalled after another one of the same function had */
	__u64 habit; /* low half of where the stack lies of the task whose signals are seldom looked at closely, see GW_CLOSE_LOOKS */
	struct gw_signaller signallers[GW_SIGNALLERS];
};

/*
 * The first so many signals of a task are looked at closely, one by one; after
 * them every eighth: whether its address is another task's by now, and what
 * errors it gives. Whether an interrupt came on top of it is asked each time,
 * unless that was on top of user space.
 */
#define GW_CLOSE_LOOKS 64

/* ---- records ------------------------------------------------------------ */

enum gw_record_type {
	GW_RECORD_HOST = 1,
	GW_RECORD_SNAPSHOT,
	GW_RECORD_TASK,
	GW_RECORD_PRESENT,
	GW_RECORD_FENCE,
	GW_RECORD_LOCK,
	GW_RECORD_WORK,
	GW_RECORD_TIMELINE,
	GW_RECORD_SYMBOL,
	GW_RECORD_END,
	GW_RECORD_HAZARD,
	GW_RECORD_ACTIVITY,
	GW_RECORD_MODULE,
	GW_RECORD_RUNNING,
	GW_RECORD_SEMAPHORE,
	GW_RECORD_RESET = 16,
	GW_RECORD_DEVICE = 18,
	GW_RECORD_SECTION,
	GW_RECORD_FAULT,
	GW_RECORD_DRIVER,
	GW_RECORD_TIMER = 22,
	GW_RECORD_WORD = 26,
	GW_RECORD_INNER = 30,
	GW_RECORD_GPU,
	GW_RECORD_CLOCK = 32,
	GW_RECORD_RESV,
	GW_RECORD_POOL,
	GW_RECORD_ALARM = 36,
	GW_RECORD_TYPES
};

struct gw_record {
	__u32 type; /* enum gw_record_type */
	__u32 size; /* bytes of the whole record, header included, a multiple of 8 */
};

/* Once per stream, by user space: the machine that the records come from. */
struct gw_host_record {
	struct gw_record header;
	__u32 layout_version;	/* GW_LAYOUT_VERSION */
	__u32 mmap_lock_offset; /* offsetof(struct mm_struct, mmap_lock), from BTF */
	__u64 attached_ns;	/* since when waits are observed; earlier ones are known from stacks only */
	__u64 unplug_srcu;	/* address of drm_unplug_srcu, 0 = drm not there */
	char release[64];	/* uname -r */
	char boot_id[40];	/* /proc/sys/kernel/random/boot_id */
	char machine[16];	/* uname -m */
};

/* Of the tasks that sleep without a tracked wait, those that have TASK records, too. */
enum gw_sleepers {
	GW_SLEEPERS_NONE = 0,
	GW_SLEEPERS_ALL,
	GW_SLEEPERS_IN_MODULES, /* that sleep interruptibly in a function of a module */
};

/* Begins a snapshot, by user space; its records follow. */
struct gw_snapshot_record {
	struct gw_record header;
	__u64 sequence;	  /* counts up within a stream */
	__u64 mono_ns;	  /* taken at */
	__u64 real_ns;	  /* CLOCK_REALTIME ns at the same moment */
	__u32 incomplete; /* 1: an iterator failed or was cut short */
	__u32 full;	  /* enum gw_sleepers */
};

#define GW_TASK_F_KTHREAD (1u << 0)  /* PF_KTHREAD */
#define GW_TASK_F_WORKER (1u << 1)   /* PF_WQ_WORKER */
#define GW_TASK_F_EXITING (1u << 2)  /* PF_EXITING, or exit_state set */
#define GW_TASK_F_ON_CPU (1u << 3)   /* running at this moment: stack is not valid */
#define GW_TASK_F_TIMER (1u << 4)    /* sleeps, and a timer on its stack will wake it up */
#define GW_TASK_F_NO_TIMER (1u << 5) /* sleeps, and there is none; neither: nobody looked, or it cannot be seen */
#define GW_TASK_F_FAR (1u << 6)	     /* the timer is not due for GW_FAR_S */
#define GW_TASK_F_KILLED (1u << 7)   /* a fatal signal is pending */
#define GW_TASK_F_NO_ITEM (1u << 8)  /* the thread of a kthread_worker that has no item, neither begun nor to come */

/*
 * A blocked or referenced task. Followed by the FENCE, LOCK and WORK records
 * of what it waits for. Size is cut to the stack, but may be more than
 * stack_depth needs: frames that are nobody's code are taken out afterwards.
 */
struct gw_task_record {
	struct gw_record header;
	__u64 address;	/* struct task_struct */
	__u64 start_ns; /* task->start_time */
	__u32 pid;	/* thread id, initial pid namespace */
	__u32 tgid;
	__u32 state; /* task->__state: 0 running, else TASK_* of kernel-constants.h */
	__u32 flags; /* GW_TASK_F_* */
	char comm[GW_COMM_SIZE];
	__u64 cgroup_id;    /* cgroup v2 id, 0 = unknown */
	__u64 mm;	    /* task->mm, 0 for kernel threads */
	__u64 utime_ns;	    /* task->utime: advances only in user mode */
	__u64 switches;	    /* nvcsw + nivcsw: unchanged = has not run in between */
	__u64 last_ran_ns;  /* at the latest, CLOCK_MONOTONIC: from se.exec_start, and what that clock leaves out */
	__u64 user_ip;	    /* saved user instruction pointer, 0 for kernel threads */
	__u64 user_syscall; /* saved system call number, ~0 = none */
	__u64 blocker;	    /* task->blocker / blocked_on where the kernel has it (7.2), else 0; type bits removed */
	__u32 blocker_type; /* its BLOCKER_TYPE_* bits */
	__u32 stack_depth;  /* frames below, innermost first */
	struct gw_task_state watch; /* what the programs recorded; zeroes if nothing */
	__u64 stack[GW_STACK_DEPTH];
};

#define GW_ALARM_F_ARMED (1u << 0) /* alarm(), setitimer(), or a POSIX timer that sends a signal: it runs */
#define GW_ALARM_F_CPU_TIME                                                                                            \
	(1u << 1) /* such a timer of the process's CPU time, or a limit, and other threads use that up */
#define GW_ALARM_F_PENDING (1u << 2) /* a signal is pending that the task does not block */
#define GW_ALARM_F_UNKNOWN (1u << 3) /* there are more POSIX timers than are looked at */

/*
 * Follows the TASK record of a process's task whose sleep a signal ends, fatal or any: what of the process's own sends it one. No
 * flags: nothing does.
 */
struct gw_alarm_record {
	struct gw_record header;
	__u64 task;	  /* struct task_struct */
	__u64 expires_ns; /* ARMED: when the first of these timers fires whose time is known, 0 = of none */
	__u32 flags;	  /* GW_ALARM_F_* */
	__u32 reserved;
};

#define GW_INNER_DEPTH 4 /* addresses kept of a stack beyond its innermost frame */

/* Follows the TASK record of a task that waits for a mutex: its stack leaves out the functions of locks. */
struct gw_inner_record {
	struct gw_record header;
	__u64 task; /* struct task_struct */
	/*
	 * Of the kernel's text, as they lie on the stack itself before the return address into the innermost frame, the one next to
	 * it first: return addresses into what that frame called, and what is left there of earlier calls. 0 = no more.
	 */
	__u64 addresses[GW_INNER_DEPTH];
};

/*
 * Follows the TASK record of a task that runs, or could, and that others may need; and of one that sleeps uninterruptibly with
 * a timer, and in no recorded wait.
 */
struct gw_running_record {
	struct gw_record header;
	__u64 task;    /* struct task_struct */
	__u64 exec_ns; /* se.sum_exec_runtime: on a CPU, in either mode */
	__u32 cpu;     /* where it runs, or ran last */
	__u32 samples; /* times that its stack was sampled there; this and the stack are by user space */
	__u32 stack_depth;
	__u32 reserved;
	__u64 stack[GW_STACK_DEPTH]; /* the frames that all samples have in common, innermost first */
};

/* Every other task that exists: lets a lock owner or signaller be seen as gone. */
struct gw_present_record {
	struct gw_record header;
	__u64 address;
	__u64 start_ns;
	__u32 pid;
	__u32 tgid;
	__u32 state;
	__u32 flags; /* GW_TASK_F_* */
	char comm[GW_COMM_SIZE];
};

enum gw_fence_kind {
	GW_FENCE_PLAIN = 0,
	GW_FENCE_ARRAY, /* members: its fences; also a FENCE_ANY or SYNCOBJ wait's fences, address = its object */
	GW_FENCE_CHAIN, /* members: [0] the contained fence, [1] prev (0 = none) */
	GW_FENCE_SCHED_SCHEDULED, /* drm_sched: signalled when the job is pushed to the hardware */
	GW_FENCE_SCHED_FINISHED,  /* drm_sched: signalled when the job is done; members: [0] parent */
};

#define GW_FENCE_F_SIGNALED (1u << 0) /* DMA_FENCE_FLAG_SIGNALED_BIT is set */
#define GW_FENCE_F_ENABLED (1u << 1)  /* DMA_FENCE_FLAG_ENABLE_SIGNAL_BIT is set */
#define GW_FENCE_F_ANY (1u << 2)      /* ARRAY made with signal_on_any */
#define GW_FENCE_F_CUT (1u << 3)      /* has more members than the record; of an array, more that are not signalled */
#define GW_FENCE_F_PUSHED (1u << 5)   /* SCHED_FINISHED: its job has been handed to the hardware */
#define GW_FENCE_F_POLLED (1u << 4)   /* has ops->signaled: whoever looks at it may signal it in passing */
#define GW_FENCE_F_AWAITED                                                                                             \
	(1u                                                                                                            \
	 << 7) /* ARRAY at a SYNCOBJ wait's object: the wait was found at each member. It keeps the fence that it began with */
#define GW_FENCE_F_NO_ROOM                                                                                             \
	(1u << 6) /* SCHED_*: its job waits for one of those that the hardware has: it takes no more */

struct gw_fence_record {
	struct gw_record header;
	__u64 address; /* struct dma_fence */
	__u64 context;
	__u64 seqno;
	__u64 ops;		     /* struct dma_fence_ops */
	__u64 ops_driver;	     /* ops->get_driver_name: its module is the driver's */
	__u32 kind;		     /* enum gw_fence_kind */
	__u32 flags;		     /* GW_FENCE_F_* */
	char driver[GW_NAME_SIZE];   /* "" = not known to BPF */
	char timeline[GW_NAME_SIZE]; /* likewise */
	__u64 scheduler;	     /* SCHED_*: struct drm_gpu_scheduler */
	__u64 sched_task;	     /* SCHED_*: its thread (6.1), else 0 */
	__u64 sched_work;	     /* SCHED_*: its run-job work item (6.7 and later), else 0 */
	/*
	 * SCHED_*: fence that the job's entity waits for before it can run, 0 = none; with NO_ROOM that of the oldest job which
	 * the hardware has, 0 = its timeout handler has taken that off the list
	 */
	__u64 dependency;
	__u32 member_count;
	__u32 reserved;
	__u64 members[GW_FENCE_MEMBERS];
};

enum gw_lock_kind {
	GW_LOCK_UNKNOWN = 0,
	GW_LOCK_MUTEX, /* also the base of a ww_mutex */
	GW_LOCK_RWSEM,
	GW_LOCK_PERCPU_RWSEM,
	GW_LOCK_RT_MUTEX,
	GW_LOCK_SEMAPHORE,
	GW_LOCK_KINDS
};

enum gw_owner_kind {
	GW_OWNER_NONE = 0,    /* nobody holds it, or not recorded by the kernel */
	GW_OWNER_EXCLUSIVE,   /* the owner field names the holder */
	GW_OWNER_READER_HINT, /* rwsem held by readers; owner is the last that came, maybe gone again */
	GW_OWNER_LAST_HOLDER, /* semaphore: owner took it last, and has not released it; anybody may */
	GW_OWNER_KINDS
};

struct gw_lock_record {
	struct gw_record header;
	__u64 address;
	__u64 owner;	  /* struct task_struct from the owner field, flag bits removed */
	__u32 kind;	  /* enum gw_lock_kind */
	__u32 owner_kind; /* enum gw_owner_kind */
	__u32 readers;	  /* RWSEM, PERCPU_RWSEM: number of readers holding it, from count, or the sum of read_count */
	__u32 owner_pid;  /* read through owner: trust only if a task record has the same address */
};

enum gw_resv_kind {
	GW_RESV_GEM = 1, /* of a drm_gem_object, which points to it */
	GW_RESV_DMA_BUF, /* of a dma_buf, which points to it, and behind which it lies */
	GW_RESV_KINDS
};

/* Follows the LOCK record of a ww_mutex that is the lock of a dma_resv: what the memory around it shows. */
struct gw_resv_record {
	struct gw_record header;
	__u64 lock;   /* as in the LOCK record */
	__u64 object; /* struct drm_gem_object, struct dma_buf */
	__u64 device; /* GEM: struct drm_device, 0 = unknown */
	__u32 kind;   /* enum gw_resv_kind */
	__u32 reserved;
};

/* What the programs saw of a semaphore at down*() and up(), since they were attached. */
struct gw_semaphore {
	__u64 address;
	__u64 holder;	 /* struct task_struct that took it last and has not released it, 0 = none is recorded */
	__u64 start_ns;	 /* holder's task->start_time */
	__u64 since_ns;	 /* when holder took it */
	__u64 by_holder; /* releases by the task that had taken it last, since the last one by somebody else */
	__u64 by_others; /* releases by another task, or by an interrupt */
	__u64 releaser;	 /* struct task_struct of the last one by_holder */
	__u64 releaser_start_ns;
	__u64 in_a_row; /* of by_holder, the last ones by releaser: a semaphore at the same address may have been another one */
	__u32 pid;     /* of holder */
	__u32 holders; /* times it was taken and not released: a counting semaphore has several holders */
};

/* Follows the LOCK record of a semaphore that the programs have seen taken or released. */
struct gw_semaphore_record {
	struct gw_record header;
	struct gw_semaphore semaphore;
};

enum gw_work_place {
	GW_WORK_EXECUTING = 1, /* a worker runs it */
	GW_WORK_INACTIVE,      /* held back by max_active of its workqueue */
	GW_WORK_QUEUED,	       /* on its pool's list, will be taken by the next free worker */
	GW_WORK_IDLE,	       /* not queued (waited for by a flush, yet idle) */
	GW_WORK_DELAYED,       /* its timer runs, which will queue it */
};

struct gw_work_record {
	struct gw_record header;
	__u64 work; /* struct work_struct */
	__u64 function;
	__u64 pwq;	 /* struct pool_workqueue, 0 = none */
	__u64 workqueue; /* struct workqueue_struct, 0 = unknown */
	/*
	 * EXECUTING: struct task_struct of the worker. QUEUED on a CPU's own pool: the task that this CPU runs at present,
	 * 0 where that is not read. Else 0.
	 */
	__u64 worker;
	__u32 place; /* enum gw_work_place */
	/*
	 * INACTIVE, QUEUED: items before it in the same list. EXECUTING: low half of the context whose fences this execution
	 * has signalled, 0 = none was seen, GW_SIGNALLED_SEVERAL = several.
	 */
	__u32 position;
	__u32 nr_active; /* items counted against max_active */
	__u32 max_active;
	char name[GW_NAME_SIZE]; /* workqueue name */
};

#define GW_SIGNALLED_SEVERAL (~0U)

/*
 * Before the WORK record of an item that is QUEUED, or that a worker executes: the pool has items that wait, and no idle
 * worker. Its other workers execute items, but for the one that starts a new worker.
 */
struct gw_pool_record {
	struct gw_record header;
	__u64 pwq;     /* struct pool_workqueue of the item */
	__u64 pool;    /* struct worker_pool */
	__u64 manager; /* struct task_struct of the worker that starts another one, 0 = none does */
	__u64 rescuer; /* struct task_struct of the workqueue's rescuer, 0 = it has none */
	__u32 workers; /* of the pool, without rescuers */
	__u32 reserved;
};

/* By the iterator, at its end: a timer that runs, whose function, or whose delayed work item's function, is a module's. */
struct gw_timer_record {
	struct gw_record header;
	__u64 timer; /* struct timer_list, or in a look at sleepers struct hrtimer */
	__u64 function; /* that it calls; of a delayed work item, or of a kthread_worker's, the item's; 0: of others, left out */
	__u64 work;    /* struct delayed_work, 0 = it is no delayed work item's */
	__u64 expires; /* jiffies; 0: of an hrtimer */
};

/* A copy of the table's slot, by user space, for contexts that fences refer to. */
struct gw_timeline_record {
	struct gw_record header;
	struct gw_timeline timeline;
	__u64 inherited; /* 1: never seen signalling; who signals other timelines with the same ops is given instead */
	char driver[GW_NAME_SIZE]; /* best name known to user space, "" = unknown */
	char name[GW_NAME_SIZE];
};

/* By user space: the symbol that an address of this snapshot belongs to. */
struct gw_symbol_record {
	struct gw_record header;
	__u64 address;	 /* as it stands in another record */
	__u64 offset;	 /* address - start of the symbol */
	char module[56]; /* "" = the kernel itself */
	char name[128];
};

#define GW_MODULE_F_GPU                                                                                                \
	(1u << 0) /* drives a GPU, or helps to: uses DRM's symbols, or its name fits the configuration */

/* By user space: each loaded module of these; where there is none, one without flags and name stands for that. */
struct gw_module_record {
	struct gw_record header;
	__u32 flags; /* GW_MODULE_F_* */
	__u32 reserved;
	char name[56];
};

/* By user space: a message of the kernel log about a GPU, or about a task that is stuck or has died by an oops. */
struct gw_word_record {
	struct gw_record header;
	__u64 log_us; /* the time that the log prints, microseconds since boot by a clock of its own */
	__u32 pid;    /* of the task that it is about; of an oops a later line of the log names that; 0 = none */
	__u32 reserved;
	char comm[GW_COMM_SIZE]; /* its name, cut to fit; "" = none */
	char module[56];	 /* of an oops: the innermost one on the stack, "" = none */
	char text[200];		 /* the message, cut to fit */
};

/* By the iterator, once per snapshot: the same moment by two clocks, but for a tick. */
struct gw_clock_record {
	struct gw_record header;
	__u64 mono_ns;
	__u64 log_ns; /* local_clock(), which the kernel log uses: rq->clock of the CPU that it ran on */
};

enum gw_activity_kind {
	GW_ACTIVITY_NONE = 0,
	GW_ACTIVITY_FAULT,    /* handles a GPU page fault */
	GW_ACTIVITY_EVICTION, /* KFD's evict worker */
	GW_ACTIVITY_RESTORE,  /* KFD's restore worker */
	GW_ACTIVITY_KINDS
};

/* What a task does for a GPU, from the events of kernel-patches/. */
struct gw_activity {
	__u32 kind; /* enum gw_activity_kind */
	__u32 pid;  /* of the process that it is done for, 0 = not known */
	__u32 pasid;
	__u32 device; /* FAULT: gpu_id of KFD, or segment, bus, device and function of an IOMMU's */
	__u64 since_ns;
	__u64 address; /* FAULT: where, in the process's address space */
};

/* Follows the TASK record of a task that is in one. */
struct gw_activity_record {
	struct gw_record header;
	__u64 task; /* struct task_struct */
	struct gw_activity activity;
};

enum gw_device_kind {
	GW_DEVICE_DRM = 1,   /* address = struct drm_device */
	GW_DEVICE_SCHEDULER, /* address = struct drm_gpu_scheduler, whose jobs the device runs */
	GW_DEVICE_PLAIN,     /* address = struct device */
	GW_DEVICE_KINDS
};

/* What people call a device. */
struct gw_device {
	__u64 address;		   /* by kind */
	__u64 device;		   /* struct device */
	__u32 kind;		   /* enum gw_device_kind */
	__s32 card;		   /* DRM: number N of /dev/dri/cardN, -1 = none */
	__s32 render;		   /* DRM: of /dev/dri/renderDN */
	__s32 power;		   /* PLAIN: dev->power.runtime_status, RPM_* of kernel-constants.h */
	char name[GW_NAME_SIZE];   /* dev_name(), e.g. a PCI address */
	char driver[GW_NAME_SIZE]; /* dev->driver->name */
};

struct gw_device_record {
	struct gw_record header;
	struct gw_device device;
};

/* By user space: each card of the machine, by sysfs. Numbers are -1 where there is none. */
struct gw_gpu_record {
	struct gw_record header;
	__s32 card;   /* N of /dev/dri/cardN */
	__s32 render; /* of /dev/dri/renderDN */
	__s32 kfd_node;
	__u32 reserved;
	char name[GW_NAME_SIZE];   /* of the device on its bus, e.g. a PCI address */
	char driver[GW_NAME_SIZE]; /* that is bound to it, "" = none */
	char module[56];	   /* of the driver, "" = built in, or none */
};

enum gw_section_kind {
	GW_SECTION_DRM = 1,  /* between drm_dev_enter() and drm_dev_exit(): object = struct drm_device */
	GW_SECTION_NOTIFIER, /* in invalidate callbacks: object = mm_struct */
	GW_SECTION_KINDS
};

#define GW_SECTION_F_EXITED (1u << 0) /* its task has exited in it; else the task has a TASK record */
#define GW_SECTION_F_LEFT_ELSEWHERE                                                                                    \
	(1u << 1) /* DRM: since it began a task without a section called drm_dev_exit(), perhaps for this one */

/* A section that a task is inside of, or was when it exited. Written by the programs. */
struct gw_section {
	__u32 kind;  /* enum gw_section_kind */
	__u32 flags; /* GW_SECTION_F_* */
	__u64 object;
	__u64 since_ns;
	__u64 exited_ns; /* 0 = the task is there */
	__u64 task;	 /* struct task_struct */
	__u64 start_ns;
	__u32 pid, tgid;
	char comm[GW_COMM_SIZE];
	struct gw_device device; /* DRM */
};

struct gw_section_record {
	struct gw_record header;
	struct gw_section section;
};

/* How a fault is known. */
enum gw_fault_source {
	GW_FAULT_FROM_NOTHING = 0,
	GW_FAULT_FROM_IOPF,	/* a group of the I/O page fault queue that a worker executes */
	GW_FAULT_FROM_IOMMU_V2, /* a fault of AMD's IOMMUv2 (up to 6.6) that a worker executes */
	GW_FAULT_FROM_QUEUE,	/* a driver's own queue that a worker serves, see daemon/kernel/btf/layout.c */
	GW_FAULT_FROM_HOOK,	/* the driver's handler was entered and not left */
	GW_FAULT_SOURCES
};

#define GW_FAULT_F_SOLE (1u << 0) /* the device's driver has no other one */

/*
 * A device's page fault that a task handles at this moment, as the kernel's own structures describe it. Follows the
 * task's TASK or PRESENT record.
 */
struct gw_fault_record {
	struct gw_record header;
	__u64 task;		   /* struct task_struct */
	__u64 since_ns;		   /* when it began to handle it, 0 = unknown */
	__u64 mm;		   /* mm_struct of the process that it is about, 0 = unknown */
	__u64 address;		   /* where in that process, 0 = unknown */
	__u32 pid;		   /* of that process, 0 = unknown */
	__u32 pasid;		   /* 0 = unknown, or there is none */
	__u32 source;		   /* enum gw_fault_source */
	__u32 flags;		   /* GW_FAULT_F_* */
	struct gw_device device;   /* that faulted; device.device 0 = unknown */
	char module[GW_NAME_SIZE]; /* that its driver is in, "" = built in, or unknown */
};

/* By user space, while a device has a page fault: what has been signalled on all timelines of a driver. */
struct gw_driver_record {
	struct gw_record header;
	__u64 ops;     /* struct dma_fence_ops that they share */
	__u64 signals; /* sum over their signallers: another one than in the look before = some fence was signalled */
};

#define GW_TIMEOUT_NEVER (~0ULL)

/* By the iterator, for each scheduler whose fence it met: its timeout handler, which ends jobs that the hardware does not. */
struct gw_reset_record {
	struct gw_record header;
	__u64 scheduler;	 /* struct drm_gpu_scheduler */
	__u64 work;		 /* its work_tdr: a WORK record shows who executes it, or what it is queued behind */
	__u64 timeout_ns;	 /* how long a job may run; GW_TIMEOUT_NEVER = the handler is disabled, 0 = not known */
	__u64 expires_ns;	 /* when its timer fires, 0 = the timer does not run */
	__u32 place;		 /* of work, enum gw_work_place; 0 = not known */
	__u32 jobs;		 /* 1: jobs are on the hardware */
	char name[GW_NAME_SIZE]; /* of the scheduler */
};

enum gw_hazard_rule {
	GW_HAZARD_RECLAIM = 1, /* an allocation that may enter direct reclaim: flags = gfp, 0 if not known */
	GW_HAZARD_WW_LOCK,     /* ww_mutex_lock(), as of a dma_resv: object = the lock */
	GW_HAZARD_MMAP_LOCK,   /* object = mm_struct; flags = 1 for writing */
	GW_HAZARD_FENCE_WAIT,  /* object = the fence, context, seqno; of a wait-any the first fence */
	GW_HAZARD_RULES
};

/*
 * Something that must not be done between dma_fence_begin_signalling() and
 * dma_fence_end_signalling() was done there. One per rule and stack, kept since
 * the programs were attached; of who did it, the last one. Written by the
 * programs, but for the header, which user space adds with the rest of it.
 */
struct gw_hazard {
	__u32 rule; /* enum gw_hazard_rule */
	__u32 flags;
	__u64 count;	/* times it was seen */
	__u64 first_ns; /* when */
	__u64 last_ns;
	__u64 section_ip; /* where its section began: what dma_fence_begin_signalling() returned to */
	__u64 section_ns; /* when, the last time */
	__u64 object;
	__u64 context, seqno;
	__u64 task; /* struct task_struct */
	__u64 start_ns;
	__u32 pid, tgid;
	char comm[GW_COMM_SIZE];
	__u32 stack_depth;
	__u32 reserved;
	__u64 stack[GW_STACK_DEPTH]; /* innermost first */
};

struct gw_hazard_record {
	struct gw_record header;
	struct gw_hazard hazard;
};

/* Ends a stream. */
struct gw_end_record {
	struct gw_record header;
	__u32 crc;	 /* CRC-32 (zlib) of all records before this one, the file's header not included */
	__u32 snapshots; /* number of them in the stream */
};

/* A recording file begins with this; records follow. */
#define GW_RECORDING_MAGIC "GPUWATCH"
struct gw_recording_header {
	char magic[8];	  /* GW_RECORDING_MAGIC without its NUL */
	__u32 version;	  /* GW_LAYOUT_VERSION */
	__u32 byte_order; /* 0x01020304 as written by the recording host */
};

/* ---- events (ring buffer): rare things only ------------------------------ */

enum gw_event_type {
	GW_EVENT_WAKE = 1, /* a wait began while the daemon slept */
	GW_EVENT_HAZARD,   /* one that had not been seen before */
};

struct gw_event {
	__u32 type; /* enum gw_event_type */
	__u32 reserved;
	__u64 time_ns;
};

#endif
