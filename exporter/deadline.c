/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connections, and when their time is over. */
#include "exporter/deadline.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/units.h"

int gw_deadlines_init(struct gw_deadlines *deadlines)
{
	*deadlines = (struct gw_deadlines){ .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	if (deadlines->wake_fd < 0)
		return -errno;
	return -pthread_mutex_init(&deadlines->lock, NULL);
}

void gw_deadlines_deinit(struct gw_deadlines *deadlines)
{
	if (deadlines->wake_fd < 0)
		return;
	close(deadlines->wake_fd);
	pthread_mutex_destroy(&deadlines->lock);
}

void gw_deadlines_add(struct gw_deadlines *deadlines, int fd, uint64_t now_usec)
{
	pthread_mutex_lock(&deadlines->lock);
	if (deadlines->count < GW_CONNECTIONS_MAX) {
		deadlines->connections[deadlines->count].fd = fd;
		deadlines->connections[deadlines->count].since_usec = now_usec;
		if (deadlines->count++ == 0)
			eventfd_write(deadlines->wake_fd, 1);
	}
	pthread_mutex_unlock(&deadlines->lock);
}

void gw_deadlines_remove(struct gw_deadlines *deadlines, int fd)
{
	pthread_mutex_lock(&deadlines->lock);
	for (size_t i = 0; i < deadlines->count; i++)
		if (deadlines->connections[i].fd == fd) {
			deadlines->connections[i] = deadlines->connections[--deadlines->count];
			break;
		}
	pthread_mutex_unlock(&deadlines->lock);
}

/* Under the lock, so that the descriptor is still the connection's: it is removed before it is closed. */
uint64_t gw_deadlines_enforce(struct gw_deadlines *deadlines, uint64_t now_usec)
{
	uint64_t next = UINT64_MAX;

	pthread_mutex_lock(&deadlines->lock);
	for (size_t i = 0; i < deadlines->count; i++) {
		uint64_t end = deadlines->connections[i].since_usec + GW_CONNECTION_USEC;

		if (end <= now_usec) {
			shutdown(deadlines->connections[i].fd, SHUT_RDWR);
			/* The library's thread notices; it is looked at again until then. */
			end = now_usec + GW_USEC_PER_SEC;
		}
		if (end < next)
			next = end;
	}
	pthread_mutex_unlock(&deadlines->lock);
	return next;
}
