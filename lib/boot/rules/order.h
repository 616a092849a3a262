/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probed-before-supplier and probe-overlap: a device that was probed too early. */
#ifndef GPUWATCH_LIB_BOOT_RULES_ORDER_H
#define GPUWATCH_LIB_BOOT_RULES_ORDER_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_order(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
