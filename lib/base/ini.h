/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The language of gpuwatch's own files, as systemd's have it: [Section] and
 * Key=Value lines, with comments that begin with '#' or ';'. Pure: text in,
 * lines out. What names and values mean, and how a bad line is complained
 * about, is the caller's.
 */
#ifndef GPUWATCH_LIB_BASE_INI_H
#define GPUWATCH_LIB_BASE_INI_H

#include <stdbool.h>
#include <stddef.h>

#define GW_INI_LINE_MAX 4095 /* bytes of a line, at most */

enum gw_ini_kind {
	GW_INI_SECTION,	     /* name */
	GW_INI_ASSIGNMENT,   /* name and value */
	GW_INI_NO_SECTION,   /* begins with '[' and is not "[name]" */
	GW_INI_NO_LINE,	     /* neither of the two */
	GW_INI_TOO_LONG,     /* longer than rules->line_max; text is "" */
	GW_INI_NOT_PRINTABLE /* has a byte that rules do not allow; text is "" */
};

struct gw_ini_line {
	enum gw_ini_kind kind;
	unsigned int number; /* from 1 on */
	const char *text;    /* the line, without blanks around it */
	char *name;	     /* without brackets and blanks, may be "" in front of '='; may be written to */
	char *value;	     /* behind the first '=', without blanks around it, may be ""; may be written to */
};

struct gw_ini_rules {
	size_t line_max; /* bytes, at most GW_INI_LINE_MAX */
	bool no_control; /* no control characters but tabs and CR, in comments neither; NUL is never allowed */
};

/* Strings are valid during the call. Returns 0 to go on; anything else ends the reading. */
typedef int (*gw_ini_take)(const struct gw_ini_line *line, void *userdata);

/*
 * gw_ini_read - calls @take for each line that is not empty and no comment
 * @text, @size: need not end with a NUL or a newline
 *
 * Bad lines are given, too, and the lines behind them. Returns 0, or what
 * @take returned to end it.
 */
int gw_ini_read(const char *text, size_t size, const struct gw_ini_rules *rules, gw_ini_take take, void *userdata);

#endif
