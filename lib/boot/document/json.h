/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that reports and documents have in common, as JSON. New references; NULL when out of memory. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_JSON_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* null for GW_BOOT_UNKNOWN. */
json_t *gw_boot_json_time(uint64_t time_ns);

/* "0", "-EPROBE_DEFER"; "" where it has not ended. */
json_t *gw_boot_json_result_name(bool ended, int32_t result);

#endif
