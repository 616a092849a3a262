/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A log is ASCII for the most part: without a mark, every other byte of it is NUL. */
#include "lib/log-text/lines/utf16.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Units that are looked at where there is no mark, and how few are enough. */
#define SAMPLE 4096
#define SAMPLE_MIN 16

#define REPLACEMENT 0xfffd /* for half of a pair */

static uint32_t utf16_unit(const unsigned char *at, bool little)
{
	return little ? (uint32_t)at[0] | (uint32_t)at[1] << 8 : (uint32_t)at[1] | (uint32_t)at[0] << 8;
}

static bool utf16_is_ascii(uint32_t unit)
{
	return (unit >= 0x20 && unit < 0x7f) || unit == '\n' || unit == '\r' || unit == '\t' || unit == 0x1b;
}

static bool utf16_fits(const unsigned char *text, size_t size, bool little)
{
	size_t units = size / 2 < SAMPLE ? size / 2 : SAMPLE, ascii = 0;

	for (size_t i = 0; i < units; i++)
		ascii += utf16_is_ascii(utf16_unit(text + 2 * i, little));
	return units >= SAMPLE_MIN && ascii >= units - units / 10;
}

/* Returns how many bytes the mark has; *@is says whether it is UTF-16 at all. */
static size_t utf16_mark(const unsigned char *text, size_t size, bool *is, bool *little)
{
	*is = size >= 2 && ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff));
	*little = *is ? text[0] == 0xff : utf16_fits(text, size, true);
	if (*is)
		return 2;
	*is = *little || utf16_fits(text, size, false);
	return 0;
}

static size_t utf16_put(char *to, uint32_t c)
{
	size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length; i > 1; i--, c >>= 6)
		to[i - 1] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(first[length] | c);
	return length;
}

int gw_log_utf16_decode(const char *text, size_t *size, char **ret)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = 0, at;
	bool is, little;

	*ret = NULL;
	at = utf16_mark(bytes, *size, &is, &little);
	if (!is)
		return 0;
	/* No unit is more than three bytes of UTF-8, and no pair more than four. */
	*ret = malloc(*size / 2 * 3 + 1);
	if (!*ret)
		return -ENOMEM;
	for (; at + 1 < *size; at += 2) {
		uint32_t unit = utf16_unit(bytes + at, little), next;

		if (unit >= 0xd800 && unit < 0xe000) {
			next = at + 3 < *size ? utf16_unit(bytes + at + 2, little) : 0;
			if (unit < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
				unit = 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00);
				at += 2;
			} else {
				unit = REPLACEMENT;
			}
		}
		length += utf16_put(*ret + length, unit);
	}
	(*ret)[length] = '\0';
	*size = length;
	return 0;
}
