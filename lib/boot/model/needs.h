/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who needs whom. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_NEEDS_H
#define GPUWATCH_LIB_BOOT_MODEL_NEEDS_H

#include "lib/boot/model/model.h"

/* From device links, firmware, soft dependencies, what the driver core waited for, and the pairs. Returns 0 or -ENOMEM. */
int gw_boot_needs_build(struct gw_boot_model *model);

/* "device-link", "firmware", "table", "softdep". */
const char *gw_boot_origin_name(enum gw_boot_origin origin);

#endif
