/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consumers with their suppliers below them. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_TREE_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_TREE_H

#include "lib/boot/document/relevant.h"

/*
 * gw_boot_tree_json - an array of consumers, each with its suppliers below it
 *
 * id		"t1"
 * name		of the device or the table's party
 * role		"consumer", "supplier"
 * state	"ready", "absent", "deferred", "fragile", "failed"
 * ready_ns	null = not known, or not
 * note		a few words
 * origin	why it is known that its consumer needs it: "device-link", "firmware", "softdep", "table", "" (a consumer)
 * children[]	its suppliers
 *
 * New reference, or NULL when out of memory.
 */
json_t *gw_boot_tree_json(const struct gw_boot_model *model, const struct gw_boot_findings *findings,
			  const struct gw_boot_relevant *relevant);

#endif
