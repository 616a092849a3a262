/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message of the kernel log beside the waits of a snapshot. The log's clock is not that of the waits, and drifts away from
 * it: a message has an earliest and a latest time.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_WORD_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_WORD_H

#include "lib/analysis/graph/graph.h"
#include "lib/log-text/model.h"

/* CLOCK_MONOTONIC in microseconds. */
struct gw_word_time {
	uint64_t earliest_us, latest_us;
};

/* When it was logged: closely where the snapshot has a CLOCK record. */
struct gw_word_time gw_word_time(const struct gw_snapshot *snapshot, const struct gw_word_record *word);

/* Its kind and number; false if it is none of those that drivers and the kernel's detectors use. */
bool gw_word_parse(const struct gw_word_record *word, struct gw_log_event *ret);

/* Whether its text has a PCI address, which is not in the name of that device. */
bool gw_word_is_of_other_device(const struct gw_word_record *word, const char *name);

/* Whether it is about the task of a node, and not about an earlier one of that pid. */
bool gw_word_is_about(const struct gw_snapshot *snapshot, const struct gw_word_record *word,
		      const struct gw_node *node);

/* The oops by which the task of a node died, NULL if the log has none. */
const struct gw_word_record *gw_word_of_oops(const struct gw_snapshot *snapshot, const struct gw_node *node);

#endif
