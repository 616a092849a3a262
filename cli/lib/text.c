/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings for people. */
#include "cli/lib/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/lib/error.h"
#include "lib/base/units.h"

char *text_vformat(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		out_of_memory();
	return text;
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = text_vformat(format, arguments);
	va_end(arguments);
	return text;
}

FILE *text_stream(char **text, size_t *size)
{
	FILE *stream = open_memstream(text, size);

	if (!stream)
		out_of_memory();
	return stream;
}

void text_finish(FILE *stream)
{
	if (fclose(stream) != 0)
		out_of_memory();
}

char *text_duration(uint64_t nanoseconds)
{
	uint64_t seconds = nanoseconds / GW_NSEC_PER_SEC;

	if (nanoseconds < GW_NSEC_PER_MSEC)
		return text_format("%.1f ms", (double)nanoseconds / 1e6);
	if (seconds < 1)
		return text_format("%d ms", (int)(nanoseconds / GW_NSEC_PER_MSEC));
	if (seconds < 60)
		return text_format("%.1f s", (double)(nanoseconds / 100000000) / 10);
	if (seconds < 3600)
		return text_format("%d min %d s", (int)(seconds / 60), (int)(seconds % 60));
	if (seconds < 86400)
		return text_format("%d h %d min", (int)(seconds / 3600), (int)(seconds / 60 % 60));
	return text_format("%d d %d h", (int)(seconds / 86400), (int)(seconds / 3600 % 24));
}

char *text_duration_short(uint64_t nanoseconds)
{
	char *text = text_duration(nanoseconds), *unit = strchr(text, ' '),
	     *second = unit ? strchr(unit + 1, ' ') : NULL;

	if (second)
		*second = '\0';
	return text;
}

bool text_read_duration(const char *text, uint64_t *nanoseconds)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", GW_NSEC_PER_SEC },	   { "s", GW_NSEC_PER_SEC },	      { "ms", GW_NSEC_PER_MSEC },
		{ "us", GW_NSEC_PER_USEC },	   { "min", 60.0 * GW_NSEC_PER_SEC }, { "m", 60.0 * GW_NSEC_PER_SEC },
		{ "h", 3600.0 * GW_NSEC_PER_SEC },
	};
	const double year = 366 * 24 * 3600.0 * GW_NSEC_PER_SEC;
	char *end;
	double value;

	if (!isdigit((unsigned char)*text))
		return false;
	value = strtod(text, &end);
	end += strspn(end, " ");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (value * units[i].ns > year)
			return false;
		*nanoseconds = (uint64_t)(value * units[i].ns);
		return true;
	}
	return false;
}

char *text_moment(uint64_t nanoseconds)
{
	/* Cut, not rounded, like the core's own sentences. */
	return text_format("%" PRIu64 ".%03u" HARD_BLANK "s", nanoseconds / GW_NSEC_PER_SEC,
			   (unsigned)(nanoseconds % GW_NSEC_PER_SEC / GW_NSEC_PER_MSEC));
}

char *text_together(const char *text)
{
	char *together = NULL;
	size_t size;
	FILE *stream = text_stream(&together, &size);

	for (; *text; text++)
		fputs(*text == ' ' ? HARD_BLANK : (char[]){ *text, '\0' }, stream);
	text_finish(stream);
	return together;
}

char *text_words(const char *name)
{
	char *words = text_format("%s", name);

	for (char *c = words; *c; c++)
		if (*c == '-' || *c == '_')
			*c = ' ';
	return words;
}

char *text_size(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return text_format("%d B", (int)bytes);
	while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	return text_format("%.1f %s", value, units[unit]);
}

/* Seconds east of UTC of "Z" or "+hh:mm" after an optional fraction; false if it is neither. */
static bool text_time_offset(const char *text, long *offset)
{
	int hours, minutes;
	char sign;

	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (strcmp(text, "Z") == 0) {
		*offset = 0;
		return true;
	}
	if (sscanf(text, "%c%2d:%2d", &sign, &hours, &minutes) != 3 || (sign != '+' && sign != '-'))
		return false;
	*offset = (sign == '-' ? -1L : 1L) * (hours * 3600L + minutes * 60L);
	return true;
}

char *text_time(const char *rfc3339)
{
	struct tm utc = { 0 }, local;
	const char *rest = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &utc);
	char text[64];
	long offset;
	time_t time;

	if (!rest || !text_time_offset(rest, &offset))
		return text_format("%s", rfc3339);
	time = timegm(&utc) - offset;
	if (!localtime_r(&time, &local) || strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &local) == 0)
		return text_format("%s", rfc3339);
	return text_format("%s", text);
}
