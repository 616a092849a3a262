/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands before a message. Bounded steps over the line's beginning; nothing here looks at the rest of it. */
#include "lib/log-text/lines/line.h"

#include <string.h>

#include "lib/base/hash.h"
#include "lib/log-text/lines/scan.h"

/* A prefix of more parts than this is none. */
#define PARTS_MAX 12

/* A host's and a program's name, as long as they are looked for. */
#define NAME_MAX_SIZE 80

struct cursor {
	const char *at, *end;
};

static size_t line_left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

static void line_spaces(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
		cursor->at++;
}

static bool line_char(struct cursor *cursor, char c)
{
	if (cursor->at == cursor->end || *cursor->at != c)
		return false;
	cursor->at++;
	return true;
}

/* Up to @digits digits. */
static bool line_number(struct cursor *cursor, int digits, uint64_t *ret)
{
	const char *start = cursor->at;

	*ret = 0;
	while (cursor->at < cursor->end && cursor->at - start < digits && gw_scan_is_digit(*cursor->at))
		*ret = *ret * 10 + (uint64_t)(*cursor->at++ - '0');
	return cursor->at > start;
}

static bool line_word(struct cursor *cursor, const char *word)
{
	size_t left = line_left(cursor), length = 0;

	for (; word[length]; length++)
		if (length == left || cursor->at[length] != word[length])
			return false;
	cursor->at += length;
	return true;
}

/* ---- times --------------------------------------------------------------------------------- */

/* Days from 1970 to a date (the civil calendar, years from March on). */
static int64_t line_days(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool line_month(struct cursor *cursor, uint64_t *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (line_left(cursor) == 0 || !gw_scan_is_letter(*cursor->at))
		return false;
	for (*month = 1; *month <= 12; (*month)++)
		if (line_word(cursor,
			      (char[]){ names[*month * 3 - 3], names[*month * 3 - 2], names[*month * 3 - 1], 0 }))
			return true;
	return false;
}

/* The part of a second behind '.' or ','. */
static int64_t line_fraction(struct cursor *cursor)
{
	const char *start;
	uint64_t number = 0;
	int digits;

	if (!line_char(cursor, '.') && !line_char(cursor, ','))
		return 0;
	start = cursor->at;
	line_number(cursor, 6, &number);
	for (digits = (int)(cursor->at - start); digits < 6; digits++)
		number *= 10;
	while (cursor->at < cursor->end && gw_scan_is_digit(*cursor->at))
		cursor->at++;
	return (int64_t)number;
}

/* "07:56:58", "07:56:58.123456". */
static bool line_clock(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;
	uint64_t hours, minutes, seconds;

	if (!line_number(&try, 2, &hours) || !line_char(&try, ':') || !line_number(&try, 2, &minutes) ||
	    !line_char(&try, ':') || !line_number(&try, 2, &seconds))
		return false;
	*us = (int64_t)((hours * 60 + minutes) * 60 + seconds) * 1000000 + line_fraction(&try);
	*cursor = try;
	return true;
}

/* "2026-01-22T08:07:58.123+01:00", also with a space in the middle. */
static bool line_iso_date(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;
	uint64_t year, month, day, zone;

	if (!line_number(&try, 4, &year) || !line_char(&try, '-') || !line_number(&try, 2, &month) ||
	    !line_char(&try, '-') || !line_number(&try, 2, &day) || (!line_char(&try, 'T') && !line_char(&try, ' ')) ||
	    !line_clock(&try, us))
		return false;
	*us += line_days((int64_t)year, (int64_t)month, (int64_t)day) * 86400000000LL;
	if (!line_char(&try, 'Z') && (line_char(&try, '+') || line_char(&try, '-'))) {
		line_number(&try, 4, &zone);
		if (line_char(&try, ':'))
			line_number(&try, 2, &zone);
	}
	*cursor = try;
	return true;
}

/* syslog's "Jan 22 08:07:58"; it has no year. */
static bool line_syslog_date(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;
	uint64_t month, day;

	if (!line_month(&try, &month))
		return false;
	line_spaces(&try);
	if (!line_number(&try, 2, &day))
		return false;
	line_spaces(&try);
	if (!line_clock(&try, us))
		return false;
	*us += line_days(1970, (int64_t)month, (int64_t)day) * 86400000000LL;
	*cursor = try;
	return true;
}

/* "07:56", the clock of dmesg -e. */
static bool line_minute(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;
	uint64_t hours, minutes;

	if (!line_number(&try, 2, &hours) || !line_char(&try, ':') || !line_number(&try, 2, &minutes))
		return false;
	*us = (int64_t)(hours * 60 + minutes) * 60 * 1000000;
	*cursor = try;
	return true;
}

/* dmesg -e in another language, "apr31 07:56", "févr.31 07:56": which month it is makes no difference within a text. */
static bool line_other_minute(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;
	uint64_t day;

	while (try.at < try.end && try.at - cursor->at < 9 &&
	       (gw_scan_is_letter(*try.at) || (unsigned char)*try.at >= 0x80 || *try.at == '.'))
		try.at++;
	if (try.at - cursor->at < 3 || !line_number(&try, 2, &day) || !line_char(&try, ' ') || !line_minute(&try, us) ||
	    try.at == try.end || *try.at != ']')
		return false;
	*us += (int64_t)day * 86400000000LL;
	*cursor = try;
	return true;
}

/* dmesg -T: "Mon Aug 31 07:56:58 2026"; dmesg -e: "Aug31 07:56". Behind the '['. */
static bool line_dmesg_date(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;
	uint64_t month, day, year = 1970;

	if (line_left(&try) > 4 && try.at[3] == ' ' && gw_scan_is_letter(try.at[0]))
		try.at += 4;
	if (!line_month(&try, &month))
		return false;
	line_spaces(&try);
	if (!line_number(&try, 2, &day))
		return false;
	line_spaces(&try);
	*us = 0;
	if (!line_clock(&try, us) && !line_minute(&try, us))
		return false;
	line_spaces(&try);
	if (!line_number(&try, 4, &year))
		year = 1970;
	*us += line_days((int64_t)year, (int64_t)month, (int64_t)day) * 86400000000LL;
	*cursor = try;
	return true;
}

/* ---- the parts of a prefix -------------------------------------------------------------------- */

/* "+# [  153.650241]": quoted in a comment, perhaps in a patch; no more than that, as names of locks begin with '#', too. */
static void line_comment_mark(struct cursor *cursor)
{
	struct cursor try = *cursor, time;

	line_char(&try, '+');
	if (!line_char(&try, '#') && !line_char(&try, '*') && try.at == cursor->at)
		return;
	line_spaces(&try);
	time = try;
	if (!line_char(&time, '['))
		return;
	line_spaces(&time);
	if (line_left(&time) && gw_scan_is_digit(*time.at))
		*cursor = try;
}

static void line_quote_marks(struct cursor *cursor)
{
	do
		line_spaces(cursor);
	while (line_char(cursor, '>'));
	line_comment_mark(cursor);
}

/* "<6>", of RFC 5424 "<6>1 " */
static bool line_priority(struct cursor *cursor)
{
	struct cursor try = *cursor;
	uint64_t number;

	if (!line_char(&try, '<') || !line_number(&try, 3, &number) || !line_char(&try, '>'))
		return false;
	if (line_left(&try) > 2 && try.at[0] == '1' && try.at[1] == ' ' && gw_scan_is_digit(try.at[2]))
		try.at += 2;
	*cursor = try;
	return true;
}

/* /dev/kmsg: "6,1234,5678901,-;" or "6,1234,5678901,-,caller=T33;" */
static bool line_kmsg(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	uint64_t priority, sequence, time, caller;

	if (!line_number(&try, 4, &priority) || !line_char(&try, ',') || !line_number(&try, 18, &sequence) ||
	    !line_char(&try, ',') || !line_number(&try, 18, &time) || !line_char(&try, ','))
		return false;
	for (int i = 0; i < 40 && try.at < try.end && *try.at != ';'; i++) {
		if (line_word(&try, "caller=T") || line_word(&try, "caller=C")) {
			uint64_t kind = (uint64_t)(unsigned char)try.at[-1] << 56;

			if (line_number(&try, 10, &caller))
				line->caller = kind | (caller + 1);
			continue;
		}
		try.at++;
	}
	if (!line_char(&try, ';'))
		return false;
	line->time_us = (int64_t)time;
	*cursor = try;
	return true;
}

/* dmesg -x: "kern  :info  : " */
/* "192.168.2.205: kern:     err: [2026-01-14T11:16:10.461Z]: ", as Talos prints it: the node's name comes before that. */
static void line_node(struct cursor *cursor, const char *facility)
{
	struct cursor try = *cursor;

	while (try.at < try.end &&
	       (gw_scan_is_letter(*try.at) || gw_scan_is_digit(*try.at) || *try.at == '.' || *try.at == '-'))
		try.at++;
	if (try.at == cursor->at || !line_char(&try, ':') || !line_char(&try, ' '))
		return;
	if (line_left(&try) > strlen(facility) && memcmp(try.at, facility, strlen(facility)) == 0 &&
	    try.at[strlen(facility)] == ':')
		*cursor = try;
}

static bool line_decoded_priority(struct cursor *cursor)
{
	static const char *const facilities[] = { "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news" };
	struct cursor try;

	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
		try = *cursor;
		line_node(&try, facilities[i]);
		if (!line_word(&try, facilities[i]))
			continue;
		line_spaces(&try);
		if (!line_char(&try, ':'))
			continue;
		line_spaces(&try);
		while (try.at < try.end && gw_scan_is_letter(*try.at))
			try.at++;
		line_spaces(&try);
		if (!line_char(&try, ':'))
			continue;
		*cursor = try;
		return true;
	}
	return false;
}

/* "[   12.345678]", "[   12.345678 <    0.000001>]", "[  +0.000001]", and dmesg's dates. */
static bool line_bracket_time(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor, date;
	uint64_t seconds;

	if (!line_char(&try, '['))
		return false;
	line_spaces(&try);
	date = try;
	if (line_dmesg_date(&date, &line->wall_us) || line_iso_date(&date, &line->wall_us) ||
	    line_syslog_date(&date, &line->wall_us) || line_other_minute(&date, &line->wall_us))
		try = date;
	else if (line_number(&try, 12, &seconds) && try.at < try.end && *try.at == '.')
		line->time_us = (int64_t)seconds * 1000000 + line_fraction(&try);
	else if (line_char(&try, '+') && line_number(&try, 9, &seconds))
		line->delta_us = (int64_t)seconds * 1000000 + line_fraction(&try);
	else
		return false;
	line_spaces(&try);
	if (line_char(&try, '<'))
		while (try.at < try.end && *try.at != ']')
			try.at++;
	if (!line_char(&try, ']'))
		return false;
	*cursor = try;
	return true;
}

/* "[   T33]", "[    C0]" */
static bool line_caller(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	uint64_t kind, number;

	if (!line_char(&try, '['))
		return false;
	line_spaces(&try);
	if (try.at == try.end || (*try.at != 'T' && *try.at != 'C'))
		return false;
	kind = (uint64_t)(unsigned char)*try.at++ << 56;
	if (!line_number(&try, 10, &number) || !line_char(&try, ']'))
		return false;
	line->caller = kind | (number + 1);
	*cursor = try;
	return true;
}

/*
 * Behind a date: "host kernel: ", "host program[12]: ", "kernel: ", "host kern.info kernel: ". dmesg prints no host, and
 * its messages may begin with a word and a colon, too: a program that is not the kernel must have its number there.
 */
static bool line_program(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	uint64_t host = 0;
	const char *word;

	for (int words = 0; words < 4; words++) {
		line_spaces(&try);
		for (word = try.at; try.at < try.end && try.at - word < NAME_MAX_SIZE && *try.at != ' '; try.at++)
			;
		if (try.at == word || try.at - word == NAME_MAX_SIZE)
			return false;
		if (try.at[-1] == ':') {
			bool kernel = try.at - word == 7 && memcmp(word, "kernel:", 7) == 0;

			if (!kernel && (words == 0 || try.at - word < 4 || try.at[-2] != ']'))
				return false;
			line->foreign = !kernel;
			line->host = host;
			*cursor = try;
			return true;
		}
		if (words == 0)
			host = gw_hash_bytes(GW_HASH_START, word, (size_t)(try.at - word));
	}
	return false;
}

/* RFC 5424, behind its date: "host kernel - - - ", "host program 12 message-id [data] ". */
static bool line_structured(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	const char *words[5];
	size_t lengths[5];

	for (int i = 0; i < 5; i++) {
		line_spaces(&try);
		words[i] = try.at;
		while (try.at < try.end && try.at - words[i] < NAME_MAX_SIZE && *try.at != ' ')
			try.at++;
		lengths[i] = (size_t)(try.at - words[i]);
	}
	/* Only a process has a number; the last word is the data. */
	if (lengths[4] == 0 || (*words[4] != '-' && *words[4] != '[') ||
	    (*words[2] != '-' && !gw_scan_is_digit(*words[2])))
		return false;
	line->foreign = lengths[1] != 6 || memcmp(words[1], "kernel", 6) != 0;
	line->host = gw_hash_bytes(GW_HASH_START, words[0], lengths[0]);
	*cursor = try;
	return true;
}

/* journalctl -o short-full: "Wed 2026-01-22 08:07:58 CET". */
static bool line_full_date(struct cursor *cursor, int64_t *us)
{
	struct cursor try = *cursor;

	if (line_left(&try) < 5 || try.at[3] != ' ' || !gw_scan_is_letter(try.at[0]))
		return false;
	try.at += 4;
	if (!line_iso_date(&try, us))
		return false;
	line_spaces(&try);
	while (try.at < try.end && *try.at >= 'A' && *try.at <= 'Z')
		try.at++;
	*cursor = try;
	return true;
}

/* journalctl -o short-unix: "1769069278.123456 host kernel: ". */
static bool line_unix_time(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	uint64_t seconds;
	int64_t us;

	if (!line_number(&try, 12, &seconds) || seconds < 100000000 || try.at == try.end || *try.at != '.')
		return false;
	us = (int64_t)seconds * 1000000 + line_fraction(&try);
	if (!line_program(&try, line))
		return false;
	line->wall_us = us;
	*cursor = try;
	return true;
}

/*
 * A month in another language, "Dez 22 08:07:58", "févr. 22 08:07:58": any short word, as long as a program follows. Which month
 * it is makes no difference within a text.
 */
static bool line_other_date(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	uint64_t day;
	int64_t us;

	while (try.at < try.end && try.at - cursor->at < 9 &&
	       (gw_scan_is_letter(*try.at) || (unsigned char)*try.at >= 0x80 || *try.at == '.'))
		try.at++;
	if (try.at - cursor->at < 3 || !line_char(&try, ' '))
		return false;
	line_spaces(&try);
	if (!line_number(&try, 2, &day) || !line_char(&try, ' ') || !line_clock(&try, &us) || !line_program(&try, line))
		return false;
	line->wall_us = (int64_t)day * 86400000000LL + us;
	*cursor = try;
	return true;
}

/* Only the time of day: "14:16:27.894416 host kernel: ". */
static bool line_bare_clock(struct cursor *cursor, struct gw_log_line *line)
{
	struct cursor try = *cursor;
	int64_t us;

	if (!line_clock(&try, &us) || !line_program(&try, line))
		return false;
	line->wall_us = us;
	*cursor = try;
	return true;
}

static bool line_date(struct cursor *cursor, struct gw_log_line *line)
{
	int64_t us;

	if (line_unix_time(cursor, line) || line_bare_clock(cursor, line))
		return true;
	if (!line_full_date(cursor, &us) && !line_iso_date(cursor, &us) && !line_syslog_date(cursor, &us))
		return line_other_date(cursor, line);
	line->wall_us = us;
	if (!line_program(cursor, line))
		line_structured(cursor, line);
	return true;
}

/* "9] INFO: …": a text that begins in the middle of a time. */
static bool line_cut_time(struct cursor *cursor)
{
	struct cursor try = *cursor;

	while (try.at < try.end && try.at - cursor->at < 20 &&
	       (gw_scan_is_digit(*try.at) || *try.at == '.' || *try.at == ' '))
		try.at++;
	if (try.at == cursor->at || !line_char(&try, ']'))
		return false;
	*cursor = try;
	return true;
}

static bool line_part(struct cursor *cursor, struct gw_log_line *line)
{
	if (line_priority(cursor) || line_kmsg(cursor, line) || line_decoded_priority(cursor) ||
	    line_date(cursor, line) || line_caller(cursor, line) || line_word(cursor, "kernel: "))
		return true;
	if (!line_bracket_time(cursor, line))
		return false;
	/* journalctl -o short-monotonic prints the host and the program behind the kernel's time, too. */
	if (!line_program(cursor, line))
		line_char(cursor, ':');
	return true;
}

/* "163 ", "6131:\t", as an editor and grep -n number lines: only in front of a time. */
static void line_numbered(struct cursor *cursor)
{
	struct cursor try = *cursor, time;
	struct gw_log_line line;
	uint64_t number;

	if (!line_number(&try, 7, &number) || try.at == try.end || !strchr(":- \t", *try.at))
		return;
	try.at++;
	line_spaces(&try);
	time = try;
	if (line_bracket_time(&time, &line) || line_date(&time, &line))
		*cursor = try;
}

/* "`[  847.213] INFO: …`", each line marked as code; "'INFO: …'", one that is cited. */
static bool line_cited(struct cursor *cursor)
{
	char mark = line_left(cursor) > 2 ? cursor->at[0] : '\0';

	if (!mark || !strchr("`'\"", mark) || cursor->at[1] == mark || cursor->end[-1] != mark)
		return false;
	cursor->at++;
	cursor->end--;
	return true;
}

/* "-- Boot 5755a5ee783643c5b3703cbb3d748ac9 --", and "-- Reboot --" before systemd 247. */
static bool line_is_between_boots(const struct cursor *cursor)
{
	struct cursor try = *cursor;

	if (line_word(&try, "-- Reboot --"))
		return try.at == try.end;
	if (!line_word(&try, "-- Boot "))
		return false;
	while (try.at < try.end && gw_scan_is_hex(*try.at))
		try.at++;
	return try.at - cursor->at == 40 && line_word(&try, " --") && try.at == try.end;
}

void gw_log_line_parse(struct gw_log_line *ret, const char *text, size_t length)
{
	struct cursor cursor = { text, text + length };

	*ret = (struct gw_log_line){ .time_us = -1, .wall_us = -1, .delta_us = -1 };
	while (cursor.at < cursor.end && (cursor.end[-1] == ' ' || cursor.end[-1] == '\t'))
		cursor.end--;
	line_quote_marks(&cursor);
	ret->boot = line_is_between_boots(&cursor);
	ret->prefixed = ret->boot;
	ret->quoted = ret->boot || line_cited(&cursor);
	line_numbered(&cursor);
	for (int parts = 0; parts < PARTS_MAX && line_part(&cursor, ret); parts++) {
		ret->prefixed = true;
		line_spaces(&cursor);
	}
	if (!ret->prefixed)
		ret->prefixed = line_cut_time(&cursor);
	line_spaces(&cursor);
	ret->text = cursor.at;
	ret->length = line_left(&cursor);
}
