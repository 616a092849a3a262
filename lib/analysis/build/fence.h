/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fence needs: its members, its job, or its timeline; and what a job needs. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_FENCE_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_FENCE_H

#include "lib/analysis/build/builder.h"

/* See builder.h. */
int gw_expand_fence(struct gw_builder *builder, uint32_t node);
int gw_expand_job(struct gw_builder *builder, uint32_t node);

#endif
