/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a timeline needs: whoever has signalled its fences so far, and how surely nobody else will. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_TIMELINE_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_TIMELINE_H

#include "lib/analysis/build/builder.h"

/* Whether it is the device that signals: by an interrupt, or by the thread of one, which sleeps until the next one. */
bool gw_signaller_is_device(const struct gw_builder *builder, const struct gw_signaller *signaller);

/* See builder.h. */
int gw_expand_timeline(struct gw_builder *builder, uint32_t node);

#endif
