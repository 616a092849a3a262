/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the daemon: org.gpuwatch1 on the system bus when it is there, else
 * the same interface on the daemon's private socket, which also works without
 * a bus. Everything has a time limit: a bus or a daemon that hangs is what
 * this program must be able to report.
 */
#ifndef GPUWATCH_LIB_CLIENT_CLIENT_H
#define GPUWATCH_LIB_CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "lib/base/cleanup.h"
#include "lib/client/outcome.h"

enum gw_client_route {
	GW_CLIENT_ANY, /* system bus, then private socket */
	GW_CLIENT_SYSTEM_BUS,
	GW_CLIENT_PRIVATE,
};

struct gw_client_target {
	enum gw_client_route route;
	const char *socket;  /* path of the private socket */
	uint64_t limit_usec; /* for connecting and all calls together; 0 = each has a limit of its own */
};

/* One ReportChanged signal: the report as JSON, borrowed. */
typedef void (*gw_client_changed)(json_t *report, void *userdata);

struct gw_client {
	sd_bus *bus; /* NULL = not connected */
	struct gw_client_target target;
	uint64_t deadline_usec; /* CLOCK_MONOTONIC; 0 = none */
	bool private;
	char owner[64];			  /* the daemon's unique name on the bus; "" on the private socket */
	struct gw_client_outcome outcome; /* of the last call that failed */
	gw_client_changed changed;
	void *userdata; /* for changed() */
	bool foreign;	/* a signal could not be read; the connection is closed, its outcome is set */
};

/* All functions return an enum gw_client_result; when it is not GW_CLIENT_OK, client->outcome is set. */

/* Connects; @client is filled in and closed by gw_client_close() in any case. */
int gw_client_open(struct gw_client *client, const struct gw_client_target *target);
void gw_client_close(struct gw_client *client);

/*
 * Calls a method that answers with a JSON text; @types as in sd_bus_message_append(). *@ret is a new reference, of the
 * schema that this program reads, with the list that it is about: what is missing must not look like "nothing found".
 */
int gw_client_call(struct gw_client *client, json_t **ret, const char *method, const char *types, ...);

/* Calls a method that answers with a file descriptor, which is the caller's then: Record(), SaveBoot(). */
int gw_client_call_file(struct gw_client *client, int *ret, const char *method);

/*
 * Asks for ReportChanged signals; must come before the list of reports is
 * read, so that none falls in between. @client must stay where it is.
 */
int gw_client_subscribe(struct gw_client *client, gw_client_changed changed, void *userdata);

/* Hands on signals until the daemon goes away (GW_CLIENT_UNREACHABLE), or one cannot be read (GW_CLIENT_FOREIGN). */
int gw_client_follow(struct gw_client *client);

#define _cleanup_client_ _cleanup_(gw_client_close)

#endif
