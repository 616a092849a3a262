/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a peer of the private socket may send: cuts its stream into what sd-bus
 * may have next, and refuses what is too long before anybody makes room for it.
 * Pure: no I/O, any bytes are safe.
 */
#ifndef GPUWATCH_DAEMON_SERVE_INTAKE_H
#define GPUWATCH_DAEMON_SERVE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of one message. A call of org.gpuwatch1 has a few hundred. */
#define GW_INTAKE_MAX 4096

struct gw_intake {
	bool running;	      /* the authentication is over */
	size_t authenticated; /* bytes of it that went through */
};

/*
 * gw_intake_next - how much of @data may go on now
 *
 * While the peer authenticates: its whole lines, and nothing behind its BEGIN;
 * after that one whole message. A zeroed gw_intake is a new peer's; sd-bus must
 * have ended the authentication, too, before what comes after BEGIN is given to
 * it. Returns a number of bytes, 0 when that takes more of @data (of which there
 * is less than GW_INTAKE_MAX then), -EMSGSIZE for a message or an authentication
 * that is too long, -EPROTO for what is neither.
 */
long gw_intake_next(struct gw_intake *intake, const void *data, size_t size);

#endif
