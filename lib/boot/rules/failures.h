/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe-failed: the driver of a GPU, a display or an IOMMU failed on a device, and nothing else in the records is to blame. */
#ifndef GPUWATCH_LIB_BOOT_RULES_FAILURES_H
#define GPUWATCH_LIB_BOOT_RULES_FAILURES_H

#include "lib/boot/rules/finding.h"

/* After all other rules. Returns 0 or -ENOMEM. */
int gw_boot_rule_failures(const struct gw_boot_model *model, struct gw_boot_findings *findings);

#endif
