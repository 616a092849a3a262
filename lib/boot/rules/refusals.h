/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols-missing, kfd-refused, and taken-by-other in the words of the NVIDIA driver: a module that was not loaded, a GPU that KFD or its driver did not get. */
#ifndef GPUWATCH_LIB_BOOT_RULES_REFUSALS_H
#define GPUWATCH_LIB_BOOT_RULES_REFUSALS_H

#include "lib/boot/rules/finding.h"

/* Adds what it finds. Returns 0 or -ENOMEM. */
int gw_boot_rule_refusals(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
