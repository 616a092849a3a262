/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reports about this boot that were told, in a file below /run: so that a
 * restart of the daemon tells nothing twice, and still knows what was resolved.
 * Reports are their JSON form here, for that has all there is to say.
 */
#ifndef GPUWATCH_DAEMON_BOOT_TOLD_H
#define GPUWATCH_DAEMON_BOOT_TOLD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/report/report.h"

struct gw_boot_told;

/* @path: read if it is there and of this boot; NULL = no file. Returns 0 or -ENOMEM. */
int gw_boot_told_new(struct gw_boot_told **ret, const char *path, const char *boot_id);
void gw_boot_told_free(struct gw_boot_told *told);

/*
 * A report that is new, has changed or is resolved. @report: id, kind, class, state, confidence, summary and advice of
 * it, valid during the call; @json: the whole.
 */
typedef void (*gw_boot_tell)(const struct gw_report *report, json_t *json, void *userdata);

/*
 * Gives reports that were told before the time at which they were found then: it is the same finding, however often it is
 * looked at. Unless it is known by now to have formed only later.
 */
void gw_boot_told_keep_detection(const struct gw_boot_told *told, json_t *reports);

/*
 * gw_boot_told_update - compare with what an analysis found
 * @reports: array of gpuwatch.report.v1; one that was told as active and is not among them is resolved
 * @now_ns: CLOCK_MONOTONIC
 *
 * Returns 0 or -ENOMEM, or -errno of writing the file: all has been told then, and will be told again after a restart.
 */
int gw_boot_told_update(struct gw_boot_told *told, json_t *reports, uint64_t now_ns, gw_boot_tell tell, void *userdata);

/* Calls @tell for each report that was active when the file was read. */
void gw_boot_told_each_active(const struct gw_boot_told *told, gw_boot_tell tell, void *userdata);

/* New references: an array, newest first (NULL = out of memory); a report (NULL = there is none of that id). */
json_t *gw_boot_told_list(const struct gw_boot_told *told, bool include_resolved);
json_t *gw_boot_told_report(const struct gw_boot_told *told, const char *id);
size_t gw_boot_told_active(const struct gw_boot_told *told);

#endif
