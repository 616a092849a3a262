/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A text is quoted-printable if each "=" in it begins what that encoding has: any log has others. */
#include "lib/log-text/lines/mail.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What of a text is looked at before it counts as encoded. */
#define SAMPLE ((size_t)1 << 20)

static int mail_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The bytes behind a "=" that belong to it: those of a line's end, with blanks before it, or two digits; 0 = none do. */
static size_t mail_escape(const char *text, size_t size, bool *is_break)
{
	size_t length = 0;

	*is_break = false;
	if (size >= 2 && mail_digit(text[0]) >= 0 && mail_digit(text[1]) >= 0)
		return 2;
	while (length < size && (text[length] == ' ' || text[length] == '\t' || text[length] == '\r'))
		length++;
	if (length == size || text[length] != '\n')
		return 0;
	*is_break = true;
	return length + 1;
}

static bool mail_is_encoded(const char *text, size_t size)
{
	const char *end = text + (size < SAMPLE ? size : SAMPLE), *at = text;
	size_t breaks = 0, bytes = 0;

	while ((at = memchr(at, '=', (size_t)(end - at)))) {
		bool is_break;
		size_t length = mail_escape(at + 1, (size_t)(text + size - at - 1), &is_break);

		/* The sample, or the text, may end in the middle of one. */
		if (!length && end - at > 3)
			return false;
		breaks += is_break;
		bytes += length && !is_break;
		at++;
	}
	return breaks && bytes;
}

int gw_log_mail_decode(const char *text, size_t *size, char **ret)
{
	const char *end = text + *size;
	size_t length = 0;
	char *decoded;

	*ret = NULL;
	if (!mail_is_encoded(text, *size))
		return 0;
	decoded = malloc(*size);
	if (!decoded)
		return -ENOMEM;
	while (text < end) {
		bool is_break;
		size_t escape = *text == '=' ? mail_escape(text + 1, (size_t)(end - text - 1), &is_break) : 0;

		if (!escape)
			decoded[length++] = *text;
		else if (!is_break)
			decoded[length++] = (char)(mail_digit(text[1]) << 4 | mail_digit(text[2]));
		text += 1 + escape;
	}
	*size = length;
	*ret = decoded;
	return 0;
}
