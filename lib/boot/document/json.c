/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values that reports and documents have in common, as JSON. */
#include "lib/boot/document/json.h"

#include <stdlib.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/boot/evidence/error-names.h"
#include "lib/boot/model/model.h"

json_t *gw_boot_json_time(uint64_t time_ns)
{
	return time_ns == GW_BOOT_UNKNOWN || gw_boot_is_position(time_ns) ? json_null() : gw_json_number(time_ns);
}

json_t *gw_boot_json_result_name(bool ended, int32_t result)
{
	struct gw_text text = { .data = NULL };
	char *name;
	json_t *json;

	if (ended)
		gw_boot_write_result(&text, result);
	name = gw_text_finish(&text);
	json = name ? json_string(name) : NULL;
	free(name);
	return json;
}
