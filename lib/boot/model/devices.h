/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that the state and the events are about. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_DEVICES_H
#define GPUWATCH_LIB_BOOT_MODEL_DEVICES_H

#include "lib/boot/model/model.h"

/* From the state and the facts; also which fact is about which device. Returns 0 or -ENOMEM. */
int gw_boot_devices_build(struct gw_boot_model *model);

/* The device of that name, on the bus if that is given (0 = any, if there is only one); or GW_BOOT_NOTHING. */
uint32_t gw_boot_device_find(const struct gw_boot_model *model, uint32_t name, uint32_t bus);

/* Text of a field of the device's state, "" if there is none. */
const char *gw_boot_device_text(const struct gw_boot_device *device, const char *key);

#endif
