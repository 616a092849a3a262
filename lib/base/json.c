/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON values of what gpuwatch writes everywhere. */
#include "lib/base/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/units.h"

json_t *gw_json_text(const char *string)
{
	_cleanup_free_ char *copy = NULL;

	if (gw_text_is_plain(string))
		return json_string_nocheck(string);
	copy = strdup(string);
	if (!copy)
		return NULL;
	gw_text_sanitize(copy);
	return json_string(copy);
}

json_t *gw_text_json(struct gw_text *text)
{
	_cleanup_free_ char *string = gw_text_finish(text);

	return string ? json_string(string) : NULL;
}

json_t *gw_json_address(uint64_t address)
{
	char text[20];

	snprintf(text, sizeof(text), "0x%016" PRIx64, address);
	return json_string(text);
}

json_t *gw_json_number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

void gw_json_put(json_t *object, const char *key, json_t *value, bool *failed)
{
	if (json_object_set_new(object, key, value) < 0)
		*failed = true;
}

json_t *gw_json_unless(json_t *json, bool failed)
{
	if (!failed)
		return json;
	json_decref(json);
	return NULL;
}

json_t *gw_json_time(uint64_t real_ns)
{
	time_t seconds = (time_t)(real_ns / GW_NSEC_PER_SEC);
	struct tm tm;
	char date[40], text[64];

	if (!gmtime_r(&seconds, &tm) || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return json_string("1970-01-01T00:00:00Z");
	snprintf(text, sizeof(text), "%s.%06uZ", date, (unsigned int)(real_ns % GW_NSEC_PER_SEC / GW_NSEC_PER_USEC));
	return json_string(text);
}

int gw_json_add_line(json_t *array, const char *format, ...)
{
	_cleanup_free_ char *line = NULL;
	va_list arguments;
	int r;

	va_start(arguments, format);
	r = vasprintf(&line, format, arguments);
	va_end(arguments);
	if (r < 0) {
		line = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	return json_array_append_new(array, gw_json_text(line)) < 0 ? -ENOMEM : 0;
}

const char *gw_json_string(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}
