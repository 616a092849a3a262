/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes and edges as the report schema has them. New references; NULL when out of memory. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_JSON_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_JSON_H

#include <jansson.h>

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/record/fault.h"

/* @stack: give tasks their stack, else an empty one. */
json_t *gw_json_node(const struct gw_graph *graph, const struct gw_node *node, bool stack);
json_t *gw_json_edge(const struct gw_graph *graph, const struct gw_edge *edge);
json_t *gw_json_id(const struct gw_node *node);

/* What the node is called wherever a person reads of it: see gw_name_phrase(). */
json_t *gw_json_phrase(const struct gw_graph *graph, const struct gw_node *node);

/* Frames as "symbol+0x1a [module]", innermost first. */
json_t *gw_json_stack(const struct gw_snapshot *snapshot, const __u64 *addresses, uint32_t depth);

/* What a task is inside of: ["notifier", "reclaim", "drm-section", "unplug", "fault", "work"], by what applies. */
json_t *gw_json_sections(const struct gw_snapshot *snapshot, const struct gw_task_record *task);

/* Adds what is known of a fault to an object. */
void gw_json_put_fault(json_t *object, const struct gw_fault *fault, bool *failed);

/* Who signals a timeline: [{kind, pid, comm, function, count}]; @timeline may be NULL. */
json_t *gw_json_signallers(const struct gw_snapshot *snapshot, const struct gw_timeline *timeline);

#endif
