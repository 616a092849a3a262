/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel command line. */
#include "lib/base/command-line.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The kernel's isspace(), lib/ctype.c: of Latin-1, whatever the locale. */
static bool parameter_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

static const char *parameter_skip_blanks(const char *s)
{
	while (parameter_is_blank(*s))
		s++;
	return s;
}

/* next_arg(). Returns what follows it. */
static const char *parameter_take(const char *s, struct gw_parameter *ret)
{
	bool quoted = *s == '"', in_quotes = quoted;
	size_t length, end, equals = 0;

	s += quoted;
	for (length = 0; s[length] && (in_quotes || !parameter_is_blank(s[length])); length++) {
		if (!equals && s[length] == '=')
			equals = length;
		if (s[length] == '"')
			in_quotes = !in_quotes;
	}
	end = length;
	*ret = (struct gw_parameter){ .name = s };
	if (equals) {
		ret->value = s + equals + 1;
		if (*ret->value == '"') {
			ret->value++;
			end -= s[length - 1] == '"';
		}
	}
	if (quoted && end == length && length > 0 && s[length - 1] == '"')
		end--;
	ret->name_length = equals ? equals : end;
	/* A value of a single quote: the kernel cuts its beginning off. */
	ret->value_length = equals && s + end > ret->value ? (size_t)(s + end - ret->value) : 0;
	return s + length;
}

bool gw_command_line_next(const char **line, struct gw_parameter *ret)
{
	const char *s = *line ? parameter_skip_blanks(*line) : "";

	if (!*s)
		return false;
	*line = parameter_take(s, ret);
	if (ret->value || ret->name_length != 2 || memcmp(ret->name, "--", 2) != 0)
		return true;
	*line = "";
	return false;
}

static char parameter_spell(char c)
{
	return c == '-' ? '_' : c;
}

bool gw_parameter_is(const struct gw_parameter *parameter, const char *name)
{
	for (size_t i = 0; i < parameter->name_length; i++)
		if (parameter_spell(parameter->name[i]) != parameter_spell(name[i]))
			return false;
	return !name[parameter->name_length];
}

/* ---- values ---------------------------------------------------------------------------------- */

bool gw_parameter_bool(const struct gw_parameter *parameter, bool *ret)
{
	char first = parameter->value_length ? parameter->value[0] : '\0';
	char second = parameter->value_length > 1 ? parameter->value[1] : '\0';
	bool on = first && (strchr("yYtT1", first) || (strchr("oO", first) && second && strchr("nN", second)));
	bool off = first && (strchr("nNfF0", first) || (strchr("oO", first) && second && strchr("fF", second)));

	if (on || off)
		*ret = on;
	return on || off;
}

bool gw_parameter_int(const struct gw_parameter *parameter, int *ret)
{
	char text[32], *end;
	const char *digits = text;
	long value;

	if (parameter->value_length == 0 || parameter->value_length >= sizeof(text))
		return false;
	memcpy(text, parameter->value, parameter->value_length);
	text[parameter->value_length] = '\0';
	digits += *digits == '-' || *digits == '+';
	if (*digits < '0' || *digits > '9')
		return false;
	errno = 0;
	value = strtol(text, &end, 10);
	if (*end == '\n')
		end++;
	if (errno || *end || value < INT_MIN || value > INT_MAX)
		return false;
	*ret = (int)value;
	return true;
}

bool gw_parameter_next_item(struct gw_parameter *parameter, const char **ret, size_t *length)
{
	const char *comma;

	if (!parameter->value_length)
		return false;
	comma = memchr(parameter->value, ',', parameter->value_length);
	*ret = parameter->value;
	*length = comma ? (size_t)(comma - parameter->value) : parameter->value_length;
	parameter->value += *length + (comma != NULL);
	parameter->value_length -= *length + (comma != NULL);
	return true;
}

/* ---- the whole line ---------------------------------------------------------------------------- */

bool gw_command_line_find(const char *line, const char *name, struct gw_parameter *ret)
{
	struct gw_parameter parameter;
	bool found = false;

	while (gw_command_line_next(&line, &parameter))
		if (gw_parameter_is(&parameter, name)) {
			*ret = parameter;
			found = true;
		}
	return found;
}

void gw_command_line_text(const char *line, const char *name, char *ret, size_t size)
{
	struct gw_parameter parameter = { .value = NULL };

	gw_command_line_find(line, name, &parameter);
	snprintf(ret, size, "%.*s", (int)parameter.value_length, parameter.value ? parameter.value : "");
}

int gw_command_line_int(const char *line, const char *name, int standard)
{
	struct gw_parameter parameter;

	while (gw_command_line_next(&line, &parameter))
		if (gw_parameter_is(&parameter, name))
			gw_parameter_int(&parameter, &standard);
	return standard;
}

bool gw_command_line_switch(const char *line, const char *name)
{
	struct gw_parameter parameter;
	bool on = false;

	while (gw_command_line_next(&line, &parameter))
		if (gw_parameter_is(&parameter, name) && !gw_parameter_bool(&parameter, &on) && !parameter.value)
			on = true;
	return on;
}
