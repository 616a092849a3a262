/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who holds a lock for reading: of several readers the kernel records at most the last one, and the others are inferred. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_READERS_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_READERS_H

#include "lib/analysis/build/builder.h"

/* The readers of the rwsem @node, as long as a writer waits. Returns 0 or -ENOMEM. */
int gw_readers_hold(struct gw_builder *builder, uint32_t node);

/* The same of a percpu rwsem, whose writer waits for readers that the kernel does not record at all. */
int gw_readers_hold_percpu(struct gw_builder *builder, uint32_t node);

#endif
