/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a work item or a whole workqueue needs: its workers, or a place among the active items. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_WORK_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_WORK_H

#include "lib/analysis/build/builder.h"

/* See builder.h. */
int gw_expand_work(struct gw_builder *builder, uint32_t node);
int gw_expand_workqueue(struct gw_builder *builder, uint32_t node);

#endif
