/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deferral-storm: probes in vain that cost a boot its time. */
#ifndef GPUWATCH_LIB_BOOT_RULES_STORM_H
#define GPUWATCH_LIB_BOOT_RULES_STORM_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_storm(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
