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

#include "lib/base/cleanup.h"

struct gw_text {
	char *data; /* NUL-terminated, NULL while empty */
	size_t length, allocated;
	bool failed;
};

void gw_text_add(struct gw_text *text, const char *format, ...) _printf_(2, 3);

/* @size bytes as they are, none of them NUL. */
void gw_text_append(struct gw_text *text, const char *bytes, size_t size);

/* "350 ms", "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
void gw_text_add_age(struct gw_text *text, uint64_t ns);

/* Takes the text out, malloc()ed, with anything that is not printable UTF-8 replaced by '?'; NULL when out of memory. */
char *gw_text_finish(struct gw_text *text);

/* Drops the text. */
void gw_text_clear(struct gw_text *text);

/*
 * Bytes of the character at @string if it is one that a terminal obeys instead of showing it: C0 and C1 controls, DEL, and the
 * marks that turn the direction of writing. 0: it is none of them.
 */
size_t gw_text_unsafe(const char *string);

/* Whether there is nothing in it but printable ASCII. */
bool gw_text_is_plain(const char *string);

/* Replaces, in place, what is not printable UTF-8 (see gw_text_unsafe(), too) by '?', byte by byte. */
void gw_text_sanitize(char *string);

/* What follows @prefix at the beginning of @text; NULL if it does not begin so. */
const char *gw_text_after(const char *text, const char *prefix);

#endif
