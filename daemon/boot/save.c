/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saves the evidence of this boot: JSON lines. */
#include "daemon/boot/save.h"

#include <errno.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/boot/evidence/load.h"
#include "lib/system/dependency-files.h"

/* Takes the reference over; NULL: memory ran out. */
static int save_line(FILE *file, json_t *line)
{
	int r = !line || json_dumpf(line, file, JSON_COMPACT | JSON_ENSURE_ASCII) < 0 || putc('\n', file) == EOF;

	json_decref(line);
	return r ? -ENOMEM : 0;
}

static int save_host(const struct gw_boot_host *host, void *userdata)
{
	return save_line(userdata, json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "schema", GW_BOOT_SCHEMA, "boot_id",
					     host->boot_id, "kernel", host->kernel, "machine", host->machine,
					     "taken_at", gw_json_time(host->taken_real_ns), "taken_mono_ns",
					     (json_int_t)host->taken_mono_ns));
}

static int save_event(const struct gw_boot_event *event, void *userdata)
{
	return save_line(userdata, json_pack("{s:o}", "event", gw_boot_event_json(event)));
}

static int save_kmsg(const char *text, size_t size, void *userdata)
{
	json_t *string = json_stringn(text, size);

	/* The kernel writes what is not ASCII as \xNN; whatever else it may be, it is no record. */
	return string ? save_line(userdata, json_pack("{s:o}", "kmsg", string)) : 0;
}

static int save_initcalls(const struct gw_initcall *list, size_t count, void *userdata)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:I}", "function", list[i].function, "module",
						       list[i].module, "level", gw_initcall_level_name(list[i].level),
						       "address", (json_int_t)list[i].address));
	return save_line(userdata, json_pack("{s:o}", "initcalls", array));
}

static int save_state(json_t *state, void *userdata)
{
	return save_line(userdata, json_pack("{s:O}", "state", state));
}

static int save_lost(json_t *lost, void *userdata)
{
	return save_line(userdata, json_pack("{s:O}", "lost", lost));
}

static int save_previous(json_t *previous, void *userdata)
{
	return save_line(userdata, json_pack("{s:O}", "previous", previous));
}

static int save_table(const char *name, const char *text, size_t size, void *userdata)
{
	return save_line(userdata, json_pack("{s:s%, s:s}", "table", text, size, "name", name));
}

int gw_boot_save(const struct gw_boot_sources *sources, FILE *file)
{
	static const struct gw_boot_sink sink = {
		.host = save_host,
		.event = save_event,
		.kmsg = save_kmsg,
		.initcalls = save_initcalls,
		.state = save_state,
		.previous = save_previous,
		.lost = save_lost,
	};
	int r = gw_boot_gather(sources, &sink, file);

	return r < 0 ? r : gw_depends_files_each(NULL, NULL, save_table, NULL, file);
}
