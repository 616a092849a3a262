/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of a boot, from its evidence. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_BUILD_H
#define GPUWATCH_LIB_BOOT_MODEL_BUILD_H

#include "lib/boot/model/model.h"

/*
 * gw_boot_model_build - put the evidence together
 * @evidence: must outlive the model, which adds names to it, and must not change meanwhile
 *
 * Time is O(n log n) in events and devices. Returns 0 or -ENOMEM; -E2BIG: see gw_boot_pairs_build().
 */
int gw_boot_model_build(struct gw_boot_model **ret, struct gw_boot_evidence *evidence);

#endif
