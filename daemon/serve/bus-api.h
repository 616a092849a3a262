/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The D-Bus interface org.gpuwatch1.Manager: methods, properties and signals,
 * the same on every connection, whoever made it.
 */
#ifndef GPUWATCH_DAEMON_SERVE_BUS_API_H
#define GPUWATCH_DAEMON_SERVE_BUS_API_H

#include <systemd/sd-bus.h>

#include "daemon/boot/observer.h"
#include "daemon/serve/status.h"
#include "daemon/watch/scheduler.h"
#include "daemon/watch/watch.h"

struct gw_bus_api;

/* All must outlive the interface. */
int gw_bus_api_new(struct gw_bus_api **ret, sd_event *event, struct gw_watch *watch, struct gw_scheduler *scheduler,
		   struct gw_boot_observer *boot, const struct gw_status *status);
void gw_bus_api_free(struct gw_bus_api *api);

/* Answer on this connection, and send it signals, until detached. Keeps a reference. Returns 0 or -errno. */
int gw_bus_api_attach(struct gw_bus_api *api, sd_bus *bus);
void gw_bus_api_detach(struct gw_bus_api *api, sd_bus *bus);

/* Sends ReportChanged to all connections. @json: the report. */
void gw_bus_api_report_changed(struct gw_bus_api *api, const struct gw_report *report, const char *json);

/* Tells everybody if the number of active reports changed. */
void gw_bus_api_count_reports(struct gw_bus_api *api);

/* After each look: answers who waited for it, and tells if the number of active reports changed. */
void gw_bus_api_looked(struct gw_bus_api *api);

/* Answers who waited for this. */
void gw_bus_api_boot_answered(struct gw_bus_api *api, const struct gw_boot_answer *answer);

#endif
