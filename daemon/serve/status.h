/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status: how the daemon itself is doing, as gpuwatch.status.v1. */
#ifndef GPUWATCH_DAEMON_SERVE_STATUS_H
#define GPUWATCH_DAEMON_SERVE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "daemon/boot/observer.h"
#include "daemon/serve/detected.h"
#include "daemon/serve/reports.h"
#include "daemon/watch/scheduler.h"
#include "daemon/watch/watch.h"

struct gw_mark {
	uint64_t time_ns;
	uint64_t wakeups;
};

/* What the rest of the daemon knows about itself. */
struct gw_status {
	uint64_t started_real_ns;
	int memory_error;	   /* why memory is not locked, errno; 0 = it is */
	const char *pin_directory; /* "" = not pinned */
	bool standalone;
	bool on_system_bus; /* the name is ours there */
	uint64_t journal_lost;
	const struct gw_boot_observer *boot;
	const struct gw_reports *reports;
	const struct gw_detected *detected; /* NULL = they are not counted */
	uint64_t wakeups;		    /* returns of the event loop from its sleep */
	struct gw_mark recent, older;	    /* for the rate */
};

void gw_status_init(struct gw_status *status);

/* The event loop woke up. */
void gw_status_woke(struct gw_status *status);

/* New references, NULL when out of memory. */
json_t *gw_status_json(const struct gw_status *status, struct gw_watch *watch, const struct gw_scheduler *scheduler);
json_t *gw_status_probes(const struct gw_loader *loader, const struct gw_boot_observer *boot, bool failed_only);

#endif
