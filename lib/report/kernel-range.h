/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of kernel versions, as tables have them: "4.20-6.6", "-6.6", "6.7-", "6.1". 6.6.12 is in 6.6. */
#ifndef GPUWATCH_LIB_REPORT_KERNEL_RANGE_H
#define GPUWATCH_LIB_REPORT_KERNEL_RANGE_H

#include <stdbool.h>

bool gw_kernel_range_valid(const char *range);

/* Whether the kernel is in it, by uname -r; false if either cannot be read. */
bool gw_kernel_range_has(const char *range, const char *release);

#endif
