/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the output goes: how wide it is, whether it shows colour and UTF-8,
 * and text put there with styles, wrapped to the width.
 *
 * Styles are control bytes inside the text; json-field's cleaning keeps
 * foreign strings free of them. Arrows, dashes and the like are written as
 * UTF-8 in this program and become ASCII where the locale is not UTF-8.
 */
#ifndef GPUWATCH_CLI_LIB_TERMINAL_H
#define GPUWATCH_CLI_LIB_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/cleanup.h"

#define STYLE_END "\001"
#define STYLE_BOLD "\002"
#define STYLE_DIM "\003"
#define STYLE_RED "\004"
#define STYLE_GREEN "\005"
#define STYLE_YELLOW "\006"
#define STYLE_CYAN "\016"
#define STYLE_ALERT "\017" /* bold red */

enum color_choice {
	COLOR_AUTO, /* on a terminal, unless NO_COLOR is set */
	COLOR_ALWAYS,
	COLOR_NEVER,
};

struct terminal {
	FILE *out;
	unsigned width;	 /* columns to fill with prose, never 0 */
	unsigned height; /* lines of the screen, 0 = no screen */
	bool limited;	 /* tables must fit the width, too */
	bool color;
	bool utf8;
	struct journal_lines *journal; /* it is the journal: lines have priorities; else NULL */
};

/* Looks at @out, the locale (setlocale() was called) and COLUMNS, NO_COLOR and TERM. */
void terminal_init(struct terminal *terminal, FILE *out, enum color_choice color);

/* The screen may have been resized. */
void terminal_measure(struct terminal *terminal);

/* The escape sequence of a style's control byte; "" without colour. */
const char *terminal_sequence(const struct terminal *terminal, char style);

/* Writes styled text as it is, without a line break of its own. */
void terminal_put(const struct terminal *terminal, const char *text);
void terminal_print(const struct terminal *terminal, const char *format, ...) _printf_(2, 3);

/* Screen columns that styled text takes in the first @bytes bytes, as terminal_put() would write it. */
size_t terminal_columns(const struct terminal *terminal, const char *text, size_t bytes);

/*
 * terminal_chunk - the part of @text that fits into @columns
 * @next: where the rest begins, blanks skipped; at the terminating NUL when all fits
 *
 * Breaks at blanks, else inside the word. Returns the number of bytes; at
 * least one character, so that callers always get on.
 */
size_t terminal_chunk(const struct terminal *terminal, const char *text, size_t columns, const char **next);

/*
 * Prints "<label padded to indent><text>", further lines indented by as much,
 * each ended by a line break; nothing at all when @text is empty.
 */
void terminal_paragraph(const struct terminal *terminal, const char *label, unsigned indent, const char *text);

/* LOG_* of the lines from here on, where the output goes to the journal. */
void terminal_priority(const struct terminal *terminal, int priority);

/* A paragraph with a bold label, "  Advice      ...", as wide as LABEL_COLUMNS; nothing at all when @text is empty. */
#define LABEL_COLUMNS 14
void terminal_labelled(const struct terminal *terminal, const char *label, const char *text);

/* New string as it will be seen: ASCII where need be, no styles; only HARD_BLANK stays. Owned by the caller. */
char *terminal_plain(const struct terminal *terminal, const char *text);

#endif
