/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The schedule, on a timer. */
#include "daemon/watch/scheduler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define ACCURACY_USEC (10 * GW_USEC_PER_MSEC)

struct gw_scheduler {
	struct gw_schedule schedule;
	struct gw_watch *watch;
	gw_looked looked;
	void *userdata;
	sd_event_source *timer;
	sd_event_source *wake;
	uint64_t failures; /* looks in a row that failed */
};

static struct gw_loader *scheduler_loader(const struct gw_scheduler *scheduler)
{
	return gw_watch_loader(scheduler->watch);
}

/* ---- the timer ----------------------------------------------------------------------------- */

static void scheduler_set_timer(struct gw_scheduler *scheduler)
{
	uint64_t due = scheduler->schedule.due_ns;

	if (due != UINT64_MAX)
		sd_event_source_set_time(scheduler->timer, due / GW_NSEC_PER_USEC);
	sd_event_source_set_enabled(scheduler->timer, due == UINT64_MAX ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void scheduler_plan(struct gw_scheduler *scheduler)
{
	struct gw_loader *loader = scheduler_loader(scheduler);
	uint64_t now = gw_now_mono_ns();
	enum gw_wake wake = gw_schedule_plan(&scheduler->schedule, now, gw_loader_active_waits(loader));

	if (wake != GW_WAKE_UNNEEDED)
		gw_loader_arm(loader);
	if (wake == GW_WAKE_ONLY) {
		gw_loader_follow_tries(loader, NULL, 0);
		gw_schedule_armed(&scheduler->schedule, now, gw_loader_active_waits(loader));
	}
	scheduler_set_timer(scheduler);
}

/* ---- looks --------------------------------------------------------------------------------- */

static void scheduler_log_result(struct gw_scheduler *scheduler, int error)
{
	if (error < 0 && scheduler->failures++ == 0)
		log_error("Taking a snapshot failed, trying again: %s", strerror(-error));
	if (error < 0 || scheduler->failures == 0)
		return;
	log_notice("Taking snapshots works again, after %llu failures", (unsigned long long)scheduler->failures);
	scheduler->failures = 0;
}

static void scheduler_look(struct gw_scheduler *scheduler, enum gw_depth depth)
{
	struct gw_schedule *schedule = &scheduler->schedule;
	uint64_t begin = gw_now_mono_ns();
	struct gw_findings findings;
	int r = gw_watch_look(scheduler->watch, depth, &findings);

	scheduler_log_result(scheduler, r);
	gw_schedule_looked(schedule, depth, begin, gw_now_mono_ns(), r < 0 ? NULL : &findings);
	log_debug("Snapshot (depth %d) took %llu us: %zu old waits, uneventful %u", (int)depth,
		  (unsigned long long)(schedule->took_ns / GW_NSEC_PER_USEC), schedule->findings.old_waits,
		  schedule->uneventful);
	scheduler->looked(scheduler->userdata);
}

static int scheduler_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_scheduler *scheduler = userdata;
	uint64_t active = gw_loader_active_waits(scheduler_loader(scheduler));
	enum gw_depth depth;

	if (gw_schedule_depth(&scheduler->schedule, gw_now_mono_ns(), active, &depth))
		scheduler_look(scheduler, depth);
	scheduler_plan(scheduler);
	return 0;
}

static int scheduler_on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct gw_scheduler *scheduler = userdata;
	uint64_t now = gw_now_mono_ns();
	int r;

	r = gw_loader_drain(scheduler_loader(scheduler));
	if (r < 0)
		log_warning("Reading wake events failed: %s", strerror(-r));
	/* It may be the first of many: the second look counts them. */
	if (gw_loader_saw_hazard(scheduler_loader(scheduler)))
		gw_scheduler_request(scheduler, 2);
	if (r <= 0)
		return 0;
	gw_schedule_woke(&scheduler->schedule, now);
	scheduler_set_timer(scheduler);
	return 0;
}

/* ---- requests ------------------------------------------------------------------------------ */

void gw_scheduler_set_pace(struct gw_scheduler *scheduler, const struct gw_pace *pace)
{
	scheduler->schedule.pace = *pace;
	gw_scheduler_request_full(scheduler);
}

void gw_scheduler_request(struct gw_scheduler *scheduler, unsigned looks)
{
	gw_schedule_request(&scheduler->schedule, looks, gw_now_mono_ns());
	scheduler_set_timer(scheduler);
}

unsigned gw_scheduler_requested(const struct gw_scheduler *scheduler)
{
	return scheduler->schedule.requested;
}

void gw_scheduler_request_full(struct gw_scheduler *scheduler)
{
	gw_schedule_request_full(&scheduler->schedule, gw_now_mono_ns());
	scheduler_set_timer(scheduler);
}

bool gw_scheduler_busy(const struct gw_scheduler *scheduler)
{
	return scheduler->schedule.findings.wants_more;
}

bool gw_scheduler_ready(const struct gw_scheduler *scheduler)
{
	return gw_schedule_ready(&scheduler->schedule);
}

const char *gw_scheduler_state(const struct gw_scheduler *scheduler)
{
	return gw_schedule_state(&scheduler->schedule);
}

/* ---- life ---------------------------------------------------------------------------------- */

static int scheduler_add_sources(struct gw_scheduler *scheduler, sd_event *event)
{
	int r;

	r = sd_event_add_time(event, &scheduler->timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC, scheduler_on_timer,
			      scheduler);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &scheduler->wake, gw_loader_wake_fd(scheduler_loader(scheduler)), EPOLLIN,
			    scheduler_on_wake, scheduler);
	if (r < 0)
		return r;
	/* However much clients ask for: a look comes first. */
	sd_event_source_set_priority(scheduler->timer, SD_EVENT_PRIORITY_IMPORTANT);
	sd_event_source_set_priority(scheduler->wake, SD_EVENT_PRIORITY_IMPORTANT);
	sd_event_source_set_description(scheduler->timer, "look");
	sd_event_source_set_description(scheduler->wake, "wake");
	return 0;
}

int gw_scheduler_new(struct gw_scheduler **ret, sd_event *event, struct gw_watch *watch, const struct gw_pace *pace,
		     gw_looked looked, void *userdata)
{
	struct gw_scheduler *scheduler = calloc(1, sizeof(*scheduler));
	int r;

	if (!scheduler)
		return -ENOMEM;
	scheduler->watch = watch;
	scheduler->looked = looked;
	scheduler->userdata = userdata;
	gw_schedule_init(&scheduler->schedule, pace, gw_now_mono_ns());
	r = scheduler_add_sources(scheduler, event);
	if (r < 0) {
		gw_scheduler_free(scheduler);
		return r;
	}
	scheduler_set_timer(scheduler);
	*ret = scheduler;
	return 0;
}

void gw_scheduler_free(struct gw_scheduler *scheduler)
{
	if (!scheduler)
		return;
	sd_event_source_disable_unref(scheduler->timer);
	sd_event_source_disable_unref(scheduler->wake);
	free(scheduler);
}
