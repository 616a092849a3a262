/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that opens perf events for a daemon that may not: where kernel.perf_event_paranoid is 3, that takes
 * CAP_SYS_ADMIN, and of all the daemon does nothing else takes it. It opens what the table of probes names, and no more.
 */
#ifndef GPUWATCH_DAEMON_PERF_OPENER_H
#define GPUWATCH_DAEMON_PERF_OPENER_H

#include <stdbool.h>

#include "daemon/perf/event.h"

/* Whether the daemon may have this event. */
typedef bool (*gw_perf_allowed)(const struct gw_perf_event *event);

/*
 * gw_perf_serve - open events until the other side of a connection closes it
 * @connection: SOCK_SEQPACKET; each message is a struct gw_perf_event, each answer an int: 0 with a file descriptor, -errno
 * without, -EPERM when it is not allowed
 *
 * Returns 0 or -errno.
 */
int gw_perf_serve(int connection, gw_perf_allowed allowed);

#endif
