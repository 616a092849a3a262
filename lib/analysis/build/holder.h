/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds, or may release, what records no owner of its own: a lock that its owner went on without, a device whose power
 * state somebody changes, the lock of a page.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_HOLDER_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_HOLDER_H

#include "lib/analysis/build/builder.h"

/*
 * A work item of the same driver, to which the owner of a lock may have handed it: neither the kernel nor the lock
 * records that. Adds an edge from the lock @node to each worker that may release it, but not any more when somebody has
 * waited for a minute. Returns how many, or -ENOMEM.
 */
int gw_holder_handover(struct gw_builder *builder, uint32_t node);

/* Who runs the runtime PM callback of a DEVICE whose record is of kind PLAIN. */
int gw_expand_power(struct gw_builder *builder, uint32_t node);

/* Anybody may release the lock of a page: whoever seems to hold it is inferred, and nothing that rests on that is proven. */
int gw_expand_page(struct gw_builder *builder, uint32_t node);

#endif
