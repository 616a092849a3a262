/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times in queries. */
#include "exporter/since.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/base/units.h"

#define DIGITS_OF_NS 9

/* ".25" is 250 million ns; what is finer than that is left out. Returns what follows. */
static const char *since_fraction(const char *text, uint64_t *ns)
{
	int digits = 0;

	*ns = 0;
	if (*text != '.' || !isdigit((unsigned char)text[1]))
		return text;
	for (text++; isdigit((unsigned char)*text); text++)
		if (digits++ < DIGITS_OF_NS)
			*ns = *ns * 10 + (uint64_t)(*text - '0');
	for (; digits < DIGITS_OF_NS; digits++)
		*ns *= 10;
	return text;
}

/* Seconds as they stand in the text; returns what follows, or NULL. */
static const char *since_seconds(const char *text, uint64_t *seconds)
{
	struct tm date = { .tm_year = 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &date);
	char *number_end;
	time_t time;

	if (end) {
		time = timegm(&date);
		*seconds = time > 0 ? (uint64_t)time : 0;
		return end;
	}
	if (!isdigit((unsigned char)*text))
		return NULL;
	errno = 0;
	*seconds = strtoull(text, &number_end, 10);
	return errno ? NULL : number_end;
}

int gw_since_parse(const char *text, uint64_t *ret)
{
	const char *end;
	uint64_t seconds, ns;

	end = since_seconds(text, &seconds);
	if (!end)
		return -EINVAL;
	/* Beyond the year 2262 is beyond every report. */
	if (seconds >= INT64_MAX / GW_NSEC_PER_SEC)
		seconds = INT64_MAX / GW_NSEC_PER_SEC - 1;
	end = since_fraction(end, &ns);
	if (strcmp(end, strchr(text, 'T') ? "Z" : "") != 0)
		return -EINVAL;
	*ret = seconds * GW_NSEC_PER_SEC + ns;
	return 0;
}

/* When it was detected or, if that came later, resolved; 0: it does not say. */
static uint64_t since_changed_ns(const json_t *report)
{
	json_int_t detected = json_integer_value(json_object_get(report, "detected_mono_ns"));
	json_int_t resolved = json_integer_value(json_object_get(report, "resolved_mono_ns"));
	uint64_t at;

	if (gw_since_parse(gw_json_string(report, "detected_at"), &at) < 0)
		return 0;
	return resolved > detected ? at + (uint64_t)(resolved - detected) : at;
}

json_t *gw_since_select(const json_t *reports, uint64_t since_ns)
{
	json_t *selected = json_array(), *report;
	bool failed = !selected;
	size_t i;

	json_array_foreach(reports, i, report)
		if (!failed && since_changed_ns(report) >= since_ns)
			failed = json_array_append(selected, report) < 0;
	return gw_json_unless(selected, failed);
}
