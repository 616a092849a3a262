/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scheduler: has the watch look at the kernel when the schedule says so, by a timer and the kernel's wake events. */
#ifndef GPUWATCH_DAEMON_WATCH_SCHEDULER_H
#define GPUWATCH_DAEMON_WATCH_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "daemon/watch/schedule.h"
#include "daemon/watch/watch.h"

struct gw_scheduler;

/* Called after each look, also after one that failed. */
typedef void (*gw_looked)(void *userdata);

/* The first look, a full one, comes at once when the loop runs. @event and @watch must outlive the scheduler. */
int gw_scheduler_new(struct gw_scheduler **ret, sd_event *event, struct gw_watch *watch, const struct gw_pace *pace,
		     gw_looked looked, void *userdata);
void gw_scheduler_free(struct gw_scheduler *scheduler);

void gw_scheduler_set_pace(struct gw_scheduler *scheduler, const struct gw_pace *pace);

/* Asks for at least @looks more looks at everything (GW_LOOK_ALL), even though nothing waits. */
void gw_scheduler_request(struct gw_scheduler *scheduler, unsigned looks);

/* Looks of gw_scheduler_request() that are still to come. */
unsigned gw_scheduler_requested(const struct gw_scheduler *scheduler);

/* Asks for one full look soon: programs have been attached that were not there before. */
void gw_scheduler_request_full(struct gw_scheduler *scheduler);

/* Whether a report stands or a candidate waits for its proof. */
bool gw_scheduler_busy(const struct gw_scheduler *scheduler);

/* gw_schedule_ready() */
bool gw_scheduler_ready(const struct gw_scheduler *scheduler);

/* gw_schedule_state() */
const char *gw_scheduler_state(const struct gw_scheduler *scheduler);

#endif
