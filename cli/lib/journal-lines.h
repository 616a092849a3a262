/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output that goes to the journal, as from a unit: each line begins with its
 * priority, "<3>", the way sd-daemon(3) says.
 */
#ifndef GPUWATCH_CLI_LIB_JOURNAL_LINES_H
#define GPUWATCH_CLI_LIB_JOURNAL_LINES_H

#include <stdbool.h>
#include <stdio.h>

struct journal_lines {
	FILE *stream; /* what to write to; NULL = the output is not the journal's */
	FILE *below;
	int priority;
	bool inside; /* of a line */
};

/* Whether @out is the journal's end of a pipe or socket, by $JOURNAL_STREAM; writes its lines through @lines then. */
bool journal_lines_open(struct journal_lines *lines, FILE *out);
void journal_lines_close(struct journal_lines *lines);

/* LOG_* of the lines from here on. */
void journal_lines_priority(struct journal_lines *lines, int priority);

#endif
