/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job's request: what the process that does it cannot find out itself. It passes through a file, see worker.h. */
#ifndef GPUWATCH_DAEMON_BOOT_REQUEST_H
#define GPUWATCH_DAEMON_BOOT_REQUEST_H

#include <jansson.h>
#include <stdbool.h>

#include "daemon/boot/jobs.h"
#include "daemon/serve/reports.h"

struct gw_boot_request {
	enum gw_boot_job job;
	const char *boot_id;
	const char *run_directory;   /* where the daemon keeps what it records */
	const char *state_directory; /* where the cards of the last boots are kept, NULL = nowhere */
	const char *why;	     /* one line: why nothing is recorded; "" = it is */
	bool logged;		     /* this daemon has the log of the boot's events */
	bool recorded;		     /* programs record it, and: */
	uint64_t dropped;	     /* records that did not fit their ring buffer */
	uint64_t started_ns;	     /* CLOCK_MONOTONIC */
	json_t *missing;	     /* lines about programs that could not be attached */
};

/* Writes it, and the reports about the boot that are known. Returns a memfd that the caller owns, or -errno. */
int gw_boot_request_write(const struct gw_boot_request *request, const struct gw_reports *reports);

/*
 * gw_boot_request_read - read what gw_boot_request_write() wrote
 * @file: from its start
 * @storage: set to what the strings of @ret lie in, for json_decref()
 * @reports: those that are known are put there
 *
 * Returns 0, -EBADMSG or -ENOMEM.
 */
int gw_boot_request_read(struct gw_boot_request *ret, json_t **storage, struct gw_reports *reports, int file);

#endif
