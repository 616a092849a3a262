/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets to listen on: by address, or from systemd. */
#ifndef GPUWATCH_EXPORTER_LISTEN_H
#define GPUWATCH_EXPORTER_LISTEN_H

#include <stddef.h>

/*
 * gw_listen_open - a listening socket
 * @address: "127.0.0.1:9844", "[::1]:9844", ":9844" (all addresses) or "NAME:9844"
 * @message, @size: on failure one line for people
 *
 * Returns a file descriptor, or -1.
 */
int gw_listen_open(const char *address, char *message, size_t size);

#endif
