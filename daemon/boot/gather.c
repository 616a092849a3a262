/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers all that can be known of this boot. */
#include "daemon/boot/gather.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "daemon/boot/kept/cards.h"
#include "daemon/boot/kept/kmsg-log.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/system/initcalls.h"
#include "lib/system/state.h"
#include "lib/system/trace-buffer.h"

struct gathering {
	const struct gw_boot_sources *sources;
	const struct gw_boot_sink *sink;
	void *userdata;
	json_t *unreadable; /* of the lost object */
	struct gw_trace_seen trace;
	struct gw_kmsg_log_info kmsg;
};

/* ---- what is missing ---------------------------------------------------------------------- */

static void gather_describe_log(const struct gw_boot_log_info *info, json_t *unreadable)
{
	if (info->left_out)
		gw_json_add_line(unreadable, "boot events: the log is full, %llu later events are not in it",
				 (unsigned long long)info->left_out);
	if (info->interrupted_ns)
		gw_json_add_line(unreadable, "boot events: recording was interrupted, and began anew at %.3f s",
				 (double)info->interrupted_ns / 1e9);
}

/* Takes the reference to @unreadable over. */
static json_t *gather_describe_lost(const struct gathering *gathering)
{
	const struct gw_boot_request *request = gathering->sources->request;
	struct gw_boot_log_info log = { 0 };
	uint64_t lost = 0, attached = 0;

	if (gathering->sources->log)
		gw_boot_log_info(gathering->sources->log, &log);
	if (request->why[0])
		gw_json_add_line(gathering->unreadable, "boot events: %s", request->why);
	gather_describe_log(&log, gathering->unreadable);
	if (gathering->kmsg.full)
		gw_json_add_line(gathering->unreadable, "/dev/kmsg: what came after the first %u MiB is not kept",
				 GW_KMSG_LOG_MAX >> 20);
	if (request->recorded) {
		lost = request->dropped + log.dropped + log.left_out;
		attached = log.first_ns ? log.first_ns : request->started_ns;
	}
	return json_pack("{s:I, s:I, s:I, s:s, s:O, s:O}", "events", (json_int_t)lost, "attached_ns",
			 (json_int_t)attached, "kmsg", (json_int_t)gathering->kmsg.overwritten, "trace",
			 gathering->trace.missing, "unreadable", gathering->unreadable, "probes", request->missing);
}

/* ---- sources ---------------------------------------------------------------------------------- */

static int gather_give_host(const struct gathering *gathering)
{
	struct gw_boot_host host = { .taken_mono_ns = gw_now_mono_ns(), .taken_real_ns = gw_now_real_ns() };
	struct utsname name;

	uname(&name);
	snprintf(host.boot_id, sizeof(host.boot_id), "%s", gathering->sources->request->boot_id);
	snprintf(host.kernel, sizeof(host.kernel), "%s", name.release);
	snprintf(host.machine, sizeof(host.machine), "%.15s", name.machine);
	return gathering->sink->host(&host, gathering->userdata);
}

static int gather_give_record(const struct gw_boot_record *record, void *userdata)
{
	const struct gathering *gathering = userdata;
	struct gw_boot_event event;

	gw_boot_event_from_record(&event, record);
	return gathering->sink->event(&event, gathering->userdata);
}

static int gather_give_kmsg(const char *text, size_t size, void *userdata)
{
	const struct gathering *gathering = userdata;

	return gathering->sink->kmsg(text, size, gathering->userdata);
}

static int gather_give_trace(const struct gw_boot_event *event, void *userdata)
{
	const struct gathering *gathering = userdata;

	return gathering->sink->event(event, gathering->userdata);
}

/* What cannot be read is missing from the evidence, and no reason not to look at the rest. */
static int gather_give_kernel_log(struct gathering *gathering)
{
	const char *path = gathering->sources->kmsg_log;
	struct gw_kmsg_log *kmsg;
	int r;

	if (!path)
		return 0;
	r = gw_kmsg_log_open(&kmsg, path, gathering->sources->request->boot_id, NULL);
	if (r < 0) {
		gw_json_add_line(gathering->unreadable, "%s: %s", path, strerror(-r));
		return 0;
	}
	r = gw_kmsg_log_update(kmsg);
	if (r < 0)
		gw_json_add_line(gathering->unreadable, "/dev/kmsg: %s%s", strerror(-r),
				 r == -EPERM ? ", that needs CAP_SYSLOG" : "");
	r = gw_kmsg_log_each(kmsg, gather_give_kmsg, gathering);
	gw_kmsg_log_info(kmsg, &gathering->kmsg);
	gw_kmsg_log_close(kmsg);
	return r;
}

static int gather_give_initcalls(const struct gathering *gathering)
{
	const struct gw_kallsyms *kallsyms = gathering->sources->kallsyms;
	const struct gw_initcall *list;
	struct gw_initcalls *initcalls;
	size_t count;
	int r;

	if (!kallsyms || gw_kallsyms_hidden(kallsyms))
		return 0; /* said where probes are attached */
	r = gw_initcalls_read(&initcalls, kallsyms);
	if (r < 0)
		return r;
	count = gw_initcalls_list(initcalls, &list);
	if (count == 0)
		gw_json_add_line(gathering->unreadable,
				 "/proc/kallsyms: no initcalls among its symbols, see CONFIG_KALLSYMS_ALL");
	r = gathering->sink->initcalls(list, count, gathering->userdata);
	gw_initcalls_free(initcalls);
	return r;
}

static int gather_give_state(const struct gathering *gathering)
{
	json_t *state;
	int r;

	r = gw_boot_state_read(&state, gathering->sources->depends, gathering->unreadable);
	if (r < 0)
		return r;
	r = gathering->sink->state(state, gathering->userdata);
	json_decref(state);
	return r;
}

static int gather_give_previous(const struct gathering *gathering)
{
	const struct gw_boot_request *request = gathering->sources->request;
	json_t *previous =
		request->state_directory ? gw_cards_previous(request->state_directory, request->boot_id) : NULL;
	int r = previous ? gathering->sink->previous(previous, gathering->userdata) : 0;

	json_decref(previous);
	return r;
}

static int gather_give_lost(const struct gathering *gathering)
{
	json_t *lost = gather_describe_lost(gathering);
	int r;

	if (!lost)
		return -ENOMEM;
	r = gathering->sink->lost(lost, gathering->userdata);
	json_decref(lost);
	return r;
}

int gw_boot_gather(const struct gw_boot_sources *sources, const struct gw_boot_sink *sink, void *userdata)
{
	struct gathering gathering = { .sources = sources, .sink = sink, .userdata = userdata };
	int r;

	gathering.unreadable = json_array();
	if (!gathering.unreadable)
		return -ENOMEM;
	r = gather_give_host(&gathering);
	if (r >= 0)
		r = gather_give_state(&gathering);
	if (r >= 0 && sources->log)
		r = gw_boot_log_each(sources->log, gather_give_record, &gathering);
	if (r >= 0)
		r = gather_give_kernel_log(&gathering);
	if (r >= 0)
		r = gw_trace_buffer_read(NULL, gather_give_trace, &gathering, &gathering.trace);
	if (r >= 0)
		r = gather_give_initcalls(&gathering);
	if (r >= 0)
		r = gather_give_previous(&gathering);
	if (r >= 0)
		r = gather_give_lost(&gathering);
	json_decref(gathering.unreadable);
	return r;
}
