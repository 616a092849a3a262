/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the expanders of lib/analysis/build share while a graph grows: the
 * records by what they are looked up for, and the operations on nodes and edges.
 *
 * Each kind of object has one gw_expand_*(), in a file named after it, that
 * decides its node's leaf, rule and edges. It runs once per node, so that the
 * whole is linear; nodes that it adds are expanded later. Everything here that
 * returns an int, and each gw_expand_*(), returns 0 or -ENOMEM.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_BUILDER_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_BUILDER_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/record/fault.h"
#include "lib/analysis/record/index.h"
#include "lib/analysis/record/progress.h"
#include "lib/analysis/record/spell.h"
#include "lib/analysis/record/stack.h"

/* A task that handles a page fault of a device. */
struct gw_builder_fault {
	uint64_t task, start_ns; /* start_ns 0: whoever is there */
	struct gw_fault fault;
};

/* Of more tasks that may hold the lock of a page the first ones are shown. */
#define GW_BUILDER_PAGE_HOLDERS 16

struct gw_builder {
	struct gw_graph *graph;
	const struct gw_snapshot *now, *before;
	const struct gw_spells *spells;	    /* NULL = none are known */
	const struct gw_progress *progress; /* NULL = not known */
	uint64_t unplug_srcu;
	uint32_t mmap_lock_offset;
	bool complete; /* what is not in the snapshot does not exist */
	/* Tasks by what they are inside of, */
	struct gw_index executing;    /* work_struct */
	struct gw_index functions;    /* function of it */
	struct gw_index pools;	      /* pool_workqueue of it */
	struct gw_index full_pools;   /* worker_pool of it, where that has no idle worker */
	struct gw_index workqueues;   /* workqueue_struct of it */
	struct gw_index notifiers;    /* mm that is invalidated, unless the stack shows that it is over */
	struct gw_index in_notifiers; /* 1: all of these */
	struct gw_index drm_sections; /* 1: all tasks in a drm_dev_enter() section */
	struct gw_index unplugs;      /* drm_device that is unplugged, likewise */
	struct gw_index mms;	      /* their own mm */
	struct gw_index power_calls;  /* struct device whose power state they change, or wait for */
	struct gw_index resets;	      /* 1: all that are blocked in a work item which resets a GPU */
	struct gw_index lock_waiters; /* and the lock that they wait for. */
	struct gw_index gpu_waits;    /* addresses on stacks that lie in a GPU wait function: SYMBOL records */
	struct gw_index gpu_symbols;  /* all addresses that lie in a GPU driver or DRM, likewise */
	struct gw_index sections;     /* SECTION records by object */
	/* The modules that symbols name, sorted, each once; see gw_builder_module(). */
	const char **modules;
	size_t n_modules, allocated_modules;
	/* What comes by itself: TIMER records by the module of their function, and kernel threads that sleep for a time in a module. */
	struct gw_index timers;
	bool timers_left_out; /* there are more of them, of whatever module */
	bool has_gpu_timer;   /* one is of a GPU's driver */
	bool has_job_timer;   /* one is a scheduler's timeout for a job */
	bool names_mutexes;   /* this kernel names, of each task that waits for a mutex, which one (task->blocker) */
	/* Asked for of few snapshots, and only then made; @r: 0 or -ENOMEM, for good. See handover.c, */
	struct {
		bool made;
		int r;
		struct gw_index timers, workers, queued, inside;
	} handover;
	/* and holder.c. */
	struct gw_builder_needed {
		bool made;
		int r;
		struct gw_index tasks, awake; /* @awake: of @needed alone */
	} needed[GW_STACK_NEEDS], inside,     /* @inside: by each function that they sleep inside of */
		woken,	    /* the same of those that slept at the look before, and are awake or gone */
		in_modules, /* by each module that they sleep in, of those that are alike one */
		alike;	    /* by the lock that they wait for and by how they came to it */
	struct {
		bool made;
		const struct gw_task_record *tasks[GW_BUILDER_PAGE_HOLDERS];
		size_t count;
		bool cut; /* there are more */
	} page_holders;
	size_t readers_looked_for; /* of locks that have many */
	struct {
		bool made;
		uint64_t start_ns; /* of the one that began first, UINT64_MAX = there is none */
	} awake;
	struct gw_builder_fault *faults;
	size_t n_faults, allocated_faults;
	struct gw_index faults_by_task;
	/* WORK records that are INACTIVE, */
	struct gw_index inactive_functions;  /* by function */
	struct gw_index inactive_workqueues; /* and by workqueue_struct. */
};

/*
 * @graph: initialised and empty; @before, @spells and @progress may be NULL; none of them is owned. gw_builder_deinit() it, also
 * after an error.
 */
int gw_builder_init(struct gw_builder *builder, struct gw_graph *graph, const struct gw_snapshot *now,
		    const struct gw_snapshot *before, const struct gw_spells *spells,
		    const struct gw_progress *progress);
void gw_builder_deinit(struct gw_builder *builder);

/* Valid until the next node is added. */
static inline struct gw_node *gw_builder_node(struct gw_builder *builder, uint32_t node)
{
	return &builder->graph->nodes[node];
}

/* An edge; @since_ns: when the wait that it stands for began, 0 = it has no beginning, or none is known. */
int gw_builder_edge(struct gw_builder *builder, uint32_t from, uint32_t to, enum gw_relation relation,
		    enum gw_evidence evidence, enum gw_confidence confidence, uint64_t since_ns);

/* Decide a node's fate, whatever its edges are; @why: static text that completes "it ...". */
int gw_builder_live(struct gw_builder *builder, uint32_t node, const char *why);
int gw_builder_dead(struct gw_builder *builder, uint32_t node, enum gw_confidence confidence, const char *why);

/*
 * How sure it is that a task which was recorded in a section is in it: proven with its function on the stack, probable
 * where the stack cannot tell. Not to be asked where it is over.
 */
enum gw_confidence gw_builder_section(const struct gw_builder *builder, const struct gw_task_record *task,
				      enum gw_stack_section section);

/* The module of a device's driver, or at least the driver's name; "" = not known. */
const char *gw_builder_module_of(const struct gw_builder *builder, const struct gw_device *device);

/* The node of a task that has a record. */
int gw_builder_task(struct gw_builder *builder, const struct gw_task_record *task, uint32_t *ret);

/*
 * gw_builder_task_at - the node of the task at an address
 * @start_ns: its start time, 0 = whoever is there
 * @ret: GW_NO_NODE if the snapshot has no such living task; that proves that
 *	it is gone only if the snapshot is complete.
 */
int gw_builder_task_at(struct gw_builder *builder, uint64_t address, uint64_t start_ns, uint32_t *ret);

/* The node of a task that is gone, a dead end. */
int gw_builder_gone_task(struct gw_builder *builder, uint64_t address, uint64_t start_ns, uint32_t pid,
			 const char *comm, uint32_t *ret);

/* @context, @seqno: as the waiter knows them, 0 = it does not; @device: see struct gw_node. */
int gw_builder_fence(struct gw_builder *builder, uint64_t address, uint64_t context, uint64_t seqno, uint64_t device,
		     uint32_t *ret);

/* @work may be 0 where only the function is known, @function may be 0 where only the work is. */
int gw_builder_work(struct gw_builder *builder, uint64_t work, uint64_t function, uint32_t *ret);

/* A key of the indexes that are by module; 0: the kernel's own, or no symbol is of that module. */
uint64_t gw_builder_module(const struct gw_builder *builder, const char *name);

/* The same of the module that the function at an address is of. */
uint64_t gw_builder_module_at(const struct gw_builder *builder, uint64_t address);

/* The key of the module that frame @frame of a task of @snapshot is in, if none before it is in that module; else 0. */
uint64_t gw_builder_first_of_module(const struct gw_builder *builder, const struct gw_snapshot *snapshot,
				    const struct gw_task_record *task, uint32_t frame);

/* Whether the task handles a fault: what is known of it, or NULL. */
const struct gw_fault *gw_builder_fault_of(const struct gw_builder *builder, uint64_t task);

/*
 * What is known of a fence by who leads to it: the device that works on it (0 = unknown), and since when a task that
 * handles no fault waits for it (0 = none does). The fence's timeline learns both.
 */
void gw_builder_tell_fence(struct gw_builder *builder, uint32_t fence, uint64_t hardware, uint64_t waited_since_ns);

/* The task that executes an item, NULL if none is seen to; @function 0 = any. */
const struct gw_task_record *gw_builder_worker(const struct gw_builder *builder, uint64_t work, uint64_t function);

/* Whether the snapshot shows where this very item is. */
bool gw_builder_knows_work(const struct gw_builder *builder, uint64_t work, uint64_t function);

/* Whether a function of a GPU driver is on the task's stack. */
bool gw_builder_has_gpu_on_stack(const struct gw_builder *builder, const struct gw_task_record *task);

/*
 * Tasks that wait for one lock and came to it the same way: what holds for one of them holds for all, and many of them do not hide
 * whoever else there is. To be indexed, once per snapshot and only where somebody asks, before one is asked about. Returns 0 or
 * -ENOMEM.
 */
int gw_builder_index_alike(struct gw_builder *builder);

/* Whether another task, which comes before it, says as much. */
bool gw_builder_has_its_like(const struct gw_builder *builder, const struct gw_task_record *task);

#endif
