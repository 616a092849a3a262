/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that grows piece by piece, and text from the kernel made fit for JSON
 * and terminals. Failure to allocate is remembered and comes out at the end.
 */
#ifndef GPUWATCH_LIB_BASE_TEXT_H
#define GPUWATCH_LIB_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

struct gw_text {
	char *data; /* NUL-terminated, NULL while empty */
	size_t length, allocated;
	bool failed;
};

void gw_text_add(struct gw_text *text, const char *format, ...) _printf_(2, 3);

/* "350 ms", "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
void gw_text_add_age(struct gw_text *text, uint64_t ns);

/* Takes the text out, malloc()ed, with anything that is not printable UTF-8 replaced by '?'; NULL when out of memory.
 */
char *gw_text_finish(struct gw_text *text);

/* gw_text_finish() as a JSON string (new reference). */
json_t *gw_text_json(struct gw_text *text);

/* Drops the text. */
void gw_text_clear(struct gw_text *text);

/* @string as a JSON string (new reference), with invalid UTF-8 and control characters replaced by '?'; NULL = memory.
 */
json_t *gw_json_text(const char *string);

/* An address as "0x…" (new reference), NULL when out of memory. */
json_t *gw_json_address(uint64_t address);

/* Like json_integer(), never negative: values that JSON's integers cannot hold become the largest that they can. */
json_t *gw_json_number(uint64_t value);

/* json_object_set_new() that remembers a failure: *@failed becomes true, never false. */
void gw_json_put(json_t *object, const char *key, json_t *value, bool *failed);

/* CLOCK_REALTIME nanoseconds as an RFC 3339 string in UTC (new reference), NULL when out of memory. */
json_t *gw_json_time(uint64_t real_ns);

#endif
