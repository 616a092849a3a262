/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing text, sanitised text. */
#include "lib/base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/units.h"

static bool reserve(struct gw_text *text, size_t more)
{
	if (gw_array_reserve(text->data, text->length, text->allocated, more + 1) < 0)
		text->failed = true;
	return !text->failed;
}

void gw_text_add(struct gw_text *text, const char *format, ...)
{
	size_t room = text->allocated - text->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(room ? text->data + text->length : NULL, room, format, arguments);
	va_end(arguments);
	if (length < 0)
		text->failed = true;
	if (text->failed)
		return;
	if ((size_t)length >= room) {
		if (!reserve(text, (size_t)length))
			return;
		va_start(arguments, format);
		vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
		va_end(arguments);
	}
	text->length += (size_t)length;
}

void gw_text_append(struct gw_text *text, const char *bytes, size_t size)
{
	if (text->failed || !reserve(text, size))
		return;
	memcpy(text->data + text->length, bytes, size);
	text->length += size;
	text->data[text->length] = '\0';
}

void gw_text_add_age(struct gw_text *text, uint64_t ns)
{
	uint64_t seconds = ns / GW_NSEC_PER_SEC;

	if (ns < GW_NSEC_PER_SEC)
		gw_text_add(text, "%" PRIu64 " ms", ns / GW_NSEC_PER_MSEC);
	else if (seconds < 100)
		gw_text_add(text, "%" PRIu64 ".%" PRIu64 " s", seconds, ns / 100000000 % 10);
	else if (seconds < 3600)
		gw_text_add(text, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		gw_text_add(text, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600, seconds / 60 % 60);
	else
		gw_text_add(text, "%" PRIu64 " d %" PRIu64 " h", seconds / 86400, seconds / 3600 % 24);
}

/* Length of the well-formed UTF-8 character at @s, 0 if there is none (RFC 3629, table of section 4). */
static size_t character_length(const unsigned char *s)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 0;

	if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

size_t gw_text_unsafe(const char *string)
{
	const unsigned char *c = (const unsigned char *)string;

	if ((c[0] && c[0] < 0x20) || c[0] == 0x7f)
		return 1;
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
		return 2;
	if (c[0] == 0xd8 && c[1] == 0x9c) /* U+061C */
		return 2;
	if (c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae)))
		return 3;
	if (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9)
		return 3;
	return 0;
}

bool gw_text_is_plain(const char *string)
{
	while (*string >= ' ' && *string <= '~')
		string++;
	return !*string;
}

void gw_text_sanitize(char *string)
{
	for (char *s = string; *s;) {
		size_t length, unsafe;

		if (*s >= ' ' && *s <= '~') {
			s++;
			continue;
		}
		length = character_length((unsigned char *)s);
		unsafe = gw_text_unsafe(s);
		if (length && !unsafe) {
			s += length;
			continue;
		}
		for (size_t i = 0; i < (unsafe ? unsafe : 1); i++)
			*s++ = '?';
	}
}

char *gw_text_finish(struct gw_text *text)
{
	char *data = NULL;

	if (!text->failed && reserve(text, 0)) {
		data = text->data;
		data[text->length] = '\0';
		gw_text_sanitize(data);
		text->data = NULL;
	}
	gw_text_clear(text);
	return data;
}

void gw_text_clear(struct gw_text *text)
{
	free(text->data);
	*text = (struct gw_text){ .data = NULL };
}

const char *gw_text_after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}
