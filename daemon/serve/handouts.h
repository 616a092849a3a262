/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in memory that clients were given: they are the daemon's memory for as
 * long as a client keeps them open, so there are a few at a time, and one that
 * is old is emptied for a new one.
 */
#ifndef GPUWATCH_DAEMON_SERVE_HANDOUTS_H
#define GPUWATCH_DAEMON_SERVE_HANDOUTS_H

#include <stdint.h>

#define GW_HANDOUTS_MAX 4
#define GW_HANDOUT_USEC 10000000ULL /* so long a client has to read it */

struct gw_handouts {
	struct gw_handout {
		int fd; /* of the file, writable; valid if since_usec is not 0 */
		uint64_t since_usec;
	} list[GW_HANDOUTS_MAX];
};

/*
 * gw_handouts_give - open a file for a client
 * @handouts: zeroed at first
 * @memfd: stays the caller's; must not be sealed against getting shorter
 * @now_usec: CLOCK_MONOTONIC, not 0
 *
 * Returns a file descriptor to read from, with an offset of its own, that the caller closes; -EBUSY when there are
 * GW_HANDOUTS_MAX younger than GW_HANDOUT_USEC; or -errno.
 */
int gw_handouts_give(struct gw_handouts *handouts, int memfd, uint64_t now_usec);

void gw_handouts_deinit(struct gw_handouts *handouts);

#endif
