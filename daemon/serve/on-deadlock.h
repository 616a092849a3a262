/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OnDeadlock=: asks for a unit to be started for each deadlock that is proven or probable, once each and not too often. The
 * daemon waits for nobody's answer.
 */
#ifndef GPUWATCH_DAEMON_SERVE_ON_DEADLOCK_H
#define GPUWATCH_DAEMON_SERVE_ON_DEADLOCK_H

#include <stdint.h>

#include <systemd/sd-event.h>

#include "daemon/serve/reports.h"

struct gw_on_deadlock;

/*
 * gw_on_deadlock_new - follow reports; nothing is started until gw_on_deadlock_set()
 * @socket: where daemon/start-unit.h listens, kept by reference
 *
 * To be freed after @reports. Returns 0 or -errno.
 */
int gw_on_deadlock_new(struct gw_on_deadlock **ret, sd_event *event, struct gw_reports *reports, const char *socket);
void gw_on_deadlock_free(struct gw_on_deadlock *on_deadlock);

/*
 * gw_on_deadlock_set - from now on
 * @unit: the template, copied, for what is logged; "" = none
 * @interval_ns: least time between two requests. A deadlock that comes sooner waits for its own, and gets none when it is
 *	resolved by then.
 */
void gw_on_deadlock_set(struct gw_on_deadlock *on_deadlock, const char *unit, uint64_t interval_ns);

#endif
