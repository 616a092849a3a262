/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deferral-timeout: devices that stopped waiting for their suppliers. */
#ifndef GPUWATCH_LIB_BOOT_RULES_TIMEOUT_H
#define GPUWATCH_LIB_BOOT_RULES_TIMEOUT_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_timeout(const struct gw_boot_model *model, struct gw_boot_findings *findings);

/*
 * The attempt by which the device went on without what it had waited for, or NULL: it did not.
 * @need: set to the need that was not met then, or NULL where that is not known
 */
const struct gw_boot_attempt *gw_boot_timeout_released(const struct gw_boot_model *model,
						       const struct gw_boot_device *device,
						       const struct gw_boot_need **need);

#endif
