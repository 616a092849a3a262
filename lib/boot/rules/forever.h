/* SPDX-License-Identifier: GPL-2.0-or-later */
/* deferred-forever: devices that still wait for their suppliers, or waited too long. */
#ifndef GPUWATCH_LIB_BOOT_RULES_FOREVER_H
#define GPUWATCH_LIB_BOOT_RULES_FOREVER_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_forever(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
