/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line of a text as it reached us, without what was put in front of the kernel's message on the way: quote marks,
 * priority, syslog's and journalctl's date and host, the kernel's time and caller.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_LINE_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gw_log_line {
	const char *text; /* the message; no NUL behind it */
	size_t length;
	int64_t time_us;  /* since boot; -1 = not printed */
	int64_t wall_us;  /* date and time of day as printed, in no known zone, since the epoch; -1 = not printed */
	int64_t delta_us; /* since the line before, by dmesg -e; -1 = not printed */
	uint64_t caller;  /* of the field "[  T33]", 0 = not printed */
	uint64_t host;	  /* hash of the host's name, 0 = not printed */
	bool prefixed;	  /* something was put in front: a message begins here */
	bool foreign;	  /* another program's, not the kernel's */
	bool boot;	  /* no message, but journalctl's line between two boots */
	bool quoted;	  /* stood between two quote marks: a message ends here */
};

/* @text: one line, without its end. */
void gw_log_line_parse(struct gw_log_line *ret, const char *text, size_t length);

#endif
