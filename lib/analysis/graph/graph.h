/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wait-for graph: nodes that stand for kernel objects, edges from each to
 * what it needs in order to make progress. This is the plain data structure;
 * build.h makes one from a snapshot.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_GRAPH_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/analysis/record/progress.h"
#include "lib/analysis/record/snapshot.h"
#include "lib/analysis/record/spell.h"
#include "lib/analysis/record/wait.h"
#include "lib/report/report.h"

/* WORKQUEUE and SLOTS are "work" in the report: see gw_node_type_name(). */
enum gw_node_type {
	GW_NODE_TASK,	   /* address = task_struct, extra = start time */
	GW_NODE_FENCE,	   /* address = dma_fence */
	GW_NODE_TIMELINE,  /* address = fence context */
	GW_NODE_LOCK,	   /* address = lock */
	GW_NODE_NOTIFIER,  /* address = mm, extra = task inside, 0 = all of them */
	GW_NODE_SRCU,	   /* address = srcu_struct */
	GW_NODE_DEVICE,	   /* address = drm_device; of a runtime PM wait struct device */
	GW_NODE_FAULT,	   /* address, extra = those of the task that handles it */
	GW_NODE_RECLAIM,   /* address, extra = those of the task that reclaims */
	GW_NODE_EVICTION,  /* address, extra = those of the task that evicts or restores a KFD process's queues */
	GW_NODE_JOB,	   /* address = its finished or scheduled fence */
	GW_NODE_WORK,	   /* address = work_struct; 0, extra = function where only that is known */
	GW_NODE_WORKQUEUE, /* address = workqueue_struct: everything on it */
	GW_NODE_SECTION,   /* address = drm_device or mm, extra = task: a section that it never left */
	GW_NODE_PAGE,	   /* address = folio; or mm, extra = address in it, of a page that is migrated */
	GW_NODE_SLOTS,	   /* address = pool_workqueue or workqueue_struct: the next item that ends there */
};

/* What a node needs of the nodes that its edges lead to. */
enum gw_rule {
	GW_RULE_ALL,
	GW_RULE_ANY,
};

/* Whether a node's fate is known without looking at its edges. */
enum gw_leaf {
	GW_LEAF_NONE, /* its edges decide; no edges = progress */
	GW_LEAF_LIVE, /* can make progress, or nobody knows: see why */
	GW_LEAF_DEAD, /* never will: see why */
	GW_LEAF_LEFT, /* never will, unless one of those can that may release it (RELEASED_BY) */
};

enum gw_relation {
	GW_RELATION_WAITS_FOR,	    /* task → fence, lock, work, ... */
	GW_RELATION_FLUSHES,	    /* task → work, workqueue, task with a queue of its own */
	GW_RELATION_STOPS,	    /* task → task */
	GW_RELATION_INSIDE,	    /* task → fault, reclaim */
	GW_RELATION_ON_TIMELINE,    /* fence → timeline */
	GW_RELATION_SIGNALLED_BY,   /* timeline → task, work; fence → fence */
	GW_RELATION_DEPENDS_ON,	    /* fence → member, job → fence */
	GW_RELATION_SIGNALLED_WITH, /* fence → job */
	GW_RELATION_RUN_BY,	    /* job → task, work */
	GW_RELATION_EXECUTED_BY,    /* work, workqueue → task */
	GW_RELATION_QUEUED_BEHIND,  /* work → task, slots → task */
	GW_RELATION_HELD_BY,	    /* lock → task, notifier */
	GW_RELATION_RUNS_IN,	    /* notifier → task, srcu → task */
	GW_RELATION_DRIVEN_BY,	    /* timeline → device */
	GW_RELATION_UNPLUGGED_BY,   /* device → task */
	GW_RELATION_RESET_BY,	    /* fence → task: nobody else is left to end it */
	GW_RELATION_CALLBACK_IN,    /* device → task that runs its runtime PM callback */
	GW_RELATION_ENTERED_BY,	    /* section → task */
	GW_RELATION_HELD_UP_BY,	    /* timeline → task that handles a page fault of its device */
	GW_RELATION_RELEASED_BY,    /* lock → worker that may release it for an owner that went on without it */
	GW_RELATION_NEEDS_CPU_OF,   /* work → task that runs on the CPU where it must run */
	GW_RELATION_PARKS,	    /* task → task that is to park */
	GW_RELATION_TRIES,	    /* task → lock that it tries to take, again and again */
	GW_RELATION_EXCLUDES,	    /* task → task that must leave a file, a VMA or an interrupt's handler first */
	GW_RELATION_FREED_BY,	    /* reclaim → kswapd */
	GW_RELATION_NEEDS_WORKER,   /* work → task that starts a worker for its pool */
	GW_RELATION_CREATED_BY,	    /* task that wants a thread → kthreadd */
};

enum gw_evidence {
	GW_EVIDENCE_TRACEPOINT,
	GW_EVIDENCE_OWNER_FIELD,
	GW_EVIDENCE_LEARNED_SIGNALLER,
	GW_EVIDENCE_STACK,
	GW_EVIDENCE_WORKQUEUE_STATE,
	GW_EVIDENCE_FENCE_STRUCTURE,
	GW_EVIDENCE_INFERRED,
	GW_EVIDENCE_TEXT,	 /* read in a kernel log */
	GW_EVIDENCE_LAST_HOLDER, /* who took a semaphore last */
};

/*
 * What stands at the end of a chain. Whoever makes a node live or dead sets it: a stall's kind and class follow from the
 * end of its chain, and so do the words.
 */
enum gw_end {
	GW_END_NONE,	      /* nothing is known, or the chain goes on */
	GW_END_BUSY_HOLDER,   /* TASK: runs, and holds what others need */
	GW_END_RETRY_LOOP,    /* TASK: sleeps again and again for short times; WORK: is armed again and again */
	GW_END_RESET,	      /* TASK, WORK: the reset that could end it is itself in the way */
	GW_END_SILENT_DEVICE, /* TIMELINE, TASK: the device, or the host of a virtual machine, does not answer */
	GW_END_DEAD_OWNER,    /* LOCK, SECTION: whoever holds it left it behind */
	GW_END_SLEEPS_IN,     /* TASK: sleeps for what nobody tracks; gw_place_of() its record names the function */
	GW_END_STOPPED,	      /* TASK: by a signal, by a debugger, by the freezer; somebody must let it go on */
	GW_END_READERS,	      /* LOCK: held for reading by one or some of the tasks that its edges lead to */
	GW_ENDS
};

#define GW_NO_NODE UINT32_MAX

struct gw_node {
	enum gw_node_type type;
	enum gw_rule rule;
	enum gw_leaf leaf;
	const char *label;	       /* its name where no record has one, else NULL */
	enum gw_confidence confidence; /* of a GW_LEAF_DEAD or GW_LEAF_LEFT */
	const char *why;	       /* of a leaf, static text that completes "it ..." */
	enum gw_end end;
	uint64_t address, extra;  /* identity, by type */
	uint64_t since_ns;	  /* TASK: its wait; NOTIFIER, FAULT, RECLAIM: entered; 0 = unknown */
	uint64_t device;	  /* FENCE, TIMELINE: waited for inside a section of this drm_device being unplugged */
	uint64_t context, seqno;  /* FENCE, JOB; seqno also TIMELINE: the last one that is waited for */
	uint64_t quiet_since_ns;  /* TIMELINE, WORK that signals it: has not advanced since, 0 = it has, or unknown */
	uint32_t timeouts;	  /* TIMELINE: so often at least its jobs' timeout handler has run since it advanced */
	uint64_t hardware;	  /* FENCE, JOB, TIMELINE: struct device that works on it, 0 = unknown */
	uint64_t waited_since_ns; /* FENCE, TIMELINE: first wait by a task that handles no fault, 0 = none */
	bool polled;		  /* TIMELINE: of fences that whoever looks at them may signal */
	uint64_t function;	  /* WORK */
	uint64_t mm;		  /* LOCK: whose mmap_lock it is, 0 = it is none */
	bool gpu;		  /* has to do with a GPU: see lib/analysis/build/build.c */
	bool gone;		  /* TASK: no longer there */
	uint32_t pid;		  /* TASK; of a gone one as learned, 0 = unknown */
	const char *comm;	  /* TASK, "" = unknown */
	struct gw_wait wait;	  /* TASK: kind GW_WAIT_NONE if it does not wait for anything known */
	const struct gw_spell *spell; /* TASK: of an end that is a busy holder or a retry loop, else NULL */
	const struct gw_poll *poll;   /* WORK: of an end that is a retry loop, else NULL */
	const char *stack_wait;	      /* TASK: without a known wait, the GPU wait function on its stack, else NULL */
	/* The record that the node comes from, by type; NULL if the snapshot has none. */
	const struct gw_task_record *task;
	const struct gw_fence_record *fence; /* also JOB; TIMELINE: the first of its fences that has a record */
	const struct gw_lock_record *lock;
	const struct gw_work_record *work; /* also WORKQUEUE, SLOTS: any work on it, for the name */
	const struct gw_timeline_record *timeline;
	const struct gw_activity *activity; /* FAULT, EVICTION */
	const struct gw_section *section;   /* SECTION */
	/* FENCE, TIMELINE: of their job's scheduler; WORK: that it is the handler of */
	const struct gw_reset_record *reset;
	/* Edges, once gw_graph_finish() has run. */
	uint32_t first_out, n_out; /* into graph->edges */
	uint32_t first_in, n_in;   /* into graph->in */
};

struct gw_edge {
	uint32_t from, to;
	enum gw_relation relation;
	enum gw_evidence evidence;
	enum gw_confidence confidence;
	uint64_t since_ns; /* 0 = unknown, or has no beginning */
};

struct gw_graph {
	const struct gw_snapshot *snapshot; /* not owned; must outlive the graph */
	bool from_text;			    /* made from a kernel log: all of its loops count, whosever they are */
	struct gw_node *nodes;
	struct gw_edge *edges; /* sorted by from */
	uint32_t *in;	       /* indexes of edges, sorted by to */
	uint32_t n_nodes, n_edges;
	/* While it grows. */
	uint32_t allocated_nodes, allocated_edges;
	uint32_t *table; /* open addressing, node index + 1, 0 = free */
	uint32_t table_size;
};

void gw_graph_init(struct gw_graph *graph, const struct gw_snapshot *snapshot);
void gw_graph_deinit(struct gw_graph *graph);

enum gw_graph_result {
	GW_GRAPH_FOUND = 0,
	GW_GRAPH_ADDED,
};

/* The node of that identity, made if it is not there. Returns an enum gw_graph_result or -ENOMEM; pointers to nodes
 * move. */
int gw_graph_node(struct gw_graph *graph, enum gw_node_type type, uint64_t address, uint64_t extra, uint32_t *ret);

/* The node of that identity, or GW_NO_NODE. */
uint32_t gw_graph_find(const struct gw_graph *graph, enum gw_node_type type, uint64_t address, uint64_t extra);

/* Returns 0 or -ENOMEM. */
int gw_graph_edge(struct gw_graph *graph, const struct gw_edge *edge);

/* After the last edge: makes nodes' edges walkable in both directions. Returns 0 or -ENOMEM. */
int gw_graph_finish(struct gw_graph *graph);

/* JSON values; the type's name as in the report schema. */
const char *gw_node_type_name(enum gw_node_type type);
const char *gw_relation_name(enum gw_relation relation);
const char *gw_evidence_name(enum gw_evidence evidence);

/* "busy-holder", "retry-loop", "reset", "silent-device", "dead-owner", "sleeps-in", "stopped", "readers"; NULL for none. */
const char *gw_end_name(enum gw_end end);

#endif
