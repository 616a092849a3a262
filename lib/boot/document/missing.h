/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parts of the boot were not seen, why, and what to do about it. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_MISSING_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_MISSING_H

#include "lib/boot/model/model.h"

/* An array as in gw_boot_json()'s "missing"; empty when all was seen. New reference, or NULL when out of memory. */
json_t *gw_boot_missing_json(const struct gw_boot_model *model);

#endif
