/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initcall-order: an init function that ran, or would run, before the one that it needs. */
#ifndef GPUWATCH_LIB_BOOT_RULES_INITCALLS_H
#define GPUWATCH_LIB_BOOT_RULES_INITCALLS_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_initcalls(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
