/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a line is one of those, whole, that tell how drivers come up: for lib/boot, which reads them. */
#ifndef GPUWATCH_LIB_LOG_TEXT_BOOT_LINE_H
#define GPUWATCH_LIB_LOG_TEXT_BOOT_LINE_H

#include <stdbool.h>

bool gw_log_is_boot_line(const char *text);

/* Whether it begins as one that names a device, whole or not: no piece of the line before it does. */
bool gw_log_begins_boot_line(const char *text);

#endif
