/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private socket: D-Bus peer to peer, without a bus in between, as systemd
 * has it. It answers in an initramfs, before the bus is up, and when the bus
 * itself hangs.
 */
#ifndef GPUWATCH_DAEMON_SERVE_PRIVATE_SOCKET_H
#define GPUWATCH_DAEMON_SERVE_PRIVATE_SOCKET_H

#include <stddef.h>

#include <systemd/sd-event.h>

#include "daemon/memory.h"
#include "daemon/serve/bus-api.h"

struct gw_private_socket;

/*
 * gw_private_socket_new - take the path, so that there is one daemon only
 * @message, @size: on failure one line for people
 *
 * Connections are not accepted before gw_private_socket_serve(). A socket that
 * no process listens on any more is replaced, and so is that of a daemon which has
 * not answered for @patience_msec: it hangs, and cannot be killed. Returns 0,
 * -EADDRINUSE when another daemon serves the path, or -errno.
 */
int gw_private_socket_new(struct gw_private_socket **ret, const char *path, int patience_msec, char *message,
			  size_t size);

/* Accept root, the daemon's own user and members of its group. @memory: what of it clients gave back is given to the system. */
int gw_private_socket_serve(struct gw_private_socket *socket, sd_event *event, struct gw_bus_api *api,
			    const struct gw_memory *memory);

/* Closes all connections and removes the path. */
void gw_private_socket_free(struct gw_private_socket *socket);

#endif
