/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of an evidence file. */
#include "lib/boot/evidence/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/base/units.h"

static void load_text(char *ret, size_t size, const json_t *object, const char *key)
{
	snprintf(ret, size, "%s", gw_json_string(object, key));
}

/* "2026-11-21T13:28:30.123456Z" as nanoseconds since the epoch; 0 if it is nothing of that kind. */
static uint64_t load_time(const char *text)
{
	struct tm tm = { .tm_isdst = 0 };
	unsigned int micros = 0;
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t seconds = rest ? timegm(&tm) : -1;

	if (seconds < 0 || (uint64_t)seconds > GW_BOOT_TIME_MAX / GW_NSEC_PER_SEC - 1)
		return 0;
	if (sscanf(rest, ".%6u", &micros) != 1)
		micros = 0;
	return (uint64_t)seconds * GW_NSEC_PER_SEC + micros % GW_USEC_PER_SEC * GW_NSEC_PER_USEC;
}

static int load_header(struct gw_boot_evidence *evidence, const json_t *line)
{
	json_int_t mono = json_integer_value(json_object_get(line, "taken_mono_ns"));
	struct gw_boot_host host = { .taken_mono_ns = mono > 0 ? (uint64_t)mono : 0 };
	const char *taken = json_string_value(json_object_get(line, "taken_at"));

	if (strcmp(json_string_value(json_object_get(line, "schema")), GW_BOOT_SCHEMA) != 0)
		return -EBADMSG;
	load_text(host.boot_id, sizeof(host.boot_id), line, "boot_id");
	load_text(host.kernel, sizeof(host.kernel), line, "kernel");
	load_text(host.machine, sizeof(host.machine), line, "machine");
	host.taken_real_ns = taken ? load_time(taken) : 0;
	gw_boot_evidence_set_host(evidence, &host);
	return 0;
}

static int load_event(struct gw_boot_evidence *evidence, const json_t *json)
{
	struct gw_boot_event event;

	if (gw_boot_event_from_json(&event, json) < 0)
		return -EBADMSG;
	return gw_boot_evidence_add_event(evidence, &event);
}

static int load_level(const char *name)
{
	for (int level = 0; name && level < GW_INITCALL_LEVELS; level++)
		if (strcmp(gw_initcall_level_name((enum gw_initcall_level)level), name) == 0)
			return level;
	return -1;
}

static int load_initcalls(struct gw_boot_evidence *evidence, const json_t *array)
{
	size_t size = json_array_size(array), count = 0;
	struct gw_initcall *list = calloc(size ? size : 1, sizeof(*list));
	int r;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++) {
		const json_t *item = json_array_get(array, i);
		const char *function = json_string_value(json_object_get(item, "function"));
		const char *module = json_string_value(json_object_get(item, "module"));
		int level = load_level(json_string_value(json_object_get(item, "level")));

		if (!function || level < 0)
			continue;
		list[count++] = (struct gw_initcall){
			.function = function,
			.module = module ? module : "",
			.level = (enum gw_initcall_level)level,
		};
	}
	r = gw_boot_evidence_set_initcalls(evidence, list, count);
	free(list);
	return r;
}

/* The table as it was on the machine that the evidence is from: errors in it were told there. */
static int load_table(struct gw_boot_evidence *evidence, const json_t *line, const char *text)
{
	const char *name = json_string_value(json_object_get(line, "name"));
	int r = 0;

	if (!evidence->carried)
		r = gw_depends_new(&evidence->carried);
	r = r ?: gw_depends_parse(evidence->carried, name ? name : "table", text, strlen(text), NULL, NULL);
	return r < 0 ? r : 0;
}

static int load_object(struct gw_boot_evidence *evidence, const json_t *line)
{
	json_t *value;

	if (json_is_string(json_object_get(line, "schema")))
		return load_header(evidence, line);
	if ((value = json_object_get(line, "event")))
		return load_event(evidence, value);
	if (json_is_string(value = json_object_get(line, "kmsg")))
		return gw_boot_evidence_add_kmsg(evidence, json_string_value(value), json_string_length(value));
	if ((value = json_object_get(line, "state")))
		return gw_boot_evidence_set_state(evidence, value);
	if (json_is_array(value = json_object_get(line, "initcalls")))
		return load_initcalls(evidence, value);
	if (json_is_string(value = json_object_get(line, "table")))
		return load_table(evidence, line, json_string_value(value));
	if ((value = json_object_get(line, "previous")))
		return gw_boot_evidence_set_previous(evidence, value);
	if ((value = json_object_get(line, "lost")))
		return gw_boot_evidence_set_lost(evidence, value);
	return json_is_object(line) ? 0 : -EBADMSG;
}

int gw_boot_evidence_load(struct gw_boot_evidence *evidence, const char *line, size_t size)
{
	json_t *json = json_loadb(line, size, JSON_ALLOW_NUL, NULL);
	int r = json ? load_object(evidence, json) : -EBADMSG;

	json_decref(json);
	if (r == -EBADMSG)
		evidence->malformed++;
	return r;
}
