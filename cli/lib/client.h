/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to the daemon: org.gpuwatch1 on the system bus when it is there, else
 * the same interface on the daemon's private socket, which also works without
 * a bus. Everything has a time limit: a bus or a daemon that hangs is what
 * this program must be able to report.
 */
#ifndef GPUWATCH_CLI_LIB_CLIENT_H
#define GPUWATCH_CLI_LIB_CLIENT_H

#include <stdbool.h>

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "lib/base/cleanup.h"

enum client_route {
	CLIENT_ANY, /* system bus, then private socket */
	CLIENT_SYSTEM_BUS,
	CLIENT_PRIVATE,
};

struct client_target {
	enum client_route route;
	const char *socket; /* path of the private socket */
};

/* Outcomes of a call that callers handle each; 0 is success. */
enum client_result {
	CLIENT_OK = 0,
	CLIENT_UNREACHABLE = 1, /* not running, no permission, no answer in time */
	CLIENT_REFUSED = 2,	/* the daemon answered with an error of its own, e.g. no such report */
	CLIENT_FOREIGN = 3,	/* of another version: it has no such method, or its answer is of another schema */
};

/* One ReportChanged signal: the report as JSON, borrowed. */
typedef void (*client_changed)(json_t *report, void *userdata);

struct client {
	sd_bus *bus; /* NULL = not connected */
	struct client_target target;
	bool private;
	char owner[64];	   /* the daemon's unique name on the bus; "" on the private socket */
	char message[512]; /* why the last call failed, one line for people, without the program's name */
	client_changed changed;
	void *userdata; /* for changed() */
	bool foreign;	/* a signal could not be read; the connection is closed, @message is set */
};

/* All functions return an enum client_result; when it is not CLIENT_OK, client->message is set. */

/* Connects; @client is filled in and closed by client_close() in any case. */
int client_open(struct client *client, const struct client_target *target);
void client_close(struct client *client);

/*
 * Calls a method that answers with a JSON text; @types as in sd_bus_message_append(). *@ret is a new reference, of the
 * schema that this program reads, with the list that it is about: what is missing must not look like "nothing found".
 */
int client_call(struct client *client, json_t **ret, const char *method, const char *types, ...);

/* Calls a method that answers with a file descriptor, which is the caller's then: Record(), SaveBoot(). */
int client_call_file(struct client *client, int *ret, const char *method);

/*
 * Asks for ReportChanged signals; must come before the list of reports is
 * read, so that none falls in between. @client must stay where it is.
 */
int client_subscribe(struct client *client, client_changed changed, void *userdata);

/* Hands on signals until the daemon goes away (CLIENT_UNREACHABLE), or one cannot be read (CLIENT_FOREIGN). */
int client_follow(struct client *client);

#define _cleanup_client_ _cleanup_(client_close)

#endif
