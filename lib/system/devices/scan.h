/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All devices that a driver could bind to, with their drivers and with the suppliers that firmware names for them. */
#ifndef GPUWATCH_LIB_SYSTEM_DEVICES_SCAN_H
#define GPUWATCH_LIB_SYSTEM_DEVICES_SCAN_H

#include <jansson.h>

#include "lib/system/modules/index.h"

/*
 * gw_device_scan - `devices` of gw_boot_evidence_set_state()
 * @root: directory file descriptor of the root directory
 * @root_path: the same as a path, "" for "/"
 * @modules: is asked for the drivers' modules; may be NULL
 * @candidates: an object, to which {ALIAS: [modules]} of devices and suppliers without driver are added
 * @unreadable: see gw_unreadable_add()
 *
 * A supplier's property "iommu" is not the device tree's: the IOMMU unit that serves the device, as sysfs has it.
 *
 * Returns 0 or -ENOMEM.
 */
int gw_device_scan(json_t **ret, int root, const char *root_path, struct gw_module_index *modules, json_t *candidates,
		   json_t *unreadable);

#endif
