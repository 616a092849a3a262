/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One clock for all sources. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_CLOCK_H
#define GPUWATCH_LIB_BOOT_MODEL_CLOCK_H

#include "lib/boot/model/model.h"

/*
 * gw_boot_clock_align - bring the times of all facts onto CLOCK_MONOTONIC, as far as that can be known
 *
 * Sorts the facts by time, drops those that were given twice, and fills in what the model says about clocks and about gaps
 * in the kernel log. Returns 0 or -ENOMEM.
 */
int gw_boot_clock_align(struct gw_boot_model *model);

#endif
