/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small steps through a line: each moves the pointer only if it finds what it looks for. */
#ifndef GPUWATCH_LIB_LOG_TEXT_LINES_SCAN_H
#define GPUWATCH_LIB_LOG_TEXT_LINES_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool gw_scan_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool gw_scan_is_hex(char c)
{
	return gw_scan_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline bool gw_scan_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Part of a C name, or of what a compiler appends to one: letters, digits, '_', '.', '$'. */
bool gw_scan_is_symbol(char c);

void gw_scan_spaces(const char **text);
bool gw_scan_word(const char **text, const char *word);
bool gw_scan_number(const char **text, uint32_t *ret); /* decimal, at least one digit; larger ones become the largest */
bool gw_scan_hex(const char **text, uint64_t *ret);    /* at least one digit, without 0x */

/* What follows @word at its first place in @text, or NULL. */
const char *gw_scan_after(const char *text, const char *word);

/* The number behind a name's last colon, "Xorg:cs0:2019" → 7, 2019; the name's length, 0 = there is none. */
size_t gw_scan_name_number(const char *text, size_t length, char separator, uint32_t *number);

#endif
