/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device links that the driver core has made: /sys/class/devlink. */
#ifndef GPUWATCH_LIB_SYSTEM_DEVICES_LINKS_H
#define GPUWATCH_LIB_SYSTEM_DEVICES_LINKS_H

#include <jansson.h>

/*
 * gw_device_links_read - `links` of gw_boot_evidence_set_state()
 * @ret: a new array, NULL where there are none to be read
 * @root: directory file descriptor of the root directory
 * @unreadable: see gw_unreadable_add()
 *
 * Returns 0 or -ENOMEM.
 */
int gw_device_links_read(json_t **ret, int root, json_t *unreadable);

#endif
