/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which deadlocks a unit is started for, and when. */
#include "daemon/serve/on-deadlock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/units.h"

#define KNOWN_MAX 64 /* deadlocks; the oldest is forgotten, and would be asked for again */

struct gw_on_deadlock {
	const struct gw_reports *reports;
	const char *socket;
	sd_event_source *timer; /* enabled while one waits for its turn */
	char unit[256];		/* "" = none */
	uint64_t interval_ns;
	uint64_t next_ns; /* CLOCK_MONOTONIC: not before */
	bool complained;
	size_t count; /* of all that ever were; entries are a ring */
	struct known {
		char id[sizeof(((struct gw_reported *)NULL)->id)];
		bool waits; /* for its turn */
	} known[KNOWN_MAX];
};

/* ---- asking -------------------------------------------------------------------------------- */

/* systemd accepts the connection; while it does not, a few wait in the socket, and more than these fail at once. */
static int on_deadlock_send(const struct gw_on_deadlock *on_deadlock, const char *id)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(on_deadlock->socket) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, on_deadlock->socket);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    send(fd, id, strlen(id), MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

static void on_deadlock_ask(struct gw_on_deadlock *on_deadlock, struct known *known)
{
	int r = on_deadlock_send(on_deadlock, known->id);

	on_deadlock->next_ns = gw_now_mono_ns() + on_deadlock->interval_ns;
	known->waits = r < 0;
	if (r >= 0)
		log_notice("Deadlock %s: asked for a start of OnDeadlock=%s.", known->id, on_deadlock->unit);
	else if (!on_deadlock->complained)
		log_warning("Deadlock %s: %s cannot be asked to start OnDeadlock=%s, trying again: %s", known->id,
			    on_deadlock->socket, on_deadlock->unit, strerror(-r));
	on_deadlock->complained = r < 0;
}

static bool on_deadlock_is_sure(const struct gw_reported *report)
{
	return report && report->kind == GW_KIND_DEADLOCK && report->state == GW_STATE_ACTIVE &&
	       report->confidence >= GW_CONFIDENCE_PROBABLE;
}

/* The first one that waits and is a deadlock still; those that are none any more wait no longer. */
static struct known *on_deadlock_first(struct gw_on_deadlock *on_deadlock)
{
	size_t oldest = on_deadlock->count > KNOWN_MAX ? on_deadlock->count - KNOWN_MAX : 0;

	for (size_t i = oldest; i < on_deadlock->count; i++) {
		struct known *known = &on_deadlock->known[i % KNOWN_MAX];

		if (!known->waits)
			continue;
		if (on_deadlock_is_sure(gw_reports_find(on_deadlock->reports, known->id)))
			return known;
		known->waits = false;
	}
	return NULL;
}

/* Asks for the first one if it is time, and comes back while any waits. */
static void on_deadlock_go_on(struct gw_on_deadlock *on_deadlock)
{
	struct known *first = on_deadlock->unit[0] ? on_deadlock_first(on_deadlock) : NULL;

	if (first && gw_now_mono_ns() >= on_deadlock->next_ns) {
		on_deadlock_ask(on_deadlock, first);
		first = on_deadlock_first(on_deadlock);
	}
	if (first)
		sd_event_source_set_time(on_deadlock->timer, on_deadlock->next_ns / GW_NSEC_PER_USEC + 1);
	sd_event_source_set_enabled(on_deadlock->timer, first ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_deadlock_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
	on_deadlock_go_on(userdata);
	return 0;
}

/* ---- reports ------------------------------------------------------------------------------- */

static struct known *on_deadlock_find(struct gw_on_deadlock *on_deadlock, const char *id)
{
	for (size_t i = 0; i < on_deadlock->count && i < KNOWN_MAX; i++)
		if (strcmp(on_deadlock->known[i].id, id) == 0)
			return &on_deadlock->known[i];
	return NULL;
}

static void on_deadlock_on_report(const struct gw_reported *report, enum gw_news news, void *userdata)
{
	struct gw_on_deadlock *on_deadlock = userdata;
	struct known *known;

	if (!on_deadlock_is_sure(report) || !on_deadlock->unit[0])
		return;
	known = on_deadlock_find(on_deadlock, report->id);
	if (known && news != GW_NEWS_DETECTED)
		return;
	if (!known)
		known = &on_deadlock->known[on_deadlock->count++ % KNOWN_MAX];
	*known = (struct known){ .waits = true };
	memcpy(known->id, report->id, sizeof(known->id));
	on_deadlock_go_on(on_deadlock);
}

/* ---- life ---------------------------------------------------------------------------------- */

void gw_on_deadlock_set(struct gw_on_deadlock *on_deadlock, const char *unit, uint64_t interval_ns)
{
	snprintf(on_deadlock->unit, sizeof(on_deadlock->unit), "%s", unit);
	on_deadlock->interval_ns = interval_ns;
	on_deadlock_go_on(on_deadlock);
}

int gw_on_deadlock_new(struct gw_on_deadlock **ret, sd_event *event, struct gw_reports *reports, const char *socket)
{
	struct gw_on_deadlock *on_deadlock = calloc(1, sizeof(*on_deadlock));
	int r;

	if (!on_deadlock)
		return -ENOMEM;
	on_deadlock->reports = reports;
	on_deadlock->socket = socket;
	r = sd_event_add_time(event, &on_deadlock->timer, CLOCK_MONOTONIC, UINT64_MAX, 0, on_deadlock_on_time,
			      on_deadlock);
	if (r >= 0)
		r = sd_event_source_set_enabled(on_deadlock->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = gw_reports_subscribe(reports, on_deadlock_on_report, on_deadlock);
	if (r < 0) {
		gw_on_deadlock_free(on_deadlock);
		return r;
	}
	*ret = on_deadlock;
	return 0;
}

void gw_on_deadlock_free(struct gw_on_deadlock *on_deadlock)
{
	if (!on_deadlock)
		return;
	sd_event_source_disable_unref(on_deadlock->timer);
	free(on_deadlock);
}
