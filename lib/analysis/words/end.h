/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands at the end of a chain, in words. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_END_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_END_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/record/place.h"
#include "lib/base/text.h"

/* Where the task of a node is: where it spins, as samples of its CPU show, or sleeps, as its stack does. */
struct gw_place gw_end_place(const struct gw_graph *graph, const struct gw_node *node);

/*
 * Adds what completes "it ...": "sleeps in drm_sched_entity_flush() of module gpu_sched, called from ...". Adds nothing
 * and returns false where nothing is known of the node's end.
 */
bool gw_end_phrase(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node);

/* Whether the node is a task that sleeps for what nobody tracks. */
bool gw_end_is_sleep(const struct gw_node *node);

/*
 * Adds sentences, each with a space before it, on how long the task of a gw_end_is_sleep() has slept, and what can end
 * that.
 */
void gw_end_sleep(struct gw_text *text, const struct gw_graph *graph, const struct gw_node *node);

#endif
