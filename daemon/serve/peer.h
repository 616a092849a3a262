/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer of the private socket. It is a member of the group, and no more
 * trusted than that: what it sends goes to sd-bus only a message at a time, not
 * before it has read the last answer, and not at all if it is too long.
 */
#ifndef GPUWATCH_DAEMON_SERVE_PEER_H
#define GPUWATCH_DAEMON_SERVE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <systemd/sd-event.h>

#include "daemon/serve/bus-api.h"

struct gw_peer;

/*
 * gw_peer_new - serve a connection
 * @fd: taken over, on failure too
 * @pending_max: calls of it that may wait for their answer at once
 *
 * Returns 0 or -errno.
 */
int gw_peer_new(struct gw_peer **ret, sd_event *event, struct gw_bus_api *api, int fd, uid_t uid,
		unsigned int pending_max);

/* Closes it. Not from a handler of its bus. */
void gw_peer_free(struct gw_peer *peer);

/* After each round of the event loop: lets it go on if it may. @may_call: it may get another answer now. */
void gw_peer_go_on(struct gw_peer *peer, bool may_call);

/* For how long it has asked nothing. */
uint64_t gw_peer_idle_usec(const struct gw_peer *peer, uint64_t now_usec);

uid_t gw_peer_uid(const struct gw_peer *peer);

/* An answer or signal lies there that it has not read. */
bool gw_peer_is_behind(const struct gw_peer *peer);

/*
 * It has gone, broken the rules, not authenticated in time or left an answer
 * unread for too long: to be freed. @now_usec: CLOCK_MONOTONIC. *why: NULL if it
 * only went.
 */
bool gw_peer_is_over(struct gw_peer *peer, uint64_t now_usec, const char **why);

#endif
