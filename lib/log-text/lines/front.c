/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of several kinds that have the same in front show that it is no sentence of somebody who cites them. */
#include "lib/log-text/lines/front.h"

#include <string.h>

#include "lib/log-text/lines/line.h"
#include "lib/log-text/lines/scan.h"

static char front_class(char c)
{
	if (gw_scan_is_digit(c))
		return 'D';
	if (gw_scan_is_letter(c))
		return 'A';
	return c == ' ' || c == '\t' ? '_' : c;
}

/* Runs of one class are one character of the shape. Returns whether there is room for it. */
static bool front_shape(char shape[GW_LOG_FRONT_SIZE], const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length && count < GW_LOG_FRONT_SIZE - 1; i++) {
		char class = front_class(text[i]);

		if (count && shape[count - 1] == class && strchr("DA_", class))
			continue;
		shape[count++] = class;
	}
	shape[count] = '\0';
	return count < GW_LOG_FRONT_SIZE - 1;
}

/* The least that must be left out for the rest to be a line of a known format whose message begins there. */
static size_t front_of(const char *line, size_t length, const char *message)
{
	struct gw_log_line parsed;
	size_t at = 0;

	for (; line + at < message; at++) {
		gw_log_line_parse(&parsed, line + at, length - at);
		if (parsed.text == message)
			break;
	}
	return at;
}

void gw_log_front_note(struct gw_log_front *front, const char *line, size_t length, const char *message, unsigned kind)
{
	size_t at;
	char shape[GW_LOG_FRONT_SIZE];

	front->lines++;
	if ((size_t)(message - line) >= GW_LOG_FRONT_SIZE)
		return;
	at = front_of(line, length, message);
	if (at == 0 || !front_shape(shape, line, at))
		return;
	for (size_t i = 0; i < GW_LOG_FRONTS; i++) {
		struct gw_log_front_form *form = &front->forms[i];

		if (form->count && strcmp(form->shape, shape) != 0)
			continue;
		memcpy(form->shape, shape, sizeof(shape));
		form->count++;
		form->kinds |= 1u << kind;
		return;
	}
}

void gw_log_front_decide(struct gw_log_front *front)
{
	for (size_t i = 0; i < GW_LOG_FRONTS; i++) {
		struct gw_log_front_form *form = &front->forms[i];
		bool several = (form->kinds & (form->kinds - 1)) != 0;

		if (several && form->count >= front->lines - front->lines / 4)
			front->shape = form->shape;
	}
}

size_t gw_log_front_length(const struct gw_log_front *front, const char *line, size_t length)
{
	size_t at = 0;

	if (!front->shape)
		return 0;
	for (const char *shape = front->shape; *shape; shape++) {
		if (at == length || front_class(line[at]) != *shape)
			return 0;
		do
			at++;
		while (strchr("DA_", *shape) && at < length && front_class(line[at]) == *shape);
	}
	return at;
}
