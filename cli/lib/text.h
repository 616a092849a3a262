/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings for people: formatting, times and sizes. Running out of memory ends the program. */
#ifndef GPUWATCH_CLI_LIB_TEXT_H
#define GPUWATCH_CLI_LIB_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/cleanup.h"

#define HARD_BLANK "\302\240" /* shown as a blank, and no line breaks there */

/* New string, owned by the caller. */
char *text_format(const char *format, ...) _printf_(1, 2);
char *text_vformat(const char *format, va_list arguments) _printf_(1, 0);

/* A stream that grows *@text, owned by the caller once text_finish() closed it. */
FILE *text_stream(char **text, size_t *size);
void text_finish(FILE *stream);

/* "340 ms", "3.2 s", "5 min 12 s", "2 h 5 min", "3 d 4 h". */
char *text_duration(uint64_t nanoseconds);
/* The same in one unit, for tables: "3.2 s", "5 min", "2 h". */
char *text_duration_short(uint64_t nanoseconds);

/* "500ms", "1.5s", "2min", "1h", a bare number is seconds. Returns false for anything else, and for more than a year. */
bool text_read_duration(const char *text, uint64_t *nanoseconds);

/* A moment of the boot, "12.345 s"; no line breaks in it. */
char *text_moment(uint64_t nanoseconds);

/* The same text with blanks at which no line breaks. */
char *text_together(const char *text);

/* A name in words: '-' and '_' become blanks. */
char *text_words(const char *name);

/* "812 B", "4.0 KiB", "12.3 MiB". */
char *text_size(uint64_t bytes);

/* An RFC 3339 time as local time, e.g. "2025-11-21 10:19:03 UTC"; what cannot be read is given back as it is. */
char *text_time(const char *rfc3339);

#endif
