/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon reads of the system, for comparison with what other programs
 * see of it: prints {state, unreadable, kmsg, trace, initcalls} as JSON.
 *
 * usage: state [TABLE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/boot/evidence/kmsg.h"
#include "lib/system/dependency-files.h"
#include "lib/system/initcalls.h"
#include "lib/system/kmsg.h"
#include "lib/system/state.h"
#include "lib/system/trace-buffer.h"

static void die(const char *what, int error)
{
	fprintf(stderr, "state: %s: %s\n", what, strerror(-error));
	exit(1);
}

static void complain(const char *message, void *userdata)
{
	fprintf(stderr, "state: %s\n", message);
}

struct log {
	uint64_t records, events, first, last;
};

static int count_record(const char *text, size_t size, void *userdata)
{
	struct gw_boot_event event;
	struct log *log = userdata;

	log->events += gw_boot_event_from_kmsg(&event, &log->last, text, size) == 1;
	if (log->records++ == 0)
		log->first = log->last;
	return 0;
}

static json_t *read_kmsg(void)
{
	struct log log = { .records = 0 };
	struct gw_kmsg *kmsg;
	int r = gw_kmsg_open(&kmsg, NULL);

	if (r < 0)
		return json_string(strerror(-r));
	r = gw_kmsg_read(kmsg, count_record, &log);
	if (r < 0)
		die("/dev/kmsg", r);
	gw_kmsg_close(kmsg);
	return json_pack("{s:I, s:I, s:I, s:I}", "records", (json_int_t)log.records, "first", (json_int_t)log.first,
			 "last", (json_int_t)log.last, "events", (json_int_t)log.events);
}

static int keep_event(const struct gw_boot_event *event, void *userdata)
{
	return json_array_append_new(userdata, gw_boot_event_json(event));
}

static json_t *read_trace(void)
{
	json_t *events = json_array();
	struct gw_trace_seen seen;
	int r = gw_trace_buffer_read(NULL, keep_event, events, &seen);

	if (r < 0)
		die("trace", r);
	return json_pack("{s:o, s:s, s:I, s:I, s:I}", "events", events, "missing", seen.missing, "lost",
			 (json_int_t)seen.lost, "others", (json_int_t)seen.others, "malformed",
			 (json_int_t)seen.malformed);
}

static json_t *read_initcalls(void)
{
	const struct gw_initcall *list;
	struct gw_initcalls *initcalls;
	struct gw_kallsyms *kallsyms;
	json_t *array = json_array();
	size_t count;
	int r = gw_kallsyms_read(&kallsyms, NULL, GW_KALLSYMS_INIT);

	if (r < 0)
		die("/proc/kallsyms", r);
	r = gw_initcalls_read(&initcalls, kallsyms);
	if (r < 0)
		die("initcalls", r);
	count = gw_initcalls_list(initcalls, &list);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o}", "function", list[i].function, "module",
						       list[i].module, "level", gw_initcall_level_name(list[i].level),
						       "address", gw_json_address(list[i].address)));
	gw_initcalls_free(initcalls);
	gw_kallsyms_free(kallsyms);
	return array;
}

int main(int argc, char **argv)
{
	static const char *const no_directories[] = { NULL };
	json_t *state, *unreadable = json_array(), *all;
	struct gw_depends *depends = NULL;
	uint64_t begin, end;
	int r = 0;

	if (argc > 1)
		r = gw_depends_load(&depends, argv[1], no_directories, complain, NULL);
	if (r != 0)
		return 1;
	begin = gw_now_mono_ns();
	r = gw_boot_state_read(&state, depends, unreadable);
	end = gw_now_mono_ns();
	if (r < 0)
		die("state", r);
	all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:f}", "state", state, "unreadable", unreadable, "kmsg", read_kmsg(),
			"trace", read_trace(), "initcalls", read_initcalls(), "seconds", 1e-9 * (double)(end - begin));
	if (json_dumpf(all, stdout, JSON_COMPACT) < 0)
		return 1;
	putchar('\n');
	json_decref(all);
	gw_depends_free(depends);
	return 0;
}
