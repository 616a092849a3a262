/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a task needs: the object of its wait, seen through what it is inside of. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_TASK_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_TASK_H

#include "lib/analysis/build/builder.h"

/* See builder.h. */
int gw_expand_task(struct gw_builder *builder, uint32_t node);

#endif
