/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel log says about tasks that are stuck, in the terms of the log: who was seen, with which stack, waiting
 * since when, blocked by whom, holding what, and what drivers reported. No judgement: that is for whoever reads this.
 *
 * Everything belongs to the model and is valid until gw_log_model_deinit(). Strings are interned: two that are equal
 * have the same address. Lists that would grow without bound are cut, and the model counts what was left out.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_MODEL_H
#define GPUWATCH_LIB_LOG_TEXT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GW_LOG_NONE UINT32_MAX

/* Frames kept of one stack: the deepest that a kernel prints with all its inlined ones. */
#define GW_LOG_STACK_MAX 160

struct gw_log_frame {
	const char *function; /* without offset and compiler's suffix */
	const char *module;   /* "" = not printed: built in, or not known */
	bool reliable;	      /* not marked '?' */
	bool interrupt;	      /* between <IRQ> or <NMI> and its end: came on top of the task */
	bool inlined;	      /* [inline]: has no return address of its own */
};

enum gw_log_sample_kind {
	GW_LOG_SAMPLE_LISTED, /* sysrq, the listing of a blocker, /proc/PID/stack */
	GW_LOG_SAMPLE_HUNG,   /* hung-task report */
	GW_LOG_SAMPLE_BUSY,   /* soft or hard lockup, RCU stall: it ran and did not leave the CPU */
	GW_LOG_SAMPLE_CPU,    /* what a CPU ran when all were asked */
	GW_LOG_SAMPLE_OOPS,
	GW_LOG_SAMPLE_LOCKDEP, /* a rule was broken; the task went on */
	GW_LOG_SAMPLE_TABLE,   /* a line of ps: at most one frame, where it sleeps */
};

/* One sight of a task. */
struct gw_log_sample {
	enum gw_log_sample_kind kind;
	uint32_t task;
	uint32_t next;	    /* of the same task, GW_LOG_NONE = last */
	char state;	    /* 'D', 'S', 'R', ...; 0 = not printed */
	uint32_t blocked_s; /* HUNG: for more than; BUSY: stuck for */
	int64_t time_us;    /* since boot or since the epoch, by what the text has; -1 = no time */
	uint32_t first_frame, n_frames;
	bool torn; /* two CPUs printed at once, and some frames are of another task: they come behind its end, or their times run backwards */
};

/* A thread of one incident. */
struct gw_log_task {
	uint32_t incident; /* two of them may have the same pid */
	uint32_t pid;	   /* 0 = the idle task, or not printed */
	uint32_t tgid;	   /* 0 = not printed */
	uint32_t ppid;	   /* 0 = not printed */
	const char *comm;
	const char *workqueue, *work_function, *work_module; /* "" = executes no work item */
	uint32_t first_sample, last_sample;
	uint32_t rounds; /* hung-task reports of it */
	bool kernel;	 /* a kernel thread, by its parent */
	bool died;	 /* by an oops, and was not seen to go on */
	bool unnamed;	 /* only its stack is there; perhaps that of another one, whose heading is elsewhere */
};

enum gw_log_lock_kind {
	GW_LOG_LOCK_MUTEX,
	GW_LOG_LOCK_SEMAPHORE,
	GW_LOG_LOCK_RWSEM,
};

enum gw_log_access {
	GW_LOG_ACCESS_UNKNOWN,
	GW_LOG_ACCESS_READ,
	GW_LOG_ACCESS_WRITE,
};

/* "task A is blocked on a mutex likely owned by task B" */
struct gw_log_blocker {
	uint32_t waiter;
	uint32_t owner; /* GW_LOG_NONE = the line names none */
	enum gw_log_lock_kind kind;
	enum gw_log_access waiter_access, owner_access;
	bool last_holder; /* "last held by": it may have released it */
};

/* A line of a "locks held by" list. The lock that the task is still taking is in such a list, too: the last one. */
struct gw_log_held {
	uint32_t task;
	uint32_t index;	  /* #N */
	uint64_t address; /* 0 = not printed */
	const char *name;
	const char *function; /* where it was taken */
	bool lockdep;	      /* of a lockdep report, not of a hang */
	bool left;	      /* the kernel reports that the task went on without releasing it */
};

enum gw_log_item_state {
	GW_LOG_ITEM_RUNS,
	GW_LOG_ITEM_PENDING,   /* waits for a worker */
	GW_LOG_ITEM_HELD_BACK, /* waits until others of its workqueue have ended: "inactive", formerly "delayed" */
};

/* A work item, of "Showing busy workqueues". */
struct gw_log_item {
	uint32_t incident;
	uint32_t listing; /* counts these listings: the last one of an incident is how it stands */
	const char *workqueue, *function, *module;
	enum gw_log_item_state state;
	uint32_t pool;	  /* of workers */
	bool one_cpu;	  /* its workers run on one CPU only */
	uint32_t worker;  /* RUNS: the task, perhaps without a name; else GW_LOG_NONE */
	uint32_t flusher; /* task that waits for its end, "BAR(812)"; GW_LOG_NONE = none */
};

/* A ring of the GPU, of one reading of amdgpu_fence_info or radeon_fence_info. */
struct gw_log_ring {
	uint32_t incident;
	uint32_t reading; /* counts these: two show whether a ring gets on */
	uint32_t number;
	const char *name;	     /* "gfx_0.0.0", "" = not printed */
	uint64_t signalled, emitted; /* the last ones */
	bool whole;		     /* both were there */
};

enum gw_log_event_kind {
	GW_LOG_EVENT_BOOT,	  /* "Linux version" */
	GW_LOG_EVENT_JOB_TIMEOUT, /* a ring or job took too long */
	GW_LOG_EVENT_GPU_HANG,	  /* the driver declares its engine hung */
	GW_LOG_EVENT_RESET_BEGIN,
	GW_LOG_EVENT_RESET_SUCCESS,
	GW_LOG_EVENT_RESET_FAILED,
	GW_LOG_EVENT_RESET_OFF, /* the driver does not try it */
	GW_LOG_EVENT_WEDGED,
	GW_LOG_EVENT_FLIP_TIMEOUT,
	GW_LOG_EVENT_INIT_FAILED,   /* the driver could not start the GPU */
	GW_LOG_EVENT_RESUME_FAILED, /* it did not come up again after the machine, or it, slept */
	GW_LOG_EVENT_XID,	    /* number: the Xid */
	GW_LOG_EVENT_DEVICE_LOST,   /* fallen off the bus, VRAM or registers unreadable */
	GW_LOG_EVENT_NEEDS_REBOOT,  /* the driver says so */
	GW_LOG_EVENT_FIRMWARE,	    /* MES, GuC, GSP or PSP does not answer */
	GW_LOG_EVENT_IOMMU,	    /* it does not complete its commands */
	GW_LOG_EVENT_FENCE_FALLBACK,
	GW_LOG_EVENT_DEVCOREDUMP,
	GW_LOG_EVENT_SOFT_LOCKUP, /* number: seconds */
	GW_LOG_EVENT_HARD_LOCKUP,
	GW_LOG_EVENT_RCU_STALL,
	GW_LOG_EVENT_WORKQUEUE_LOCKUP,
	GW_LOG_EVENT_OOPS,
	GW_LOG_EVENT_PANIC,
	GW_LOG_EVENT_LOCKDEP, /* a possible deadlock */
	GW_LOG_EVENT_OUT_OF_MEMORY,
	GW_LOG_EVENT_HUNG_TASK,
	GW_LOG_EVENT_SYSRQ,
	GW_LOG_EVENT_BARE_STACK, /* names of functions alone, in somebody's words; text: the first one */
	GW_LOG_EVENT_LOST,	 /* messages that never got into the log */
	GW_LOG_EVENTS
};

struct gw_log_event {
	enum gw_log_event_kind kind;
	uint32_t incident;
	uint32_t task; /* whom it is about, GW_LOG_NONE = nobody */
	uint32_t number;
	int64_t time_us;
	uint64_t line;	    /* number of the message in order of time: orders events */
	const char *device; /* "0000:0c:00.0", "" = not printed */
	const char *text;   /* the message */
};

/* What the log shows of an incident as a whole. */
struct gw_log_incident {
	int64_t last_us;    /* time of its last message, -1 = none has one */
	uint64_t last_line; /* number of its last message */
	bool booted;	    /* begins with a boot of the kernel */
	bool rebooted;	    /* the machine was certainly booted again after it */
	uint32_t next;	    /* the incident behind it in the text, as another boot; GW_LOG_NONE = none */
};

struct gw_log_model {
	struct gw_log_task *tasks;
	struct gw_log_sample *samples;
	struct gw_log_frame *frames;
	struct gw_log_blocker *blockers;
	struct gw_log_held *held;
	struct gw_log_item *items;
	struct gw_log_ring *rings;
	struct gw_log_event *events;
	struct gw_log_incident *spans; /* one for each incident */
	uint32_t n_tasks, n_samples, n_frames, n_blockers, n_held, n_items, n_rings, n_events;
	uint32_t incidents;  /* boots, machines or captures that the text is made of; at least 1 */
	uint64_t messages;   /* of the kernel */
	int64_t last_us;     /* time of the last message since the last incident began, -1 = none has one */
	uint64_t last_line;  /* number of the last message */
	uint64_t left_out;   /* tasks, frames and so on beyond what is kept */
	const char *release; /* kernel's version, "" = not in the text */
	bool newest_first;
	struct gw_log_store *store; /* private */
};

/* Returns 0 or -ENOMEM; deinit it also after an error. */
int gw_log_model_init(struct gw_log_model *model);
void gw_log_model_deinit(struct gw_log_model *model);

/* The interned string, NULL when out of memory; "" once the model is full. */
const char *gw_log_intern(struct gw_log_model *model, const char *text, size_t length);

/* One more incident, the last one. Returns 0 or -ENOMEM. */
int gw_log_add_incident(struct gw_log_model *model);

/*
 * The task of that identity, made if it is not there. A thread that changes its name keeps its number, so a number with
 * another name is another task only in another incident. Returns 0, -ENOMEM, or -ENOSPC when the model is full.
 */
int gw_log_task(struct gw_log_model *model, uint32_t incident, uint32_t pid, const char *comm, uint32_t *ret);

/* These return 0 or -ENOMEM; what does not fit is counted and left out (*ret = GW_LOG_NONE). */
int gw_log_add_sample(struct gw_log_model *model, const struct gw_log_sample *sample, uint32_t *ret);
int gw_log_add_frame(struct gw_log_model *model, uint32_t sample, const struct gw_log_frame *frame);
int gw_log_add_blocker(struct gw_log_model *model, const struct gw_log_blocker *blocker);
int gw_log_add_held(struct gw_log_model *model, const struct gw_log_held *held);
int gw_log_add_item(struct gw_log_model *model, const struct gw_log_item *item);
int gw_log_add_ring(struct gw_log_model *model, const struct gw_log_ring *ring);
int gw_log_add_event(struct gw_log_model *model, const struct gw_log_event *event);

/* For people and JSON: "ring-timeout", "reset-begin", ... */
const char *gw_log_event_name(enum gw_log_event_kind kind);

#endif
