/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When the next look is due. */
#include "daemon/watch/schedule.h"

#include "lib/base/units.h"

#define FULL_INTERVAL_NS (2 * GW_NSEC_PER_SEC)
#define REQUEST_INTERVAL_NS (300 * GW_NSEC_PER_MSEC)
/*
 * Looks without news after which they become rarer, and after which there are
 * nearly none although the same old waits stand: a wake event announces new
 * ones, and these intervals are for what happens to old ones without any new
 * wait (a lock's owner exits). If nothing at all is old then only the kernel's
 * count claims that something waits, and it may be wrong.
 */
#define SLOW_AFTER 4
#define IDLE_AFTER 12
#define IDLE_INTERVAL_NS (1 * GW_NSEC_PER_SEC)
/* While a report stands and nothing changes: its end, which nothing announces, is seen within two seconds. */
#define STANDING_INTERVAL_NS (1500 * GW_NSEC_PER_MSEC)
#define EMPTY_INTERVAL_NS (10 * GW_NSEC_PER_SEC)

/* Between looks at a machine where nothing is seen to wait, and after one that saw a task which may be stuck all the same. */
#define PATROL_INTERVAL_NS (15 * GW_NSEC_PER_SEC)
#define PATROL_SUSPECT_NS (5 * GW_NSEC_PER_SEC)

static bool schedule_stands(const struct gw_schedule *schedule, uint64_t active_waits)
{
	return schedule->findings.wants_more || active_waits > 0;
}

static bool schedule_idles(const struct gw_schedule *schedule)
{
	return schedule->uneventful >= IDLE_AFTER && schedule->requested == 0;
}

static uint64_t schedule_idle_interval(const struct gw_schedule *schedule)
{
	if (schedule->findings.wants_more)
		return STANDING_INTERVAL_NS;
	return schedule->findings.old_waits > 0 ? IDLE_INTERVAL_NS : EMPTY_INTERVAL_NS;
}

/* ---- when ---------------------------------------------------------------------------------- */

/* How long after the last look the next one is due; UINT64_MAX = when something wakes us. */
static uint64_t schedule_delay(const struct gw_schedule *schedule, uint64_t active_waits)
{
	if (schedule->requested > 0)
		return REQUEST_INTERVAL_NS;
	if (!schedule_stands(schedule, active_waits))
		return UINT64_MAX;
	if (schedule_idles(schedule))
		return schedule_idle_interval(schedule);
	return schedule->uneventful >= SLOW_AFTER ? schedule->pace.min_wait_ns : schedule->pace.interval_ns;
}

/*
 * Not sooner than the interval after the last look began, nor with a shorter pause than that look took: a slow machine has other
 * work, too.
 */
static uint64_t schedule_not_too_soon(const struct gw_schedule *schedule, uint64_t due_ns)
{
	uint64_t least = schedule->pace.interval_ns, took = schedule->took_ns;
	uint64_t interval = schedule->findings.confirm_ns > 0 ? least / 2 : least;
	uint64_t pause = interval > 2 * took ? interval - took : took;
	uint64_t earliest = schedule->looked_ns > 0 ? schedule->looked_ns + pause : 0;

	return due_ns > earliest ? due_ns : earliest;
}

static void schedule_set_due(struct gw_schedule *schedule, uint64_t due_ns)
{
	if (due_ns > schedule->full_due_ns)
		due_ns = schedule->full_due_ns;
	if (due_ns > schedule->patrol_due_ns)
		due_ns = schedule->patrol_due_ns;
	schedule->due_ns = due_ns == UINT64_MAX ? due_ns : schedule_not_too_soon(schedule, due_ns);
}

/* A look that came before the wait that woke the daemon was old did not see it: that one is not to be late for it. */
static uint64_t schedule_until_grown(const struct gw_schedule *schedule, uint64_t now_ns, uint64_t due_ns)
{
	return schedule->grown_ns > now_ns && schedule->grown_ns < due_ns ? schedule->grown_ns : due_ns;
}

/* Nor for a candidate that another look reports. */
static uint64_t schedule_until_confirmed(const struct gw_schedule *schedule, uint64_t due_ns)
{
	uint64_t confirm = schedule->findings.confirm_ns;

	return confirm > 0 && confirm < due_ns ? confirm : due_ns;
}

/* Looks are that far apart from begin to begin: one that takes long does not make the next one late. */
static uint64_t schedule_after(const struct gw_schedule *schedule, uint64_t now_ns, uint64_t delay_ns)
{
	return now_ns + delay_ns - (schedule->took_ns < delay_ns ? schedule->took_ns : delay_ns);
}

enum gw_wake gw_schedule_plan(struct gw_schedule *schedule, uint64_t now_ns, uint64_t active_waits)
{
	uint64_t delay = schedule_delay(schedule, active_waits), due = delay;

	if (delay != UINT64_MAX) {
		due = schedule_until_grown(schedule, now_ns, schedule_after(schedule, now_ns, delay));
		due = schedule_until_confirmed(schedule, due);
	}
	schedule_set_due(schedule, due);
	if (delay == UINT64_MAX)
		return GW_WAKE_ONLY;
	return delay > schedule->pace.interval_ns && schedule->requested == 0 ? GW_WAKE_TOO : GW_WAKE_UNNEEDED;
}

void gw_schedule_armed(struct gw_schedule *schedule, uint64_t now_ns, uint64_t active_waits)
{
	if (active_waits > 0)
		schedule_set_due(schedule, now_ns + schedule->pace.min_wait_ns);
}

/* The wait that woke the daemon cannot be old before min_wait has passed. */
void gw_schedule_woke(struct gw_schedule *schedule, uint64_t now_ns)
{
	uint64_t due = now_ns + schedule->pace.min_wait_ns;

	schedule->grown_ns = due;
	if (schedule->uneventful > SLOW_AFTER)
		schedule->uneventful = SLOW_AFTER;
	schedule_set_due(schedule, due < schedule->due_ns ? due : schedule->due_ns);
}

void gw_schedule_request(struct gw_schedule *schedule, unsigned looks, uint64_t now_ns)
{
	if (schedule->requested < looks)
		schedule->requested = looks;
	schedule_set_due(schedule, now_ns);
}

void gw_schedule_request_full(struct gw_schedule *schedule, uint64_t now_ns)
{
	schedule->full_due_ns = now_ns;
	schedule_set_due(schedule, now_ns);
}

/* ---- what ---------------------------------------------------------------------------------- */

bool gw_schedule_depth(const struct gw_schedule *schedule, uint64_t now_ns, uint64_t active_waits, enum gw_depth *ret)
{
	if (schedule->requested > 0)
		*ret = GW_LOOK_ALL;
	else if (now_ns >= schedule->full_due_ns)
		*ret = GW_LOOK_FULL;
	else if (schedule_stands(schedule, active_waits) || now_ns >= schedule->patrol_due_ns)
		*ret = GW_LOOK_TRACKED;
	else
		return false;
	return true;
}

/* ---- what came of it ----------------------------------------------------------------------- */

static void schedule_take_findings(struct gw_schedule *schedule, const struct gw_findings *findings)
{
	const struct gw_findings *before = &schedule->findings;

	if ((findings->old_waits > 0 && findings->identity != before->identity) ||
	    (findings->wants_more && !before->wants_more) || findings->candidate > before->candidate)
		schedule->uneventful = 0;
	else if (findings->old_waits == 0 && !findings->wants_more && schedule->uneventful < SLOW_AFTER)
		schedule->uneventful = SLOW_AFTER;
	else
		schedule->uneventful++;
	schedule->findings = *findings;
}

/* More tasks are stuck than full looks have seen: two of them show whose they are, and report it. */
static void schedule_patrol(struct gw_schedule *schedule, uint64_t end_ns, const struct gw_findings *findings)
{
	bool more = findings->still > schedule->patrol_still;

	schedule->patrol_still = findings->still;
	schedule->patrol_due_ns = UINT64_MAX;
	if (!findings->patrols)
		return;
	if (more) {
		schedule->full_again = true;
		schedule->full_due_ns = end_ns;
	}
	schedule->patrol_due_ns =
		end_ns + (findings->blocked > findings->still ? PATROL_SUSPECT_NS : PATROL_INTERVAL_NS);
}

void gw_schedule_looked(struct gw_schedule *schedule, enum gw_depth depth, uint64_t begin_ns, uint64_t end_ns,
			const struct gw_findings *findings)
{
	/* The first full look is followed by a second one, later ones only while they are needed, or after one that failed. */
	bool again = schedule->looked_ns == 0 || !findings || findings->older_than_programs || schedule->full_again;

	schedule->looked_ns = end_ns;
	schedule->took_ns = end_ns - begin_ns;
	if (findings && schedule->succeeded < 2)
		schedule->succeeded++;
	if (findings)
		schedule_take_findings(schedule, findings);
	else {
		schedule->uneventful++;
		schedule->findings.confirm_ns = 0;
	}
	if (depth != GW_LOOK_TRACKED)
		schedule->full_due_ns = again ? end_ns + FULL_INTERVAL_NS : UINT64_MAX;
	if (depth != GW_LOOK_TRACKED)
		schedule->full_again = false;
	if (findings)
		schedule_patrol(schedule, end_ns, findings);
	if (schedule->requested > 0)
		schedule->requested--;
}

bool gw_schedule_ready(const struct gw_schedule *schedule)
{
	return schedule->succeeded >= 2 || (schedule->succeeded == 1 && !schedule->findings.wants_more);
}

const char *gw_schedule_state(const struct gw_schedule *schedule)
{
	if (schedule->due_ns == UINT64_MAX || schedule->due_ns == schedule->patrol_due_ns)
		return "asleep";
	return schedule_idles(schedule) && !schedule->findings.wants_more ? "idling" : "looking";
}

void gw_schedule_init(struct gw_schedule *schedule, const struct gw_pace *pace, uint64_t now_ns)
{
	*schedule = (struct gw_schedule){ .pace = *pace, .due_ns = UINT64_MAX, .patrol_due_ns = UINT64_MAX };
	gw_schedule_request_full(schedule, now_ns);
}
