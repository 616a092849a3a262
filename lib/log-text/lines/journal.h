/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of journalctl's formats json, json-pretty and export, as lines. */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_JOURNAL_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/log-text/lines/line.h"

/* The entry that is being read. */
struct gw_log_entry {
	char text[2048];
	struct gw_log_line line; /* its text is the entry's */
	bool filled;		 /* has a message */
	bool binary;		 /* the next line is its message, behind the length's eight bytes */
};

enum gw_log_entry_result {
	GW_LOG_ENTRY_NONE,  /* the line is of no such format */
	GW_LOG_ENTRY_MORE,  /* belongs to an entry that goes on */
	GW_LOG_ENTRY_WHOLE, /* @entry is whole, and good until the next call */
};

/* Whether a line is the first one of an entry of the export format. */
bool gw_log_entry_begins(const char *text, size_t length);

/*
 * gw_log_entry_line - one line of a text that perhaps is of these formats
 * @inside: whether the lines before it were; set for the next one
 *
 * An entry of json-pretty and export ends with a line that is not a field: take what it has then, and clear it.
 */
enum gw_log_entry_result gw_log_entry_line(struct gw_log_entry *entry, const char *text, size_t length, bool *inside);

#endif
