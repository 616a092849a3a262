/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices whose probe is deferred, and why: debugfs' devices_deferred. */
#ifndef GPUWATCH_LIB_SYSTEM_DEVICES_DEFERRED_H
#define GPUWATCH_LIB_SYSTEM_DEVICES_DEFERRED_H

#include <jansson.h>

/*
 * gw_deferred_devices_read - `deferred` of gw_boot_evidence_set_state()
 * @ret: a new array, NULL where it cannot be read
 * @root: directory file descriptor of the root directory
 * @unreadable: see gw_unreadable_add()
 *
 * Returns 0 or -ENOMEM.
 */
int gw_deferred_devices_read(json_t **ret, int root, json_t *unreadable);

#endif
