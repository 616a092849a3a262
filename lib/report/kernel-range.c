/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions are compared by as many parts as the limit has. */
#include "lib/report/kernel-range.h"

#include <stddef.h>

struct version {
	unsigned int parts[3];
	unsigned int count; /* how many were written */
};

/* "6", "6.1", "6.1.55", followed by anything that is no digit or dot. Returns what follows, or NULL. */
static const char *range_parse_version(const char *s, struct version *ret)
{
	*ret = (struct version){ .count = 0 };
	while (ret->count < 3) {
		unsigned int value = 0;

		if (*s < '0' || *s > '9')
			return NULL;
		for (; *s >= '0' && *s <= '9'; s++)
			value = value > 1000000 ? value : value * 10 + (unsigned int)(*s - '0');
		ret->parts[ret->count++] = value;
		if (*s != '.' || s[1] < '0' || s[1] > '9')
			break;
		s++;
	}
	return *s == '.' && ret->count == 3 ? NULL : s;
}

/* Compares as many parts as @limit has, so that 6.6.12 is in 6.6. */
static int range_compare_versions(const struct version *version, const struct version *limit)
{
	for (unsigned int i = 0; i < limit->count; i++)
		if (version->parts[i] != limit->parts[i])
			return version->parts[i] < limit->parts[i] ? -1 : 1;
	return 0;
}

struct range {
	struct version first, last; /* count 0: no limit */
};

/* "4.20-6.6", "-6.6", "6.7-", "6.1" */
static bool range_parse(const char *s, struct range *ret)
{
	*ret = (struct range){ .first.count = 0 };
	if (*s != '-') {
		s = range_parse_version(s, &ret->first);
		if (!s)
			return false;
		if (!*s) {
			ret->last = ret->first;
			return true;
		}
	}
	if (*s++ != '-')
		return false;
	if (!*s)
		return ret->first.count > 0;
	s = range_parse_version(s, &ret->last);
	return s && !*s;
}

bool gw_kernel_range_valid(const char *text)
{
	struct range range;

	return range_parse(text, &range);
}

bool gw_kernel_range_has(const char *text, const char *release)
{
	struct version version;
	struct range range;

	if (!range_parse(text, &range) || !range_parse_version(release, &version))
		return false;
	return range_compare_versions(&version, &range.first) >= 0 &&
	       range_compare_versions(&version, &range.last) <= 0;
}
