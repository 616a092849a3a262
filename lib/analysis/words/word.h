/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message of the kernel log beside the waits of a snapshot. The log's clock is not that of the waits, and drifts away from
 * it: when a message was logged is known up to some slack.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_WORD_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_WORD_H

#include "lib/analysis/graph/graph.h"
#include "lib/log-text/model.h"

/* The latest moment at which it may have been logged, CLOCK_MONOTONIC in us. Little slack where the snapshot has a CLOCK record. */
uint64_t gw_word_latest_us(const struct gw_snapshot *snapshot, const struct gw_word_record *word);

/* Its kind and number; false if it is none of those that drivers and the kernel's detectors use. */
bool gw_word_parse(const struct gw_word_record *word, struct gw_log_event *ret);

/* Whether its text has a PCI address, which is not in the name of that device. */
bool gw_word_is_of_other_device(const struct gw_word_record *word, const char *name);

/* Whether it is about the task of a node, and not about an earlier one of that pid. */
bool gw_word_is_about(const struct gw_snapshot *snapshot, const struct gw_word_record *word,
		      const struct gw_node *node);

/*
 * The oops by which the task of a node died, NULL if the log has none. Of a task that is gone nothing but its pid is known: an oops
 * from long before anybody began to wait for what it owned may be that of an earlier task with that pid.
 */
const struct gw_word_record *gw_word_of_oops(const struct gw_graph *graph, const struct gw_node *node);

#endif
