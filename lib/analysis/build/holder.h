/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds what records no owner of its own: a device whose power state somebody changes,
 * the lock of a page, a file that is removed.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_HOLDER_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_HOLDER_H

#include "lib/analysis/build/builder.h"

/*
 * The task at the owner's address began after others had begun to wait for the lock, and none of those has run since: whoever
 * releases a lock wakes one of them up. So it was not released, its owner is gone, and the task has that one's memory.
 */
bool gw_holder_came_later(const struct gw_builder *builder, uint64_t lock, const struct gw_task_record *owner);

/* Who runs the runtime PM callback of a DEVICE whose record is of kind PLAIN. */
int gw_expand_power(struct gw_builder *builder, uint32_t node);

/*
 * Whom @node, a task or the reclaim that it is in, needs by its stack alone: each that may be meant, of which any may be.
 * Returns how many there are, or -ENOMEM.
 */
int gw_holder_by_stack(struct gw_builder *builder, uint32_t node, enum gw_stack_need need,
		       const struct gw_task_record *task);

/* Anybody may release the lock of a page: whoever seems to hold it is inferred, and nothing that rests on that is proven. */
int gw_expand_page(struct gw_builder *builder, uint32_t node);

#endif
