/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What only link order holds: the initcalls of a kernel image against the table, no boot needed. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_LINK_ORDER_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_LINK_ORDER_H

#include <stddef.h>

#include <jansson.h>

#include "lib/boot/evidence/initcalls.h"
#include "lib/boot/table/dependencies.h"

/*
 * gw_boot_link_order_json - the table's pairs in a kernel image
 * @kernel: its release, "" = not known: all entries count
 * @modules: as in gw_boot_evidence_set_state(), of a directory of modules; may be NULL: what is not built in is not known
 *
 * schema	"gpuwatch.link-order.v1"
 * kernel
 * initcalls	how many the image has
 * pairs[]
 *     id	of the table's entry
 *     consumer, supplier
 *         name, function, module, level
 *         position	index in the image's list, null = not in it
 *     state	"ordered" (by level), "fragile" (same level, right order), "reversed", "module" (a module on one side: module
 *		dependencies or softdeps order it), "unordered" (modules that nothing orders), "absent"
 *     held_by	"level", "link order", "depends", "softdep", ""
 *     why, source	of the table
 *     advice	"" where none is needed
 *
 * New reference, or NULL when out of memory.
 */
json_t *gw_boot_link_order_json(const struct gw_depends *depends, const struct gw_initcall *initcalls, size_t count,
				const char *kernel, const json_t *modules);

#endif
