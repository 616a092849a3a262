/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * firmware-missing, taken-by-other, and the silent-absence of a device made of parts: what drivers report themselves when
 * their probe fails for it. What they report and come up all the same is none.
 */
#ifndef GPUWATCH_LIB_BOOT_RULES_DRIVER_ERRORS_H
#define GPUWATCH_LIB_BOOT_RULES_DRIVER_ERRORS_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_driver_errors(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
