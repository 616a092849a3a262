/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document for people and monitoring: how this boot brought its drivers up, and what is wrong with that. */
#ifndef GPUWATCH_LIB_BOOT_DOCUMENT_PROBE_ORDER_H
#define GPUWATCH_LIB_BOOT_DOCUMENT_PROBE_ORDER_H

#include "lib/boot/rules/finding.h"

#define GW_PROBE_ORDER_SCHEMA "gpuwatch.probe-order.v1"

/*
 * gw_boot_probe_order_json - the document
 * @findings, @reports: as gw_boot_reports_make() leaves them
 *
 * schema		"gpuwatch.probe-order.v1"
 * boot_id, kernel
 * taken_at		RFC 3339
 * now_ns		the same moment
 * complete		whether all of the boot was seen
 * missing[]		which parts were not: gw_boot_missing_json()
 * settings		of the kernel command line:
 *     fw_devlink, iommu		"" = not given
 *     fw_devlink_strict		true, false
 *     deferred_probe_timeout_s		-1 = never, null = not given
 *     initcall_debug			true, false
 *     timeout_expired_ns		when it expired, null = not known to have
 * summary
 *     initcalls, probes, deferrals, devices	how many there were
 *     lost		number of reports of something lost
 * rows[]		what happened, in boot order: gw_boot_rows_json()
 * tree[]		consumers with their suppliers: gw_boot_tree_json()
 * devices[]		the same choice as in rows: gw_boot_devices_json()
 * reports[]		gpuwatch.report.v1, see report.h
 *
 * Rows and devices are of GPUs, IOMMUs, KFD, and of whatever a report or their chains of suppliers name (relevant.h).
 * Times are ns since boot, CLOCK_MONOTONIC as far as it can be known. New reference, or NULL when out of memory.
 */
json_t *gw_boot_probe_order_json(const struct gw_boot_model *model, const struct gw_boot_findings *findings,
				 struct gw_report *const *reports, size_t count);

#endif
