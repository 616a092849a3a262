/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot that was judged: evidence of how drivers came up in, reports of kind
 * probe-order and the document for people out. Pure: the daemon, the tests and
 * `gpuwatch-cli probe-order --from FILE` give it the same evidence and get the
 * same answer.
 *
 * Inside: evidence (as it comes in), model (what happened, on one clock), rules
 * (what is wrong with that), document (reports and JSON); table (what drivers
 * need) is asked by all of them. Each uses only those before it.
 */
#ifndef GPUWATCH_LIB_BOOT_BOOT_H
#define GPUWATCH_LIB_BOOT_BOOT_H

#include <stddef.h>

#include <jansson.h>

#include "lib/boot/evidence/evidence.h"
#include "lib/report/report.h"

struct gw_boot;

/*
 * gw_boot_analyse - judge a boot by all that is known of it by now
 * @evidence: must outlive the boot; more may be added to it when the boot has been freed, for another analysis
 *
 * Time is O(n log n) in events and devices. Returns 0; -E2BIG if the table has so many patterns, and the machine so many
 * devices, that trying each on each would take longer than a few seconds; or -ENOMEM.
 */
int gw_boot_analyse(struct gw_boot **ret, struct gw_boot_evidence *evidence);
void gw_boot_free(struct gw_boot *boot);

/*
 * gw_boot_keep_detection - a report that an earlier analysis of the same boot had, too
 * @index: of it in the gw_boot_reports()
 * @real_ns, @mono_ns: when it was detected then
 *
 * It keeps that time, however often the boot is analysed, unless it is known by now to have formed only later. To be called
 * before gw_boot_json().
 */
void gw_boot_keep_detection(struct gw_boot *boot, size_t index, uint64_t real_ns, uint64_t mono_ns);

/* The reports, oldest first, see document/report.h; valid as long as the boot. Returns their number. */
size_t gw_boot_reports(const struct gw_boot *boot, const struct gw_report *const **ret);

/* gpuwatch.probe-order.v1, see document/probe-order.h. New reference, or NULL when out of memory. */
json_t *gw_boot_json(const struct gw_boot *boot);

#endif
