/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All rules about how drivers came up. */
#ifndef GPUWATCH_LIB_BOOT_RULES_RULES_H
#define GPUWATCH_LIB_BOOT_RULES_RULES_H

#include "lib/boot/rules/finding.h"

/* What all rules find, in no order; several findings may be about the same. Returns 0 or -ENOMEM. */
int gw_boot_rules_judge(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
