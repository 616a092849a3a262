/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Modules of the state. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_MODULES_H
#define GPUWATCH_LIB_BOOT_MODEL_MODULES_H

#include "lib/boot/model/model.h"

/* From the state. Returns 0 or -ENOMEM. */
int gw_boot_modules_build(struct gw_boot_model *model);

/* A module by its name in either spelling: index in the model's modules, or GW_BOOT_NOTHING. */
uint32_t gw_boot_module_find(const struct gw_boot_model *model, const char *name);

/* A module that could drive a device that no driver has taken: index in the model's modules, or GW_BOOT_NOTHING. */
uint32_t gw_boot_module_candidate(const struct gw_boot_model *model, uint32_t device);

#endif
