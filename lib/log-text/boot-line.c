/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two words at most, a colon, and what the driver core says; how such a line ends shows that it is whole. */
#include "lib/log-text/boot-line.h"

#include <stddef.h>
#include <string.h>

#include "lib/log-text/lines/scan.h"

struct boot_line {
	const char *begins, *ends; /* "" = anyhow */
	bool number;		   /* the end is followed by a number, and perhaps a bracket */
};

/* Behind "DRIVER DEVICE: " or "DRIVER: ". */
static const struct boot_line of_devices[] = {
	{ "deferred probe timeout, ignoring dependency", "ignoring dependency", false },
	{ "ignoring dependency for device, assuming no driver", "no driver", false },
	{ "deferred probe pending", " pending", false },
	{ "deferred probe pending: ", "(reason unknown)", false },
	{ "deferred probe pending: ", " not ready", false },
	{ "probe with driver ", " failed with error -", true },
	{ "probe of ", " failed with error -", true },
	{ "Direct firmware load for ", " failed with error -", true },
	{ "firmware: failed to load ", " (-", true },
	{ "failed to bind ", "): -", true },
	{ "master bind failed: ", ": -", true },
	{ "adev bind failed: ", ": -", true },
	{ "bound ", "])", false },
	{ "Unknown symbol ", "(err -", true },
};

/* Without a device in front. */
static const struct boot_line others[] = {
	{ "initcall ", " usecs", false },
	{ "probe of ", " usecs", false },
	{ "[drm] Initialized ", " on minor ", true },
	{ "kfd kfd: ", "<", true },
	{ "kfd kfd: ", " errors", false },
};

/* The end, which a number may follow. */
static bool boot_line_ends(const char *text, size_t length, const struct boot_line *line)
{
	size_t size = strlen(line->ends);

	if (line->number) {
		while (length && text[length - 1] == ')')
			length--;
		if (!length || !gw_scan_is_digit(text[length - 1]))
			return false;
		while (length && gw_scan_is_digit(text[length - 1]))
			length--;
	}
	return length >= size && memcmp(text + length - size, line->ends, size) == 0;
}

static bool boot_line_is(const char *text, const struct boot_line *lines, size_t count)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < count; i++) {
		const char *behind = text;

		if (gw_scan_word(&behind, lines[i].begins) && boot_line_ends(text, length, &lines[i]))
			return true;
	}
	return false;
}

/* What follows "DRIVER DEVICE: " or "DRIVER: ", or NULL. */
static const char *boot_line_message(const char *text)
{
	const char *colon = strstr(text, ": "), *blank = strchr(text, ' ');

	if (!colon || (blank && blank < colon && memchr(blank + 1, ' ', (size_t)(colon - blank - 1))))
		return NULL;
	return colon + 2;
}

bool gw_log_is_boot_line(const char *text)
{
	const char *message = boot_line_message(text);

	return boot_line_is(text, others, sizeof(others) / sizeof(others[0])) ||
	       (message && boot_line_is(message, of_devices, sizeof(of_devices) / sizeof(of_devices[0])));
}

bool gw_log_begins_boot_line(const char *text)
{
	const char *message = boot_line_message(text), *blank = strchr(text, ' ');

	if (!message || !blank || blank + 2 >= message)
		return false;
	for (size_t i = 0; i < sizeof(of_devices) / sizeof(of_devices[0]); i++)
		if (gw_scan_word(&message, of_devices[i].begins))
			return true;
	return false;
}
