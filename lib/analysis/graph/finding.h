/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finding: something that one snapshot shows to be stuck, in terms of its
 * graph. It becomes a report when the store has seen it often enough.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_FINDING_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_FINDING_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/graph/index-list.h"
#include "lib/analysis/record/wait.h"
#include "lib/report/report.h"

struct gw_finding {
	enum gw_kind kind;
	enum gw_class class;
	enum gw_confidence confidence; /* that this snapshot alone would justify */
	uint64_t key;		       /* equal for the same waits and objects */
	uint64_t formed_ns;
	const char
		*rescuer; /* module whose items make it less than proven, see rescue.h; of the snapshot; NULL = none */
	uint32_t root;	  /* node: the cause */
	bool loop;	  /* the last edge of the chain leads back to its first node */
	struct gw_index_list chain; /* nodes: the loop, from the root on; or from the oldest waiter to the dead end */
	/* chain's: edge i leaves chain node i; the last one of a stall may lead back into it */
	struct gw_index_list edges;
	struct gw_index_list context_nodes; /* beside the chain: what victims wait through */
	struct gw_index_list context_edges; /* among all of these nodes, beside those of the chain */
	/* task nodes, longest wait first, at most GW_VICTIMS_MAX; part of context_nodes */
	struct gw_index_list victims;
	uint32_t n_victims;		       /* all of them */
	struct gw_wait_identity *participants; /* whose waits must all stand for the finding to last */
	size_t n_participants;
};

#define GW_VICTIMS_MAX 256

struct gw_finding_list {
	struct gw_finding *items;
	size_t count, allocated;
};

/* A new empty finding at the end, or NULL when out of memory. Earlier ones may move. */
struct gw_finding *gw_findings_add(struct gw_finding_list *findings);
void gw_findings_drop_last(struct gw_finding_list *findings);
void gw_findings_deinit(struct gw_finding_list *findings);

/*
 * The nodes that edges lead from, in order, into finding->chain; for a path also where the last one leads, unless that
 * is back into the chain. 0 or -ENOMEM.
 */
int gw_finding_chain(struct gw_finding *finding, const struct gw_graph *graph);

/* Every waiting task of the chain becomes a participant; formed_ns and key follow from them. Returns 0 or -ENOMEM. */
int gw_finding_participants(struct gw_finding *finding, const struct gw_graph *graph);

/* Adds the waiting task @node as a participant. Returns 0 or -ENOMEM. */
int gw_finding_participant(struct gw_finding *finding, const struct gw_graph *graph, uint32_t node);

/* Sets key from class, participants, and what @node is. */
void gw_finding_set_key(struct gw_finding *finding, const struct gw_graph *graph, uint32_t node);

/* Whether a is a longer wait than b; ties go to the smaller pid. Unknown beginnings come last. */
bool gw_waits_longer(const struct gw_node *a, const struct gw_node *b);

#endif
