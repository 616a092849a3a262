/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel log reports about those in a finding, while it formed and since: their tasks, and the GPU that they use. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_KERNEL_LOG_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_KERNEL_LOG_H

#include <jansson.h>

#include "lib/analysis/graph/finding.h"
#include "lib/log-text/model.h"

/* Words that a report cites at most: the latest ones. */
#define GW_CITED_MAX 8

struct gw_cited {
	const struct gw_word_record *word;
	enum gw_log_event_kind kind;
	/* logged so long before the oldest wait of the chain began, at the least; 0 = it belongs to its time */
	uint64_t before_us;
	bool may_be_owner; /* an oops of a task that may have been the owner whose memory is gone */
	uint32_t node; /* the task that it is about, GW_NO_NODE = it is about a GPU, or a task that was in its driver */
};

/* Oldest first; returns how many. */
size_t gw_kernel_log_cited(const struct gw_graph *graph, const struct gw_finding *finding, struct gw_cited *ret);

/* Changes when the log has something of another kind, or about another task, to say. */
uint64_t gw_kernel_log_fingerprint(const struct gw_graph *graph, const struct gw_finding *finding);

/* [{log_us, kind, text}], with {before_us} of an earlier one, {pid, comm} about a task, {node} if it is in the finding, and of an oops {module}: a new reference, NULL when out of memory. */
json_t *gw_kernel_log_json(const struct gw_graph *graph, const struct gw_finding *finding);

#endif
