/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of kind probe-order, from findings. Beside what every report of
 * gpuwatch.report.v1 has, each has the object probe_order:
 *
 * effect		"lost" (a device or a feature is missing, or came up wrong), "fragile" (went well, but nothing holds
 *			it so), "slow" (time was lost, nothing else)
 * device, driver, bus, module		the consumer
 * supplier, supplier_driver, supplier_module
 * feature		"" where none is known
 * begin_ns, end_ns	of the consumer's probe or initcall
 * supplier_begin_ns, supplier_ready_ns		null = not known, or never
 * result, result_name	of the consumer's probe or initcall; null and "" = not known
 * retries		how often it was deferred
 * lost_ns		how long it waited
 * devices		how many share its fate; the report's nodes are all of them, up to 256
 * source		why it is known that one needs the other
 *
 * Consumers that wait or waited for the same thing share a report. A feature that is missing because of an order is in the
 * report of that order, and has no silent-absence of its own.
 */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_REPORT_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_REPORT_H

#include "lib/boot/rules/finding.h"

/* Devices of one report that are shown as nodes. */
#define GW_BOOT_REPORT_NODES_MAX 256

/*
 * gw_boot_reports_make - a report for each finding, oldest first; findings about the same thing are one
 * @findings: sorted, and get the ids of their reports
 * @reports: set to an array to be freed with gw_boot_reports_free(), also on error
 *
 * An id comes from what the finding is about, not from times: it stays the same as evidence grows. Returns 0 or -ENOMEM.
 */
int gw_boot_reports_make(const struct gw_boot_model *model, struct gw_boot_findings *findings,
			 struct gw_report ***reports, size_t *count);
void gw_boot_reports_free(struct gw_report **reports, size_t count);

#endif
