/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lock needs: its owner, and whether that one can ever let go. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_LOCK_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_LOCK_H

#include "lib/analysis/build/builder.h"

/* See builder.h. */
int gw_expand_lock(struct gw_builder *builder, uint32_t node);

#endif
