/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look at the boot: gathers the evidence and has lib/boot judge it, in a process of its own; then takes over what that one wrote. */
#ifndef GPUWATCH_DAEMON_BOOT_LOOK_H
#define GPUWATCH_DAEMON_BOOT_LOOK_H

#include <stdio.h>

#include "daemon/boot/gather.h"
#include "daemon/serve/reports.h"

/*
 * gw_boot_look - gather and judge
 * @reports: what was reported before keeps the time at which it was detected then
 * @output: gets each report as gw_reported_write() has it, an empty line, the document's summary on a line of its own, the
 *	    document, gpuwatch.probe-order.v1, and a NUL byte
 *
 * Returns 0 or -errno.
 */
int gw_boot_look(const struct gw_boot_sources *sources, const struct gw_reports *reports, FILE *output);

struct gw_boot_looked {
	json_t *summary;   /* of the document; the caller's */
	const char *order; /* the document, in the text that was taken */
};

/*
 * gw_boot_look_take - put the reports that gw_boot_look() wrote
 * @ret: what else is in the text; filled in unless it is not whole
 * @now_ns: CLOCK_MONOTONIC
 *
 * Returns the number of news; -EBADMSG when the text is not whole: nothing is put then; or -ENOMEM.
 */
int gw_boot_look_take(struct gw_reports *reports, const char *text, size_t size, uint64_t now_ns,
		      struct gw_boot_looked *ret);

#endif
