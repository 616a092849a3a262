/* SPDX-License-Identifier: GPL-2.0-or-later */
/* silent-absence: a bound device without the feature that its supplier gives. */
#ifndef GPUWATCH_LIB_BOOT_RULES_ABSENCE_H
#define GPUWATCH_LIB_BOOT_RULES_ABSENCE_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds, and what the findings of the rules before it do not have. Returns 0 or -ENOMEM. */
int gw_boot_rule_absence(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
