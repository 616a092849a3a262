/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which parts of the boot were not seen, why, and what to do about it. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_MISSING_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_MISSING_H

#include "lib/boot/model/model.h"

/*
 * gw_boot_missing_json - an array of gaps, empty when all was seen
 *
 * part			"initcalls", "early probes", "kernel log", ...
 * from_ns, to_ns	null = not known
 * text			one sentence
 * remedy		what to do
 *
 * New reference, or NULL when out of memory.
 */
json_t *gw_boot_missing_json(const struct gw_boot_model *model);

#endif
