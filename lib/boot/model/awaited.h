/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the driver core waits for in a device's name: its supplier, or the device that a node of the firmware lies in. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_AWAITED_H
#define GPUWATCH_LIB_BOOT_MODEL_AWAITED_H

#include "lib/boot/model/model.h"

/* Sets awaited, awaited_node, awaited_device and awaited_guessed of all devices, after the attempts. Returns 0 or -ENOMEM. */
int gw_boot_awaited_find(struct gw_boot_model *model);

#endif
