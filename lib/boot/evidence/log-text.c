/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages in order of time become events. Their times are the kernel's, or of day, or there are none but their order. */
#include "lib/boot/evidence/log-text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/units.h"

/* What begins anew near zero, after so long, is another boot. */
#define NEXT_BOOT_NS (60 * GW_NSEC_PER_SEC)

struct log_reading {
	struct gw_boot_evidence *evidence;
	uint64_t lines;
	uint64_t last_ns;
	int64_t first_wall_us; /* -1 = none yet */
	gw_log_progress progress;
	void *userdata;
};

static void log_forget_boot(struct log_reading *reading)
{
	struct gw_boot_evidence *evidence = reading->evidence;

	evidence->n_facts = 0;
	evidence->before = (struct gw_boot_line){ .time_ns = 0 };
	evidence->log.boots++;
	free(evidence->log.command_line);
	evidence->log.command_line = NULL;
	reading->last_ns = 0;
	reading->first_wall_us = -1;
}

/* What had no time came before the first that has. */
static void log_date_positions(struct log_reading *reading, uint64_t time_ns)
{
	struct gw_boot_evidence *evidence = reading->evidence;

	for (size_t i = 0; i < evidence->n_facts; i++)
		if (gw_boot_is_position(evidence->facts[i].time_ns))
			evidence->facts[i].time_ns = time_ns;
	evidence->log.timed = true;
}

static bool log_is_untimed(const struct gw_log_line *origin)
{
	return origin->time_us < 0 && origin->wall_us < 0;
}

static uint64_t log_time(struct log_reading *reading, const struct gw_log_line *origin)
{
	struct gw_boot_log *log = &reading->evidence->log;
	uint64_t time_ns;

	if (log_is_untimed(origin))
		return log->timed ? reading->last_ns : GW_BOOT_POSITIONS + reading->lines * GW_BOOT_POSITION_STEP;
	log->known++;
	if (origin->time_us >= 0) {
		time_ns = (uint64_t)origin->time_us * GW_NSEC_PER_USEC;
		log->time_of_day = false;
	} else {
		if (reading->first_wall_us < 0)
			reading->first_wall_us = origin->wall_us;
		log->time_of_day = !log->timed || log->time_of_day;
		if (!log->time_of_day)
			return reading->last_ns;
		time_ns = origin->wall_us < reading->first_wall_us
				  ? 0
				  : (uint64_t)(origin->wall_us - reading->first_wall_us) * GW_NSEC_PER_USEC;
	}
	if (time_ns > GW_BOOT_POSITIONS - 1)
		time_ns = GW_BOOT_POSITIONS - 1;
	if (!log->timed)
		log_date_positions(reading, time_ns);
	return time_ns;
}

static bool log_is_next_boot(const struct log_reading *reading, const struct gw_log_message *message, uint64_t time_ns)
{
	if (reading->evidence->n_facts && (message->origin.boot || gw_text_after(message->text, "Linux version ")))
		return true;
	/* Lines without a time in front of the first that has one are of the same boot. */
	return !gw_boot_is_position(reading->last_ns) && reading->last_ns >= NEXT_BOOT_NS &&
	       time_ns < reading->last_ns / 4;
}

static int log_take_command_line(struct gw_boot_log *log, const char *text)
{
	const char *line = gw_text_after(text, "Kernel command line: ") ?: gw_text_after(text, "Command line: ");

	if (!line || log->command_line)
		return 0;
	log->command_line = strdup(line);
	return log->command_line ? 0 : -ENOMEM;
}

static void log_take_release(struct gw_boot_evidence *evidence, const char *text)
{
	const char *release = gw_text_after(text, "Linux version ");

	if (release)
		snprintf(evidence->host.kernel, sizeof(evidence->host.kernel), "%.*s", (int)strcspn(release, " "),
			 release);
}

static int log_take(const struct gw_log_message *message, void *userdata)
{
	struct log_reading *reading = userdata;
	struct gw_boot_evidence *evidence = reading->evidence;
	struct gw_boot_event event = { .sequence = ++reading->lines };
	int r;

	event.time_ns = log_time(reading, &message->origin);
	if (log_is_next_boot(reading, message, event.time_ns)) {
		log_forget_boot(reading);
		event.time_ns = log_time(reading, &message->origin);
	}
	reading->last_ns = event.time_ns;
	if (log_is_untimed(&message->origin) && evidence->log.timed)
		event.flags |= GW_BOOT_F_UNTIMED;
	/* Of a caller's field "T33" the number; CPUs are no threads. */
	if (message->origin.caller >> 56 == 'T')
		event.pid = (uint32_t)message->origin.caller - 1;
	log_take_release(evidence, message->text);
	r = gw_boot_evidence_add_message(evidence, message->text, &event);
	if (r < 0)
		return r;
	evidence->log.known += r > 0;
	return log_take_command_line(&evidence->log, message->text);
}

static void log_progress(size_t done, size_t all, void *userdata)
{
	struct log_reading *reading = userdata;

	reading->progress(done, all, reading->userdata);
}

int gw_boot_evidence_add_log(struct gw_boot_evidence *evidence, const char *text, size_t size, gw_log_progress progress,
			     void *userdata)
{
	struct log_reading reading = {
		.evidence = evidence, .first_wall_us = -1, .progress = progress, .userdata = userdata
	};
	bool newest_first;
	int r;

	evidence->log.given = true;
	evidence->log.boots = 1;
	r = gw_log_messages(text, size, log_take, progress ? log_progress : NULL, &reading, &newest_first);
	evidence->log.lines = reading.lines;
	/* It goes on for as long as the log does. */
	if (evidence->log.timed)
		evidence->host.taken_mono_ns = reading.last_ns;
	return r;
}
