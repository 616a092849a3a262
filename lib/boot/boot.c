/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From evidence to reports. */
#include "lib/boot/boot.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/boot/compare/minors.h"
#include "lib/boot/document/probe-order.h"
#include "lib/boot/document/report.h"
#include "lib/boot/model/build.h"
#include "lib/boot/rules/absence.h"
#include "lib/boot/rules/driver-errors.h"
#include "lib/boot/rules/failures.h"
#include "lib/boot/rules/forever.h"
#include "lib/boot/rules/initcalls.h"
#include "lib/boot/rules/order.h"
#include "lib/boot/rules/refusals.h"
#include "lib/boot/rules/storm.h"
#include "lib/boot/rules/timeout.h"

struct gw_boot {
	struct gw_boot_model *model;
	struct gw_boot_findings findings;
	struct gw_report **reports;
	size_t n_reports;
};

/* What all rules find, in the order in which they build on each other; several findings may be about the same. */
static int boot_judge(const struct gw_boot_model *model, struct gw_boot_findings *findings)
{
	int r = gw_boot_rule_initcalls(model, findings);

	r = r ?: gw_boot_rule_order(model, findings);
	r = r ?: gw_boot_rule_timeout(model, findings);
	r = r ?: gw_boot_rule_forever(model, findings);
	r = r ?: gw_boot_rule_storm(model, findings);
	r = r ?: gw_boot_rule_driver_errors(model, findings);
	r = r ?: gw_boot_rule_refusals(model, findings);
	r = r ?: gw_boot_rule_absence(model, findings);
	return r ?: gw_boot_rule_failures(model, findings);
}

int gw_boot_analyse(struct gw_boot **ret, struct gw_boot_evidence *evidence)
{
	struct gw_boot *boot = calloc(1, sizeof(*boot));
	int r;

	if (!boot)
		return -ENOMEM;
	r = gw_boot_model_build(&boot->model, evidence);
	r = r ?: boot_judge(boot->model, &boot->findings);
	r = r ?: gw_boot_compare_minors(boot->model, &boot->findings);
	r = r ?: gw_boot_reports_make(boot->model, &boot->findings, &boot->reports, &boot->n_reports);
	if (r < 0) {
		gw_boot_free(boot);
		return r;
	}
	*ret = boot;
	return 0;
}

void gw_boot_free(struct gw_boot *boot)
{
	if (!boot)
		return;
	gw_boot_reports_free(boot->reports, boot->n_reports);
	gw_boot_findings_deinit(&boot->findings);
	gw_boot_model_free(boot->model);
	free(boot);
}

size_t gw_boot_reports(const struct gw_boot *boot, const struct gw_report *const **ret)
{
	*ret = (const struct gw_report *const *)boot->reports;
	return boot->n_reports;
}

json_t *gw_boot_json(const struct gw_boot *boot)
{
	return gw_boot_probe_order_json(boot->model, &boot->findings, boot->reports, boot->n_reports);
}

void gw_boot_keep_detection(struct gw_boot *boot, size_t index, uint64_t real_ns, uint64_t mono_ns)
{
	struct gw_report *report = boot->reports[index];

	if (mono_ns < report->formed_mono_ns)
		return;
	report->detected_real_ns = real_ns;
	report->detected_mono_ns = mono_ns;
}
