/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Initcalls that were run and modules that were loaded. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_INITS_H
#define GPUWATCH_LIB_BOOT_MODEL_INITS_H

#include "lib/boot/model/model.h"

/* From the facts and the initcalls that are built in. Returns 0 or -ENOMEM. */
int gw_boot_inits_build(struct gw_boot_model *model);

#endif
