/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps through a line that ends with a NUL. */
#include "lib/log-text/lines/scan.h"

#include <string.h>

bool gw_scan_is_symbol(char c)
{
	return gw_scan_is_letter(c) || gw_scan_is_digit(c) || c == '_' || c == '.' || c == '$';
}

void gw_scan_spaces(const char **text)
{
	while (**text == ' ' || **text == '\t')
		(*text)++;
}

/* Most texts differ in the first letter: nothing is measured before. */
bool gw_scan_word(const char **text, const char *word)
{
	const char *at = *text;

	for (; *word; word++, at++)
		if (*at != *word)
			return false;
	*text = at;
	return true;
}

bool gw_scan_number(const char **text, uint32_t *ret)
{
	uint64_t number = 0;

	if (!gw_scan_is_digit(**text))
		return false;
	for (; gw_scan_is_digit(**text); (*text)++) {
		number = number * 10 + (uint64_t)(**text - '0');
		if (number > UINT32_MAX)
			number = UINT32_MAX;
	}
	*ret = (uint32_t)number;
	return true;
}

bool gw_scan_hex(const char **text, uint64_t *ret)
{
	uint64_t number = 0;

	if (!gw_scan_is_hex(**text))
		return false;
	for (; gw_scan_is_hex(**text); (*text)++) {
		char c = **text;
		uint64_t digit = gw_scan_is_digit(c) ? (uint64_t)(c - '0') : (uint64_t)((c | 0x20) - 'a') + 10;

		number = number << 4 | digit;
	}
	*ret = number;
	return true;
}

const char *gw_scan_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? at + strlen(word) : NULL;
}

size_t gw_scan_name_number(const char *text, size_t length, char separator, uint32_t *number)
{
	size_t at = length;
	const char *digits;

	while (at > 0 && gw_scan_is_digit(text[at - 1]))
		at--;
	if (at == length || at < 2 || text[at - 1] != separator)
		return 0;
	digits = text + at;
	gw_scan_number(&digits, number);
	return at - 1;
}
