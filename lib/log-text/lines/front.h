/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a collector, a console or a vendor's kernel puts in front of every line of a text, in a form that nobody described: it is learnt
 * from lines of which the beginning of the kernel's message is known.
 */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_FRONT_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#define GW_LOG_FRONT_SIZE 128

/* Forms that are compared. */
#define GW_LOG_FRONTS 4

struct gw_log_front {
	struct gw_log_front_form {
		char shape
			[GW_LOG_FRONT_SIZE]; /* 'D' = digits, 'A' = letters, '_' = blanks, the rest stands for itself */
		unsigned count, kinds;	     /* lines, and of which kinds, as bits */
	} forms[GW_LOG_FRONTS];
	unsigned lines;	   /* all that were noted */
	const char *shape; /* what all lines are to have; NULL = nothing is in front */
};

/* @line: a line in which a message of the @kind begins at @message, by the text that such a message has; NUL is no part of it. */
void gw_log_front_note(struct gw_log_front *front, const char *line, size_t length, const char *message, unsigned kind);

/* After all lines. */
void gw_log_front_decide(struct gw_log_front *front);

/* How many bytes of the line stand in front of what the known formats have; 0 if it has not that form. */
size_t gw_log_front_length(const struct gw_log_front *front, const char *line, size_t length);

#endif
