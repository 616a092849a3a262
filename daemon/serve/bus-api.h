/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The D-Bus interface org.gpuwatch1.Manager: methods, properties and signals,
 * the same on every connection, whoever made it.
 */
#ifndef GPUWATCH_DAEMON_SERVE_BUS_API_H
#define GPUWATCH_DAEMON_SERVE_BUS_API_H

#include <systemd/sd-bus.h>

#include "daemon/boot/observer.h"
#include "daemon/serve/reports.h"
#include "daemon/serve/status.h"
#include "daemon/watch/scheduler.h"
#include "daemon/watch/watch.h"

struct gw_bus_api;

/* What it gives access to. All must outlive the interface. */
struct gw_bus_api_parts {
	struct gw_watch *watch;
	struct gw_scheduler *scheduler;
	struct gw_boot_observer *boot;
	struct gw_reports *reports; /* its news become signals */
	const struct gw_status *status;
};

/* Must be there as long as anything is put into the reports. Returns 0 or -errno. */
int gw_bus_api_new(struct gw_bus_api **ret, sd_event *event, const struct gw_bus_api_parts *parts);
void gw_bus_api_free(struct gw_bus_api *api);

/*
 * gw_bus_api_attach - answer on this connection, and send it signals, until detached
 * @pending_max: calls of it that may wait for their answer at once
 *
 * Keeps a reference. Returns 0 or -errno.
 */
int gw_bus_api_attach(struct gw_bus_api *api, sd_bus *bus, unsigned int pending_max);
void gw_bus_api_detach(struct gw_bus_api *api, sd_bus *bus);

/* After each look: answers who waited for it. */
void gw_bus_api_looked(struct gw_bus_api *api);

/* Answers who waited for this. */
void gw_bus_api_boot_answered(struct gw_bus_api *api, const struct gw_boot_answer *answer);

#endif
