/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathers all that can be known of this boot: what the programs recorded, the
 * kernel log, its trace buffer, its initcalls, the system as it is now.
 */
#ifndef GPUWATCH_DAEMON_BOOT_GATHER_H
#define GPUWATCH_DAEMON_BOOT_GATHER_H

#include <jansson.h>

#include "daemon/boot/kept/log.h"
#include "daemon/boot/request.h"
#include "lib/boot/evidence/evidence.h"
#include "lib/system/kallsyms.h"

/* Who takes the evidence. All return 0 or -errno, which ends the gathering; all arguments are valid during the call. */
struct gw_boot_sink {
	int (*host)(const struct gw_boot_host *host, void *userdata);
	int (*event)(const struct gw_boot_event *event, void *userdata);
	int (*kmsg)(const char *text, size_t size, void *userdata);
	int (*initcalls)(const struct gw_initcall *list, size_t count, void *userdata);
	int (*state)(json_t *state, void *userdata);
	int (*previous)(json_t *previous, void *userdata);
	int (*lost)(json_t *lost, void *userdata);
};

/* Where it comes from. */
struct gw_boot_sources {
	const struct gw_boot_request *request; /* what only the daemon has */
	const struct gw_boot_log *log;	       /* NULL: there is none, see why of the request */
	const char *kmsg_log;		       /* file to keep the kernel log in; NULL: it is not read */
	const struct gw_kallsyms *kallsyms;    /* NULL: not known */
	const struct gw_depends *depends;
};

/* Returns 0, -errno, or what the sink returned. */
int gw_boot_gather(const struct gw_boot_sources *sources, const struct gw_boot_sink *sink, void *userdata);

#endif
