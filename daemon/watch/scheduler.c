/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scheduler: decides when to look. */
#include "daemon/watch/scheduler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define ACCURACY_USEC (10 * GW_USEC_PER_MSEC)
#define FULL_INTERVAL_NS (2 * GW_NSEC_PER_SEC)
#define REQUEST_INTERVAL_NS (300 * GW_NSEC_PER_MSEC)
/*
 * Looks without news after which the scheduler slows down, and after which it
 * goes to sleep although the same old waits stand: a wake event tells of new
 * ones, and these intervals are for what happens to old ones without any new
 * wait (a lock's owner exits). If nothing at all is old then only the kernel's
 * count says that something waits, and it may be wrong.
 */
#define SLOW_AFTER 4
#define IDLE_AFTER 12
#define IDLE_INTERVAL_NS (1 * GW_NSEC_PER_SEC)
#define EMPTY_INTERVAL_NS (10 * GW_NSEC_PER_SEC)

struct gw_scheduler {
	struct gw_watch *watch;
	struct gw_pace pace;
	gw_looked looked;
	void *userdata;
	sd_event_source *timer;
	sd_event_source *wake;
	struct gw_findings findings; /* of the last look */
	uint64_t looked_ns;	     /* when it ended, 0 = never */
	uint64_t took_ns;
	uint64_t due_ns;      /* next look, UINT64_MAX = asleep */
	uint64_t full_due_ns; /* next full look, UINT64_MAX = none */
	unsigned uneventful;  /* looks in a row that found nothing new */
	unsigned requested;
	uint64_t failures; /* looks in a row that failed */
};

/* ---- when ----------------------------------------------------------------------------- */

static bool something_stands(const struct gw_scheduler *scheduler)
{
	return scheduler->findings.wants_more || gw_loader_active_waits(gw_watch_loader(scheduler->watch)) > 0;
}

static bool idling(const struct gw_scheduler *scheduler)
{
	return scheduler->uneventful >= IDLE_AFTER && !scheduler->findings.wants_more && scheduler->requested == 0;
}

/* How long after the last look the next one is due; UINT64_MAX = when something wakes us. */
static uint64_t next_delay(const struct gw_scheduler *scheduler)
{
	if (scheduler->requested > 0)
		return REQUEST_INTERVAL_NS;
	if (!something_stands(scheduler))
		return UINT64_MAX;
	if (idling(scheduler))
		return scheduler->findings.old_waits > 0 ? IDLE_INTERVAL_NS : EMPTY_INTERVAL_NS;
	return scheduler->uneventful >= SLOW_AFTER ? scheduler->pace.min_wait_ns : scheduler->pace.interval_ns;
}

/* Not sooner than the interval after the last look, nor than that look took: a slow machine has other work, too. */
static uint64_t not_too_soon(const struct gw_scheduler *scheduler, uint64_t due_ns)
{
	uint64_t pause =
		scheduler->pace.interval_ns > scheduler->took_ns ? scheduler->pace.interval_ns : scheduler->took_ns;
	uint64_t earliest = scheduler->looked_ns > 0 ? scheduler->looked_ns + pause : 0;

	return due_ns > earliest ? due_ns : earliest;
}

static void set_due(struct gw_scheduler *scheduler, uint64_t due_ns)
{
	if (due_ns > scheduler->full_due_ns)
		due_ns = scheduler->full_due_ns;
	scheduler->due_ns = due_ns == UINT64_MAX ? due_ns : not_too_soon(scheduler, due_ns);
	if (scheduler->due_ns == UINT64_MAX) {
		sd_event_source_set_enabled(scheduler->timer, SD_EVENT_OFF);
		return;
	}
	sd_event_source_set_time(scheduler->timer, scheduler->due_ns / GW_NSEC_PER_USEC);
	sd_event_source_set_enabled(scheduler->timer, SD_EVENT_ONESHOT);
}

static void plan(struct gw_scheduler *scheduler)
{
	struct gw_loader *loader = gw_watch_loader(scheduler->watch);
	uint64_t now = gw_now_mono_ns(), delay = next_delay(scheduler);

	if (delay == UINT64_MAX || idling(scheduler))
		gw_loader_arm(loader);
	/* a wait that began just before the arming has woken nobody */
	if (delay == UINT64_MAX && gw_loader_active_waits(loader) > 0)
		delay = scheduler->pace.min_wait_ns;
	set_due(scheduler, delay == UINT64_MAX ? delay : now + delay);
}

/* ---- looking ---------------------------------------------------------------------------- */

static void note_failure(struct gw_scheduler *scheduler, int error)
{
	if (scheduler->failures++ == 0)
		log_error("Looking at the kernel failed, trying again: %s", strerror(-error));
	scheduler->uneventful++;
}

static void note_findings(struct gw_scheduler *scheduler, const struct gw_findings *findings)
{
	const struct gw_findings *before = &scheduler->findings;

	if (scheduler->failures > 0)
		log_notice("Looking at the kernel works again, after %llu failures",
			   (unsigned long long)scheduler->failures);
	scheduler->failures = 0;
	if ((findings->old_waits > 0 && findings->identity != before->identity) ||
	    (findings->wants_more && !before->wants_more))
		scheduler->uneventful = 0;
	else if (findings->old_waits == 0 && !findings->wants_more && scheduler->uneventful < SLOW_AFTER)
		scheduler->uneventful = SLOW_AFTER;
	else
		scheduler->uneventful++;
	scheduler->findings = *findings;
}

/* The first full look is followed by a second one, later ones only while they are needed. */
static void plan_full(struct gw_scheduler *scheduler, bool first, uint64_t now)
{
	bool again = first || scheduler->findings.older_than_programs;

	scheduler->full_due_ns = again ? now + FULL_INTERVAL_NS : UINT64_MAX;
}

static void look(struct gw_scheduler *scheduler)
{
	uint64_t begin = gw_now_mono_ns();
	bool first = scheduler->looked_ns == 0;
	enum gw_depth depth = scheduler->requested > 0		? GW_LOOK_ALL
			      : begin >= scheduler->full_due_ns ? GW_LOOK_FULL
								: GW_LOOK_TRACKED;
	struct gw_findings findings;
	int r;

	r = gw_watch_look(scheduler->watch, depth, &findings);
	scheduler->looked_ns = gw_now_mono_ns();
	scheduler->took_ns = scheduler->looked_ns - begin;
	if (r < 0)
		note_failure(scheduler, r);
	else
		note_findings(scheduler, &findings);
	if (depth != GW_LOOK_TRACKED)
		plan_full(scheduler, first, scheduler->looked_ns);
	if (scheduler->requested > 0)
		scheduler->requested--;
	log_debug("Looked (depth %d) for %llu us: %zu old waits, uneventful %u", (int)depth,
		  (unsigned long long)(scheduler->took_ns / GW_NSEC_PER_USEC), scheduler->findings.old_waits,
		  scheduler->uneventful);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_scheduler *scheduler = userdata;

	if (scheduler->requested > 0 || gw_now_mono_ns() >= scheduler->full_due_ns || something_stands(scheduler)) {
		look(scheduler);
		scheduler->looked(scheduler->userdata);
	}
	plan(scheduler);
	return 0;
}

/* The wait that woke us cannot be old before min_wait has passed. */
static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct gw_scheduler *scheduler = userdata;
	uint64_t due = gw_now_mono_ns() + scheduler->pace.min_wait_ns;
	int r;

	r = gw_loader_drain(gw_watch_loader(scheduler->watch));
	if (r < 0)
		log_warning("Reading wake events failed: %s", strerror(-r));
	if (gw_loader_saw_hazard(gw_watch_loader(scheduler->watch)))
		gw_scheduler_request(scheduler, 1);
	if (r <= 0)
		return 0;
	if (scheduler->uneventful > SLOW_AFTER)
		scheduler->uneventful = SLOW_AFTER;
	set_due(scheduler, due < scheduler->due_ns ? due : scheduler->due_ns);
	return 0;
}

/* ---- asking -------------------------------------------------------------------------------- */

void gw_scheduler_set_pace(struct gw_scheduler *scheduler, const struct gw_pace *pace)
{
	scheduler->pace = *pace;
	gw_scheduler_request_full(scheduler);
}

void gw_scheduler_request(struct gw_scheduler *scheduler, unsigned looks)
{
	if (scheduler->requested < looks)
		scheduler->requested = looks;
	set_due(scheduler, gw_now_mono_ns());
}

unsigned gw_scheduler_requested(const struct gw_scheduler *scheduler)
{
	return scheduler->requested;
}

void gw_scheduler_request_full(struct gw_scheduler *scheduler)
{
	scheduler->full_due_ns = gw_now_mono_ns();
	set_due(scheduler, scheduler->full_due_ns);
}

bool gw_scheduler_busy(const struct gw_scheduler *scheduler)
{
	return scheduler->findings.wants_more;
}

const char *gw_scheduler_state(const struct gw_scheduler *scheduler)
{
	if (scheduler->due_ns == UINT64_MAX)
		return "asleep";
	return idling(scheduler) ? "idling" : "looking";
}

/* ---- life ------------------------------------------------------------------------------------ */

static int add_sources(struct gw_scheduler *scheduler, sd_event *event)
{
	int r;

	r = sd_event_add_time(event, &scheduler->timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC, on_timer, scheduler);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &scheduler->wake, gw_loader_wake_fd(gw_watch_loader(scheduler->watch)), EPOLLIN,
			    on_wake, scheduler);
	if (r < 0)
		return r;
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
	scheduler->pace = *pace;
	scheduler->looked = looked;
	scheduler->userdata = userdata;
	r = add_sources(scheduler, event);
	if (r < 0) {
		gw_scheduler_free(scheduler);
		return r;
	}
	gw_scheduler_request_full(scheduler);
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
