/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a connection may live, whatever it does: the library's own limit begins anew with each byte, so that a client
 * which sends one now and then would keep its place for ever.
 */
#ifndef GPUWATCH_EXPORTER_DEADLINE_H
#define GPUWATCH_EXPORTER_DEADLINE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define GW_CONNECTIONS_MAX 32
#define GW_CONNECTION_USEC (30 * GW_USEC_PER_SEC)

struct gw_deadlines {
	pthread_mutex_t lock;
	int wake_fd; /* an eventfd: readable when the first connection has come; -1 = none */
	size_t count;
	struct {
		int fd; /* the library's */
		uint64_t since_usec;
	} connections[GW_CONNECTIONS_MAX];
};

/* Returns 0 or -errno. */
int gw_deadlines_init(struct gw_deadlines *deadlines);
void gw_deadlines_deinit(struct gw_deadlines *deadlines);

/* From any thread. A connection beyond GW_CONNECTIONS_MAX has no deadline: the library refuses it. */
void gw_deadlines_add(struct gw_deadlines *deadlines, int fd, uint64_t now_usec);
void gw_deadlines_remove(struct gw_deadlines *deadlines, int fd);

/* Shuts down those whose time is over. Returns when the next one's is, UINT64_MAX: there is none. */
uint64_t gw_deadlines_enforce(struct gw_deadlines *deadlines, uint64_t now_usec);

#endif
