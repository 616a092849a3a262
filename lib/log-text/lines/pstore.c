/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of parts whose numbers rise are turned round, and headings left out; without a heading nothing is copied. */
#include "lib/log-text/lines/pstore.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/log-text/lines/scan.h"

struct pstore_part {
	size_t heading, start; /* where it begins; its first line behind that */
	uint32_t crash, number;
};

struct pstore_parts {
	struct pstore_part *items;
	size_t count, allocated;
};

/* "Panic#1 Part2", "Oops#3 Part1", alone in its line. */
static bool pstore_heading(const char *line, size_t length, struct pstore_part *ret)
{
	char copy[40];
	const char *at = copy;

	if (length >= sizeof(copy))
		return false;
	memcpy(copy, line, length);
	copy[length] = '\0';
	if (length && copy[length - 1] == '\r')
		copy[length - 1] = '\0';
	while (*at == '>' || *at == ' ')
		at++;
	if (!gw_scan_is_letter(*at))
		return false;
	while (gw_scan_is_letter(*at))
		at++;
	return *at++ == '#' && gw_scan_number(&at, &ret->crash) && gw_scan_word(&at, " Part") &&
	       gw_scan_number(&at, &ret->number) && *at == '\0';
}

static int pstore_find(struct pstore_parts *parts, const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = end ? (size_t)(end - text) - at : size - at;
		struct pstore_part part = { .heading = at, .start = end ? at + length + 1 : size };

		if (pstore_heading(text + at, length, &part)) {
			if (gw_array_reserve(parts->items, parts->count, parts->allocated, 1) < 0)
				return -ENOMEM;
			parts->items[parts->count++] = part;
		}
		at += length + 1;
	}
	return 0;
}

static size_t pstore_end(const struct pstore_parts *parts, size_t part, size_t size)
{
	return part + 1 < parts->count ? parts->items[part + 1].heading : size;
}

/* The first part behind those that rise from @first on. */
static size_t pstore_run(const struct pstore_parts *parts, size_t first)
{
	size_t last = first;

	while (last + 1 < parts->count && parts->items[last + 1].crash == parts->items[first].crash &&
	       parts->items[last + 1].number > parts->items[last].number)
		last++;
	return last + 1;
}

/* Returns how much it is. */
static size_t pstore_copy(const struct pstore_parts *parts, const char *text, size_t size, char *begin)
{
	char *to = begin;

	memcpy(to, text, parts->items[0].heading);
	to += parts->items[0].heading;
	for (size_t first = 0, end; first < parts->count; first = end) {
		end = pstore_run(parts, first);
		for (size_t i = end; i-- > first;) {
			size_t start = parts->items[i].start, length = pstore_end(parts, i, size) - start;

			memcpy(to, text + start, length);
			/* The last line of the text has perhaps no end of its own. */
			if (i + 1 == parts->count && text[size - 1] != '\n')
				to[length++] = '\n';
			to += length;
		}
	}
	return (size_t)(to - begin);
}

int gw_log_pstore_order(const char *text, size_t *size, char **ret)
{
	struct pstore_parts parts = { .count = 0 };
	int r;

	*ret = NULL;
	/* Most texts are none of pstore's, and may be large. */
	if (!memmem(text, *size, " Part", strlen(" Part")))
		return 0;
	r = pstore_find(&parts, text, *size);
	if (r == 0 && parts.count > 0) {
		*ret = malloc(*size + 1);
		r = *ret ? 0 : -ENOMEM;
	}
	if (*ret)
		*size = pstore_copy(&parts, text, *size, *ret);
	free(parts.items);
	return r;
}
