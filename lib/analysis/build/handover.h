/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may release a lock in the place of an owner that has gone on without it: a work item of the same driver, to which
 * the owner may have handed it. Neither the kernel nor the lock records that.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_HANDOVER_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_HANDOVER_H

#include "lib/analysis/build/builder.h"

/* Adds an edge from the lock @node to each worker that may release it. Returns how many, or -ENOMEM. */
int gw_handover_expand(struct gw_builder *builder, uint32_t node);

#endif
