/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the system could not be read. */
#include "lib/system/unreadable.h"

#include <string.h>

#include "lib/base/json.h"

int gw_unreadable_add(json_t *unreadable, const char *path, int error)
{
	return unreadable ? gw_json_add_line(unreadable, "%s: %s", path, strerror(-error)) : 0;
}
