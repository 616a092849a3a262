/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of [Section] and Key=Value. */
#include "lib/base/ini.h"

#include <string.h>

/* Without the blanks around it; those behind it are cut off. */
static char *ini_strip(char *s)
{
	size_t length;

	s += strspn(s, " \t\r");
	length = strlen(s);
	while (length > 0 && strchr(" \t\r", s[length - 1]))
		s[--length] = '\0';
	return s;
}

static bool ini_allowed(const struct gw_ini_rules *rules, const char *line, size_t length)
{
	if (!rules->no_control)
		return !memchr(line, '\0', length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	return true;
}

static void ini_split_section(struct gw_ini_line *line, char *text)
{
	size_t length = strlen(text);

	if (length < 3 || text[length - 1] != ']')
		return;
	text[length - 1] = '\0';
	line->kind = GW_INI_SECTION;
	line->name = text + 1;
}

static void ini_split_assignment(struct gw_ini_line *line, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals)
		return;
	*equals = '\0';
	line->kind = GW_INI_ASSIGNMENT;
	line->name = ini_strip(text);
	line->value = ini_strip(equals + 1);
}

static int ini_take_text(unsigned int number, const char *bytes, size_t length, gw_ini_take take, void *userdata)
{
	char whole[GW_INI_LINE_MAX + 1], parts[GW_INI_LINE_MAX + 1];
	struct gw_ini_line line = { .number = number };

	memcpy(whole, bytes, length);
	whole[length] = '\0';
	line.text = ini_strip(whole);
	if (!*line.text || *line.text == '#' || *line.text == ';')
		return 0;
	strcpy(parts, line.text);
	line.kind = *parts == '[' ? GW_INI_NO_SECTION : GW_INI_NO_LINE;
	if (line.kind == GW_INI_NO_SECTION)
		ini_split_section(&line, parts);
	else
		ini_split_assignment(&line, parts);
	return take(&line, userdata);
}

int gw_ini_read(const char *text, size_t size, const struct gw_ini_rules *rules, gw_ini_take take, void *userdata)
{
	struct gw_ini_line bad = { .text = "" };
	int r = 0;

	for (unsigned int number = 1; size > 0 && r == 0; number++) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size, taken = length + (end ? 1 : 0);

		bad.number = number;
		bad.kind = length > rules->line_max ? GW_INI_TOO_LONG : GW_INI_NOT_PRINTABLE;
		if (length <= rules->line_max && ini_allowed(rules, text, length))
			r = ini_take_text(number, text, length, take, userdata);
		else
			r = take(&bad, userdata);
		text += taken;
		size -= taken;
	}
	return r;
}
