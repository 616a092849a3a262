/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text about a finding while it is written, and parts of sentences that all of them are made of. */
#ifndef GPUWATCH_LIB_ANALYSIS_SENTENCES_PROSE_H
#define GPUWATCH_LIB_ANALYSIS_SENTENCES_PROSE_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/graph.h"
#include "lib/base/text.h"

struct gw_prose {
	const struct gw_graph *graph;
	const struct gw_finding *finding;
	uint64_t now_ns; /* when the snapshot was read, CLOCK_MONOTONIC */
	struct gw_text text;
};

const struct gw_node *gw_prose_node(const struct gw_prose *prose, uint32_t node);
/* The lock has the name of its last reader alone, who may have let go. */
bool gw_prose_is_hint(const struct gw_node *lock);

/* ", in direct reclaim,": a section that the task before is in. */
void gw_prose_section(struct gw_prose *prose, const struct gw_node *section);
const struct gw_node *gw_prose_last_node(const struct gw_prose *prose);

void gw_prose_add(struct gw_prose *prose, const char *words);
void gw_prose_name(struct gw_prose *prose, const struct gw_node *node);

/* Adds the verb of a wait that began then: " has waited more than 3 s for ". 0 = not known. */
void gw_prose_duration(struct gw_prose *prose, uint64_t since_ns);

/* Adds what a task waits for, as the object of "waits for". */
void gw_prose_object(struct gw_prose *prose, const struct gw_edge *edge);

/* Adds how long the task's timeout is where that is one of a day or more, which counts as none; else nothing. */
void gw_prose_far_timeout(struct gw_prose *prose, const struct gw_node *node);

/* Adds the task, and where it is: ", in amdgpu_cs_ioctl [amdgpu],", the last comma if @comma. */
void gw_prose_task(struct gw_prose *prose, const struct gw_node *node, bool comma);

/* Whether the stack alone shows that the task waits for a fence. */
bool gw_prose_waits_for_unseen_fence(const struct gw_node *node);

#endif
