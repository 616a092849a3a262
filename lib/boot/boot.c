/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From evidence to reports. */
#include "lib/boot/boot.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/boot/compare/minors.h"
#include "lib/boot/document/probe-order.h"
#include "lib/boot/document/report.h"
#include "lib/boot/model/build.h"
#include "lib/boot/rules/rules.h"

struct gw_boot {
	struct gw_boot_model *model;
	struct gw_boot_findings findings;
	struct gw_report **reports;
	size_t n_reports;
};

int gw_boot_analyse(struct gw_boot **ret, struct gw_boot_evidence *evidence)
{
	struct gw_boot *boot = calloc(1, sizeof(*boot));
	int r;

	if (!boot)
		return -ENOMEM;
	r = gw_boot_model_build(&boot->model, evidence);
	r = r ?: gw_boot_rules_judge(boot->model, &boot->findings);
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
