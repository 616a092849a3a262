/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sections need: that the tasks inside leave. Invalidations, drm_dev_enter() sections, a device's removal. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_SECTION_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_SECTION_H

#include "lib/analysis/build/builder.h"

/* See builder.h. */
int gw_expand_notifier(struct gw_builder *builder, uint32_t node);
int gw_expand_srcu(struct gw_builder *builder, uint32_t node);
int gw_expand_device(struct gw_builder *builder, uint32_t node);

#endif
