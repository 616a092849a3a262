/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the system could not be read. */
#include "lib/system/unreadable.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

int gw_unreadable_add(json_t *unreadable, const char *path, int error)
{
	char text[PATH_MAX + 128];
	json_t *string;

	if (!unreadable)
		return 0;
	snprintf(text, sizeof(text), "%s: %s", path, strerror(-error));
	string = gw_json_text(text);
	return string && json_array_append_new(unreadable, string) == 0 ? 0 : -ENOMEM;
}
