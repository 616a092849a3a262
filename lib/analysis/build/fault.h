/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device's fences need while the device stands still for a page fault: that the fault is handled.
 *
 * The kernel does not record which jobs a fault holds up. It is inferred: the fault and the fence are of one device, an
 * interrupt signals the fence's timeline, and the timeline has not advanced since the look before. A device that can
 * preempt a job which faults, or run others beside it, is not held up: so the edge is never proven.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_FAULT_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_FAULT_H

#include "lib/analysis/build/builder.h"

/*
 * gw_expand_held_up - edges from a timeline that an interrupt signals to the tasks that handle faults of its device
 *
 * Returns how many there are, or -ENOMEM.
 */
int gw_expand_held_up(struct gw_builder *builder, uint32_t timeline);

#endif
