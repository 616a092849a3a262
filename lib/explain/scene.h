/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One incident of a log as a scene: the tasks that are blocked or that others name, each with the sight of it that
 * counts, what it waits for, which driver it is in, and what it does there.
 */
#ifndef GPUWATCH_LIB_EXPLAIN_SCENE_H
#define GPUWATCH_LIB_EXPLAIN_SCENE_H

#include "lib/analysis/record/subsystem.h"
#include "lib/explain/wait.h"

/* Nobody pastes a log of so long a time: what is farther apart are two logs, or dates with a year and without one. */
#define GW_ANOTHER_LOG_US ((int64_t)60 * 24 * 3600 * 1000000)

/* Tasks of one incident that are looked at. */
#define GW_ACTORS_MAX 4096

struct gw_actor {
	uint32_t task;	 /* of the model */
	uint32_t sample; /* GW_LOG_NONE = its stack is not in the log */
	struct gw_text_wait wait;
	bool blocked;	       /* in D, or named as blocked */
	bool busy;	       /* a detector found it on a CPU that it did not leave */
	bool runs;	       /* was seen on a CPU, or ready to run, and was not idle */
	uint32_t seen_running; /* times */
	bool hung;	       /* reported as blocked for long, not only listed */
	bool sleeps;	       /* in a driver, for what others have, and a signal would end it */
	bool died;
	/* Whose code it is in: innermost, where it entered, and of a GPU if any frame is. "" and UNKNOWN if none says. */
	struct gw_subsystem inner, entry, gpu;
	struct gw_subsystem driver; /* the GPU's; else the module that no table names, if it is in that innermost */
	/* What it does, by the functions on its stack and its work item. */
	bool resets;	  /* a GPU, or handles the timeout of a job */
	bool signals;	  /* runs jobs, retires requests, handles completions */
	bool invalidates; /* inside MMU notifiers, migration or compaction: has page locks */
	bool reclaims;	  /* in direct reclaim */
	bool migrates;	  /* moves pages for a module: has page locks */
	bool faults;	  /* handles a page fault of a device */
	bool displays;	  /* is in code that sets or shows a mode */
	bool every_cpu;	  /* waits for a work item on every CPU: whoever does not leave one keeps it waiting */
	bool callback;	  /* runs a runtime PM callback */
	bool unplugs, idle;
	bool hardware;		 /* waits for the device itself, or for the host of a virtual machine */
	uint32_t callback_frame; /* index of the frame that the callback was called from */
};

/* An event that repeated itself at short intervals up to the end of the log; count 0 = none did. */
struct gw_scene_relapse {
	enum gw_log_event_kind kind; /* one of relapse_kinds */
	uint32_t count;
	bool timed;
	uint32_t seconds; /* from the first one to the last, if it is timed */
	const char *text; /* the last one */
};

/* A task that sleeps in the midst of something in a driver, for a reason that the log does not show. */
struct gw_scene_idler {
	uint32_t task;
	struct gw_subsystem driver;
	const struct gw_log_frame *place;
};

/* More of them than that are not told apart. */
#define GW_IDLERS_MAX 16

struct gw_scene {
	const struct gw_log_model *model;
	uint32_t incident;
	struct gw_actor *actors;
	uint32_t n_actors, allocated;
	struct gw_scene_idler idlers[GW_IDLERS_MAX]; /* no actors: nothing shows that they are stuck */
	uint32_t n_idlers;
	uint32_t *by_task;   /* index + 1 of the model's tasks, 0 = none */
	uint64_t now_ns;     /* when the log ends, in its own time */
	uint32_t listing;    /* number of the last listing of busy workqueues, 0 = none */
	bool blocked_listed; /* every task that is blocked is in it: `echo w` or `echo t` */
	bool all_listed;     /* every task is: `echo t`, from its first line to its last */
	bool state_listed;   /* `echo t` began to list them */
	bool unseen;	     /* somebody runs, and where is not in the log */
	bool device_lost, reset_failed, wedged, nvidia, needs_reboot, needs_reset;
	bool resume_failed;		 /* it did not come up again after it slept */
	const char *device_text;	 /* the driver's word by which its device is at an end; "" = none */
	bool unrecoverable;		 /* perhaps, by the driver's words */
	bool iommu_silent;		 /* the IOMMU completes no commands, and no GPU is reported to be the cause */
	struct gw_scene_relapse relapse; /* what came again and again, until the log ends */
	const struct gw_log_ring *ring; /* has work, and did none of it between two readings, NULL = none is shown to */
	const char *device;		/* the GPU that the events name, "" = none does */
	struct gw_scene_modules *modules; /* private */
};

/* Returns 0 or -ENOMEM; deinit it in any case. */
int gw_scene_init(struct gw_scene *scene, const struct gw_log_model *model, uint32_t incident);
void gw_scene_deinit(struct gw_scene *scene);

/* Time of the last message of the incident, -1 = none has one. */
int64_t gw_scene_end_us(const struct gw_scene *scene);

/* Frames of an actor's sample. */
uint32_t gw_scene_frames(const struct gw_scene *scene, const struct gw_actor *actor, const struct gw_log_frame **ret);

/* Whose a frame is. A module that calls DRM's functions, or that DRM calls, is a GPU driver, whatever its name. */
struct gw_subsystem gw_scene_subsystem(const struct gw_scene *scene, const struct gw_log_frame *frame);

/* The actor of a task, or NULL. */
struct gw_actor *gw_scene_actor(const struct gw_scene *scene, uint32_t task);

/* Whether a function, by its name, runs jobs, retires requests or handles completions. */
bool gw_scene_signals(const char *function);
/* The same of one that sets or shows a mode. */
bool gw_scene_displays(const char *function);

/*
 * Frames of a task on a CPU that show what the CPU does: those that come back and have @interrupt as it is set. A CPU with nothing to do is
 * held by the interrupt on top of that, which is marked on x86, and stands in front of the idle function elsewhere.
 */
uint32_t gw_scene_busy_frames(const struct gw_scene *scene, const struct gw_actor *actor,
			      const struct gw_log_frame **frames, bool *interrupt);
/* Whether a function is part of whatever calls it, and means nothing of its own. */
bool gw_scene_is_helper(const char *function);

/* "in dm_suspend() [amdgpu]"'s function: the innermost one that means something, or NULL. */
const struct gw_log_frame *gw_scene_place(const struct gw_scene *scene, const struct gw_actor *actor);

#endif
