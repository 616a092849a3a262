/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Marks what of a graph has to do with a GPU: a chain that has nothing of it is somebody else's. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_GPU_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_GPU_H

#include "lib/analysis/build/builder.h"

/*
 * Sets gpu of all nodes: of fences, timelines, jobs, DRM devices and GPU page faults; of tasks that wait for such a thing
 * or have a function of a GPU driver on their stack; of locks and work functions that lie in a GPU module.
 */
void gw_gpu_mark(struct gw_builder *builder);

/* Whether a function of a GPU driver is on the task's stack. */
bool gw_gpu_on_stack(const struct gw_builder *builder, const struct gw_task_record *task);

#endif
