/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may release a lock that its owner went on without: neither the kernel nor the lock records to whom it was given. What
 * of the same driver could have got it is seen, and counts until somebody has waited for a minute.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_HANDOVER_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_HANDOVER_H

#include "lib/analysis/build/builder.h"

/* Whoever got the lock to release it does so in good time. */
#define GW_HANDOVER_PATIENCE_NS 60000000000ULL

/* Adds an edge from the lock @node to each work item, and each worker, that may release it. Returns how many, or -ENOMEM. */
int gw_handover_workers(struct gw_builder *builder, uint32_t node);

/*
 * Whether nothing of the driver is left that the lock @node could have been given to: no item runs or is queued, no timer
 * runs, and all tasks that are stuck in the driver wait for this lock.
 */
bool gw_handover_is_excluded(struct gw_builder *builder, uint32_t node);

/*
 * Whether a timer or a work item of the module may yet end what somebody has gone on without, a section for example: one runs, is
 * queued, or is armed.
 */
bool gw_handover_may_come(struct gw_builder *builder, const char *module);

/* Whether a timer runs that may release the lock @node, or have it released by a work item. */
bool gw_handover_is_due(struct gw_builder *builder, uint32_t node);

/* Whether somebody has waited for the lock @node for longer than that. */
bool gw_handover_outlasts(struct gw_builder *builder, uint32_t node, uint64_t patience_ns);

#endif
