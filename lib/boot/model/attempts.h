/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts to probe a device: what the events of all sources together make of them, and what is asked of them. */
#ifndef GPUWATCH_LIB_BOOT_MODEL_ATTEMPTS_H
#define GPUWATCH_LIB_BOOT_MODEL_ATTEMPTS_H

#include "lib/boot/model/model.h"

/* From the facts, after the devices. Returns 0 or -ENOMEM. */
int gw_boot_attempts_build(struct gw_boot_model *model);

/* Whether a driver looked at the device and said that it is none of its own: no failure. */
bool gw_boot_attempt_rejected(const struct gw_boot_attempt *attempt);

/* The device's last attempt, or NULL. */
const struct gw_boot_attempt *gw_boot_attempts_last(const struct gw_boot_model *model,
						    const struct gw_boot_device *device);

/* The attempt that made the device's driver the one that is bound now, or NULL. */
const struct gw_boot_attempt *gw_boot_attempts_current(const struct gw_boot_model *model,
						       const struct gw_boot_device *device);

/* Whether the device was bound at a moment, as far as attempts were seen. */
bool gw_boot_attempts_bound_at(const struct gw_boot_model *model, const struct gw_boot_device *device,
			       uint64_t time_ns);

/* Whether the device's probe was running at a moment. */
bool gw_boot_attempts_probed_at(const struct gw_boot_model *model, const struct gw_boot_device *device,
				uint64_t time_ns);

/* The device's first successful attempt that ended later than a moment, or NULL. */
const struct gw_boot_attempt *gw_boot_attempts_next_bound(const struct gw_boot_model *model,
							  const struct gw_boot_device *device, uint64_t time_ns);

/* The device's last attempt that had ended by a moment, or NULL. */
const struct gw_boot_attempt *gw_boot_attempts_last_before(const struct gw_boot_model *model,
							   const struct gw_boot_device *device, uint64_t time_ns);

#endif
