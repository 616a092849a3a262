/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTTP server: its sockets, and limits on what its clients may cost. */
#ifndef GPUWATCH_EXPORTER_SERVER_H
#define GPUWATCH_EXPORTER_SERVER_H

#include <stdint.h>

#include "exporter/source.h"

struct gw_server;

/* Returns 0 or -errno. @source must outlive the server. */
int gw_server_new(struct gw_server **ret, struct gw_source *source);
void gw_server_free(struct gw_server *server);

/* Serves a listening socket, which is taken over, also on failure. Several are possible. Returns 0 or -errno. */
int gw_server_add(struct gw_server *server, int fd);

/* Until SIGTERM or SIGINT. Returns 0 or -errno. */
int gw_server_run(struct gw_server *server);

#endif
