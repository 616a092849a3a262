/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All rules, in the order in which they build on each other. */
#include "lib/boot/rules/rules.h"

#include "lib/boot/rules/absence.h"
#include "lib/boot/rules/driver-errors.h"
#include "lib/boot/rules/forever.h"
#include "lib/boot/rules/initcalls.h"
#include "lib/boot/rules/order.h"
#include "lib/boot/rules/refusals.h"
#include "lib/boot/rules/storm.h"
#include "lib/boot/rules/timeout.h"

int gw_boot_rules_judge(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	int r = gw_boot_rule_initcalls(model, findings);

	r = r ?: gw_boot_rule_order(model, findings);
	r = r ?: gw_boot_rule_timeout(model, findings);
	r = r ?: gw_boot_rule_forever(model, findings);
	r = r ?: gw_boot_rule_storm(model, findings);
	r = r ?: gw_boot_rule_driver_errors(model, findings);
	r = r ?: gw_boot_rule_refusals(model, findings);
	return r ?: gw_boot_rule_absence(model, findings);
}
