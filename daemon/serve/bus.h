/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system bus: connects when there is one, again when it comes later or
 * comes back, and never waits for it.
 */
#ifndef GPUWATCH_DAEMON_SERVE_BUS_H
#define GPUWATCH_DAEMON_SERVE_BUS_H

#include <stdbool.h>

#include <systemd/sd-event.h>

#include "daemon/serve/bus-api.h"

struct gw_bus;

/* Returns 0 also when there is no bus yet. */
int gw_bus_new(struct gw_bus **ret, sd_event *event, struct gw_bus_api *api);
void gw_bus_free(struct gw_bus *bus);

/* Whether the name org.gpuwatch1 is ours at this moment. */
bool gw_bus_has_name(const struct gw_bus *bus);

#endif
