/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file below /run with the reports about this boot that were handed out: a
 * restart reports nothing twice, and resolves what is over by then.
 *
 * A line {"schema": "gpuwatch.reported.v1", "boot_id"}, then each report as gw_reported_write() has it.
 */
#ifndef GPUWATCH_DAEMON_BOOT_KEPT_REPORTED_H
#define GPUWATCH_DAEMON_BOOT_KEPT_REPORTED_H

#include "daemon/serve/reports.h"

/*
 * gw_boot_reported_load - restore the reports of an earlier daemon
 *
 * Returns 0, also when there is no file or it is of another boot; -EBADMSG when it, or a report in it, is not understood:
 * the other reports are restored; or -errno.
 */
int gw_boot_reported_load(struct gw_reports *reports, const char *path, const char *boot_id);

/* In one piece: a daemon that is killed leaves the old file or the new one. Returns 0 or -errno. */
int gw_boot_reported_save(const struct gw_reports *reports, const char *path, const char *boot_id);

#endif
