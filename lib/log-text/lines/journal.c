/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of an entry's fields the few that a kernel log needs. */
#include "lib/log-text/lines/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/hash.h"
#include "lib/log-text/lines/line.h"
#include "lib/log-text/lines/scan.h"

static void entry_message(struct gw_log_entry *entry, const char *text, size_t length)
{
	/* As of other lines: the kernel indents what belongs to a report. */
	for (; length > 0 && (*text == ' ' || *text == '\t'); length--)
		text++;
	if (length > sizeof(entry->text) - 1)
		length = sizeof(entry->text) - 1;
	memcpy(entry->text, text, length);
	entry->text[length] = '\0';
	entry->line.text = entry->text;
	entry->line.length = length;
	entry->line.prefixed = true;
	entry->filled = true;
}

static void entry_clear(struct gw_log_entry *entry)
{
	entry->filled = entry->binary = false;
	entry->line = (struct gw_log_line){ .time_us = -1, .wall_us = -1, .delta_us = -1, .prefixed = true };
}

static int64_t entry_number(const char *text, size_t length)
{
	int64_t number = 0;

	for (size_t i = 0; i < length && i < 18 && gw_scan_is_digit(text[i]); i++)
		number = number * 10 + (text[i] - '0');
	return number;
}

/* What collectors of logs call it, with what the kernel or a log file prints in front of it. */
static bool entry_is_collected(const char *name)
{
	static const char *const names[] = { "message", "msg", "log", "line" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static void entry_collected(struct gw_log_entry *entry, const char *text, size_t length)
{
	struct gw_log_line line;

	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	gw_log_line_parse(&line, text, length);
	entry->line = line;
	entry_message(entry, line.text, line.length);
}

static void entry_field(struct gw_log_entry *entry, const char *name, const char *value, size_t length)
{
	if (strcmp(name, "MESSAGE") == 0)
		entry_message(entry, value, length);
	else if (!entry->filled && entry_is_collected(name))
		entry_collected(entry, value, length);
	else if (strcmp(name, "_SOURCE_MONOTONIC_TIMESTAMP") == 0)
		entry->line.time_us = entry_number(value, length);
	else if (strcmp(name, "__MONOTONIC_TIMESTAMP") == 0 && entry->line.time_us < 0)
		entry->line.time_us = entry_number(value, length);
	else if (strcmp(name, "__REALTIME_TIMESTAMP") == 0)
		entry->line.wall_us = entry_number(value, length);
	else if (strcmp(name, "SYSLOG_IDENTIFIER") == 0)
		entry->line.foreign = length != 6 || memcmp(value, "kernel", 6) != 0;
	else if (strcmp(name, "_BOOT_ID") == 0)
		entry->line.host = gw_hash_bytes(GW_HASH_START, value, length);
}

/* ---- one object a line ------------------------------------------------------------------------ */

/* Messages that are no UTF-8 are arrays of their bytes. */
static void entry_bytes(struct gw_log_entry *entry, const char *name, const json_t *bytes)
{
	char text[sizeof(entry->text)];
	size_t length = 0;
	json_t *byte;
	size_t i;

	json_array_foreach(bytes, i, byte)
		if (length < sizeof(text))
			text[length++] = (char)json_integer_value(byte);
	entry_field(entry, name, text, length);
}

/* A collector's own record has the entry inside: "jsonPayload", "_source", "fields". */
#define NESTED_MAX 3

static void entry_object(struct gw_log_entry *entry, const json_t *object, int depth)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
		if (json_is_string(value))
			entry_field(entry, name, json_string_value(value), json_string_length(value));
		else if (json_is_array(value))
			entry_bytes(entry, name, value);
		else if (json_is_object(value) && depth < NESTED_MAX)
			entry_object(entry, value, depth + 1);
}

static bool entry_json(struct gw_log_entry *entry, const char *text, size_t length)
{
	json_t *object = json_loadb(text, length, JSON_DISABLE_EOF_CHECK, NULL);

	entry_clear(entry);
	if (json_is_object(object))
		entry_object(entry, object, 0);
	json_decref(object);
	return entry->filled;
}

/* ---- one field a line -------------------------------------------------------------------------- */

static size_t entry_name(const char *text, size_t length, char *name, size_t size)
{
	size_t at = 0;

	while (at < length && at < size - 1 &&
	       ((text[at] >= 'A' && text[at] <= 'Z') || text[at] == '_' || gw_scan_is_digit(text[at]))) {
		name[at] = text[at];
		at++;
	}
	name[at] = '\0';
	return at;
}

/* 'MESSAGE=text' */
static bool entry_export(struct gw_log_entry *entry, const char *text, size_t length)
{
	char name[64];
	size_t at = entry_name(text, length, name, sizeof(name));

	if (entry->binary) {
		entry->binary = false;
		entry_message(entry, length > 8 ? text + 8 : text, length > 8 ? length - 8 : 0);
		return true;
	}
	if (at > 0 && at == length) {
		entry->binary = strcmp(name, "MESSAGE") == 0;
		return true;
	}
	if (at == 0 || text[at] != '=')
		return false;
	entry_field(entry, name, text + at + 1, length - at - 1);
	return true;
}

/* '	"MESSAGE" : "text",' */
static bool entry_pretty(struct gw_log_entry *entry, const char *text, size_t length)
{
	const char *end = text + length;
	json_t *value;
	char name[64];
	size_t at;

	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	if (text == end || *text++ != '"')
		return false;
	at = entry_name(text, (size_t)(end - text), name, sizeof(name));
	text += at;
	if (at == 0 || text == end || *text++ != '"')
		return false;
	while (text < end && (*text == ' ' || *text == ':'))
		text++;
	value = json_loadb(text, (size_t)(end - text), JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, NULL);
	if (json_is_string(value))
		entry_field(entry, name, json_string_value(value), json_string_length(value));
	json_decref(value);
	return true;
}

/* Of the export format; whoever chose fields may have left the cursor out. */
bool gw_log_entry_begins(const char *text, size_t length)
{
	return length > 9 &&
	       (memcmp(text, "__CURSOR=", 9) == 0 || (length > 21 && memcmp(text, "__REALTIME_TIMESTAMP=", 21) == 0));
}

enum gw_log_entry_result gw_log_entry_line(struct gw_log_entry *entry, const char *text, size_t length, bool *inside)
{
	if (length > 1 && text[0] == '{' && entry_json(entry, text, length))
		return GW_LOG_ENTRY_WHOLE;
	if ((length == 1 && text[0] == '{') || (!*inside && gw_log_entry_begins(text, length))) {
		entry_clear(entry);
		*inside = true;
		return GW_LOG_ENTRY_MORE;
	}
	if (!*inside)
		return GW_LOG_ENTRY_NONE;
	if (entry_export(entry, text, length) || entry_pretty(entry, text, length))
		return GW_LOG_ENTRY_MORE;
	*inside = false;
	return entry->filled ? GW_LOG_ENTRY_WHOLE : GW_LOG_ENTRY_MORE;
}
