/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of error numbers, those that only the kernel has included: "-EPROBE_DEFER". */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_ERROR_NAMES_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_ERROR_NAMES_H

#include <stdint.h>

#include "lib/base/text.h"

/* "0", "-ENODEV", or the number if it has no name. */
void gw_boot_write_result(struct gw_text *text, int32_t result);

#endif
