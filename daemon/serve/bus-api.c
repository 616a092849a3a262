/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The D-Bus interface org.gpuwatch1.Manager. */
#include "daemon/serve/bus-api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/kfd-records.h"
#include "daemon/serve/handouts.h"
#include "lib/analysis/words/faults.h"
#include "lib/analysis/words/timelines.h"
#include "lib/analysis/words/waits.h"
#include "lib/base/bus-names.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/report/covered.h"
#include "lib/system/kfd.h"

#define RATE_PERIOD_USEC (300 * GW_USEC_PER_MSEC)
#define RECORD_LOOKS 2
#define SNAPSHOTS_MAX 4		 /* that are kept for calls that wait for a second one: megabytes each */
#define BACKLOG_BYTES (1U << 20) /* of signals that a connection may leave unread */

struct connection {
	sd_bus *bus;
	sd_bus_slot *slot;
	unsigned int pending_max; /* its calls that may wait for something */
	size_t unread;		  /* bytes of signals since it had read all, about */
	struct connection *next;
};

enum awaited {
	AWAIT_LOOKS,	/* Record: at the kernel */
	AWAIT_SNAPSHOT, /* ListTimelines: the second one */
	AWAIT_BOOT,	/* GetProbeOrder, SaveBoot, GetKfd: the observer of the boot */
};

/* A call that is answered later. */
struct pending {
	struct gw_bus_api *api;
	sd_bus_message *call;
	struct pending *next;
	enum awaited awaited;
	sd_event_source *timer;	    /* AWAIT_SNAPSHOT: when it is due */
	struct gw_snapshot *before; /* AWAIT_SNAPSHOT: the first one */
	enum gw_boot_job job;	    /* AWAIT_BOOT */
	uint64_t ticket;
};

struct gw_bus_api {
	sd_event *event;
	struct gw_bus_api_parts parts;
	struct connection *connections;
	struct pending *pending;
	struct gw_handouts handouts;
	uint32_t active_reports; /* in the last signal */
};

/* ---- answers ---------------------------------------------------------------------------- */

/* Answers with a JSON value as a string; takes the reference, which may be NULL when memory ran out. */
static int api_reply_json(sd_bus_message *call, json_t *value)
{
	_cleanup_free_ char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(value);
	if (!text)
		return -ENOMEM;
	return sd_bus_reply_method_return(call, "s", text);
}

/* Each caller reads from the start, at a pace of its own. */
static int api_reply_file(struct gw_bus_api *api, sd_bus_message *call, int memfd)
{
	_cleanup_close_ int fd = gw_handouts_give(&api->handouts, memfd, gw_now_mono_ns() / GW_NSEC_PER_USEC);

	if (fd == -EBUSY)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_LIMITS_EXCEEDED,
						  "%d files were asked for within %u s: try again", GW_HANDOUTS_MAX,
						  (unsigned)(GW_HANDOUT_USEC / GW_USEC_PER_SEC));
	return fd < 0 ? fd : sd_bus_reply_method_return(call, "h", fd);
}

static int api_reply_kfd(struct gw_bus_api *api, sd_bus_message *call, const json_t *kfd)
{
	const struct gw_loader *loader = gw_watch_loader(api->parts.watch);
	const struct gw_kfd_maps maps = {
		.processes = gw_loader_map(loader, "kfd_processes", sizeof(struct gw_kfd_process)),
		.queues = gw_loader_map(loader, "kfd_queues", sizeof(struct gw_kfd_queue)),
	};

	return api_reply_json(call, gw_kfd_complete(json_deep_copy(kfd), &maps, gw_now_mono_ns()));
}

static int api_reply_boot(struct gw_bus_api *api, sd_bus_message *call, const struct gw_boot_answer *answer)
{
	if (answer->error)
		return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_FAILED, "%s", answer->error);
	if (answer->job == GW_BOOT_KFD)
		return api_reply_kfd(api, call, answer->kfd);
	return answer->job == GW_BOOT_LOOK ? sd_bus_reply_method_return(call, "s", answer->order)
					   : api_reply_file(api, call, answer->evidence);
}

static int api_reply_recording(struct gw_bus_api *api, sd_bus_message *call)
{
	_cleanup_close_ int fd = gw_watch_record(api->parts.watch);

	if (fd < 0)
		return sd_bus_reply_method_errnof(call, fd, "Writing the recording failed: %m");
	return api_reply_file(api, call, fd);
}

/* ---- calls that are answered later --------------------------------------------------------- */

static void pending_free(struct pending *pending)
{
	struct pending **link;

	for (link = &pending->api->pending; *link; link = &(*link)->next)
		if (*link == pending) {
			*link = pending->next;
			break;
		}
	sd_event_source_disable_unref(pending->timer);
	sd_bus_message_unref(pending->call);
	gw_snapshot_free(pending->before);
	free(pending);
}

static struct connection *api_connection(struct gw_bus_api *api, const sd_bus *bus)
{
	struct connection *connection = api->connections;

	while (connection && connection->bus != bus)
		connection = connection->next;
	return connection;
}

/* Whether one more of this connection's calls may wait. */
static bool pending_fits(struct gw_bus_api *api, const sd_bus *bus, enum awaited awaited)
{
	const struct connection *connection = api_connection(api, bus);
	unsigned int calls = 0, snapshots = 0;

	for (const struct pending *pending = api->pending; pending; pending = pending->next) {
		calls += sd_bus_message_get_bus(pending->call) == bus;
		snapshots += pending->awaited == AWAIT_SNAPSHOT;
	}
	return connection && calls < connection->pending_max &&
	       (awaited != AWAIT_SNAPSHOT || snapshots < SNAPSHOTS_MAX);
}

static int pending_new(struct gw_bus_api *api, sd_bus_message *call, enum awaited awaited, struct pending **ret,
		       sd_bus_error *error)
{
	struct pending *pending = NULL;

	if (!pending_fits(api, sd_bus_message_get_bus(call), awaited))
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls are waiting already");
	pending = calloc(1, sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	pending->api = api;
	pending->awaited = awaited;
	pending->call = sd_bus_message_ref(call);
	pending->next = api->pending;
	api->pending = pending;
	*ret = pending;
	return 0;
}

static int pending_on_rate_period(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct pending *pending = userdata;
	struct gw_snapshot *now;
	int r;

	r = gw_watch_peek(pending->api->parts.watch, true, &now);
	if (r >= 0) {
		r = api_reply_json(pending->call, gw_timelines_json(now, pending->before));
		gw_snapshot_free(now);
	}
	if (r < 0)
		sd_bus_reply_method_errnof(pending->call, r, "Taking a snapshot failed: %m");
	pending_free(pending);
	return 0;
}

static uint64_t api_nsec(uint64_t usec)
{
	return usec < UINT64_MAX / GW_NSEC_PER_USEC ? usec * GW_NSEC_PER_USEC : UINT64_MAX;
}

/* ---- methods ---------------------------------------------------------------------------------- */

static int api_get_status(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;

	return api_reply_json(call, gw_status_json(api->parts.status, api->parts.watch, api->parts.scheduler));
}

static int api_list_reports(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const struct gw_bus_api *api = userdata;
	_cleanup_free_ char *json = NULL;
	int include_resolved, value, r;
	enum gw_kind kind;
	const char *name;

	r = sd_bus_message_read(call, "sb", &name, &include_resolved);
	if (r < 0)
		return r;
	value = name[0] ? gw_kind_from_name(name) : 0;
	if (value < 0)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "There is no kind of report '%s'", name);
	kind = (enum gw_kind)value;
	json = gw_reports_json(api->parts.reports, name[0] ? &kind : NULL, include_resolved);
	return json ? sd_bus_reply_method_return(call, "s", json) : -ENOMEM;
}

static int api_get_report(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const struct gw_bus_api *api = userdata;
	const struct gw_reported *report;
	const char *id;
	int r;

	r = sd_bus_message_read(call, "s", &id);
	if (r < 0)
		return r;
	report = gw_reports_find(api->parts.reports, id);
	if (!report)
		return sd_bus_error_setf(error, GW_BUS_ERROR_NO_SUCH_REPORT, "There is no report '%s'", id);
	return sd_bus_reply_method_return(call, "s", report->json);
}

/* See lib/report/covered.h. */
static json_t *api_covered(const struct gw_bus_api *api)
{
	_cleanup_free_ char *text = gw_reports_json(api->parts.reports, NULL, false);
	_cleanup_json_ json_t *reports = text ? json_loads(text, 0, NULL) : NULL;

	return gw_covered_nodes(reports);
}

/* The waits of the snapshot, which is freed, and whose tasks those are. NULL when out of memory. */
static json_t *api_waits(const struct gw_bus_api *api, struct gw_snapshot *now, enum gw_waits_scope scope,
			 uint64_t min_age_ns)
{
	json_t *waits = gw_waits_json(now, scope, min_age_ns);

	gw_snapshot_free(now);
	if (!waits || gw_watch_name_workloads(api->parts.watch, json_object_get(waits, "waits")) >= 0)
		return waits;
	json_decref(waits);
	return NULL;
}

static int api_list_waits(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct gw_snapshot *now;
	int r;

	r = gw_watch_peek(api->parts.watch, false, &now);
	if (r < 0)
		return sd_bus_error_set_errnof(error, r, "Taking a snapshot failed: %m");
	return api_reply_json(call, api_waits(api, now, GW_WAITS_TRACKED, 0));
}

/* Who is in D for whatever; and whether the daemon has seen enough by now to call that all there is. */
static int api_list_all_waits(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct gw_snapshot *now;
	_cleanup_json_ json_t *covered = NULL;
	uint64_t min_age_usec;
	json_t *waits;
	int r;

	r = sd_bus_message_read(call, "t", &min_age_usec);
	if (r < 0)
		return r;
	r = gw_watch_peek(api->parts.watch, false, &now);
	if (r < 0)
		return sd_bus_error_set_errnof(error, r, "Taking a snapshot failed: %m");
	waits = api_waits(api, now, GW_WAITS_ALL, api_nsec(min_age_usec));
	covered = api_covered(api);
	if (waits &&
	    (!covered || gw_covered_name(covered, waits) < 0 ||
	     json_object_set_new(waits, "ready", json_boolean(gw_scheduler_ready(api->parts.scheduler))) < 0)) {
		json_decref(waits);
		waits = NULL;
	}
	return api_reply_json(call, waits);
}

/* The reports that there are, and where those of this moment go. */
struct stalls {
	const struct gw_bus_api *api;
	json_t *list;	 /* NULL = no memory */
	json_t *covered; /* what the watch reports: it has followed that for longer */
};

/* What the watch reports already is in the list. */
static void api_on_stall(const struct gw_report *report, void *userdata)
{
	struct stalls *stalls = userdata;
	const struct gw_host_record *host = gw_loader_host(gw_watch_loader(stalls->api->parts.watch));
	_cleanup_json_ json_t *json = NULL;

	if (!stalls->list)
		return;
	json = gw_report_json(report, host->boot_id, host->release);
	if (gw_covered_has(stalls->covered, json))
		return;
	if (gw_watch_name_workloads(stalls->api->parts.watch, json_object_get(json, "nodes")) < 0 ||
	    json_array_append(stalls->list, json) < 0) {
		json_decref(stalls->list);
		stalls->list = NULL;
	}
}

static json_t *api_reports_of(const struct gw_bus_api *api, enum gw_kind kind, bool include_resolved)
{
	_cleanup_free_ char *json = gw_reports_json(api->parts.reports, &kind, include_resolved);

	return json ? json_loads(json, 0, NULL) : NULL;
}

static int api_add_stalls_of_now(struct stalls *stalls, uint64_t min_age_ns)
{
	const struct gw_policy policy = { .min_wait_ns = min_age_ns, .stall_ns = min_age_ns };
	struct gw_snapshot *now;
	int r = gw_watch_peek(stalls->api->parts.watch, false, &now);

	if (r < 0)
		return r;
	r = gw_analysis_stalls(gw_watch_analysis(stalls->api->parts.watch), now, &policy, api_on_stall, stalls);
	gw_snapshot_free(now);
	return r;
}

/* Not only those that are old enough to be reported to everybody. */
static int api_list_stalls(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct stalls stalls = { .api = api };
	uint64_t min_age_usec;
	int include_resolved, r;
	json_t *livelocks;

	r = sd_bus_message_read(call, "tb", &min_age_usec, &include_resolved);
	if (r < 0)
		return r;
	stalls.covered = api_covered(api);
	stalls.list = api_reports_of(api, GW_KIND_STALL, include_resolved);
	livelocks = api_reports_of(api, GW_KIND_LIVELOCK, include_resolved);
	if (!stalls.list || !livelocks || json_array_extend(stalls.list, livelocks) < 0)
		r = -ENOMEM;
	json_decref(livelocks);
	if (r >= 0)
		r = stalls.covered ? api_add_stalls_of_now(&stalls, api_nsec(min_age_usec)) : -ENOMEM;
	json_decref(stalls.covered);
	if (r < 0) {
		json_decref(stalls.list);
		return sd_bus_error_set_errnof(error, r, "Looking for stalls failed: %m");
	}
	return api_reply_json(call, stalls.list);
}

static int api_list_faults(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct gw_snapshot *now;
	json_t *faults;
	int r;

	r = gw_watch_peek(api->parts.watch, false, &now);
	if (r < 0)
		return sd_bus_error_set_errnof(error, r, "Taking a snapshot failed: %m");
	faults = gw_faults_json(now);
	gw_snapshot_free(now);
	return api_reply_json(call, faults);
}

/* A rate needs two snapshots; the answer comes with the second. */
static int api_list_timelines(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct pending *pending = NULL;
	int r;

	r = pending_new(api, call, AWAIT_SNAPSHOT, &pending, error);
	if (r < 0)
		return r;
	r = gw_watch_peek(api->parts.watch, true, &pending->before);
	if (r >= 0)
		r = sd_event_add_time_relative(api->event, &pending->timer, CLOCK_MONOTONIC, RATE_PERIOD_USEC,
					       10 * GW_USEC_PER_MSEC, pending_on_rate_period, pending);
	if (r < 0) {
		pending_free(pending);
		return sd_bus_error_set_errnof(error, r, "Taking a snapshot failed: %m");
	}
	return 1;
}

/* While something is stuck the recorder has it; else two looks are taken first. */
static int api_record(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct pending *pending = NULL;
	int r;

	if (gw_scheduler_busy(api->parts.scheduler))
		return api_reply_recording(api, call);
	r = pending_new(api, call, AWAIT_LOOKS, &pending, error);
	if (r < 0)
		return r;
	gw_scheduler_request(api->parts.scheduler, RECORD_LOOKS);
	return 1;
}

static int api_ask_boot(struct gw_bus_api *api, sd_bus_message *call, enum gw_boot_job job, sd_bus_error *error)
{
	struct pending *pending = NULL;
	int r;

	r = pending_new(api, call, AWAIT_BOOT, &pending, error);
	if (r < 0)
		return r;
	pending->job = job;
	pending->ticket = gw_boot_observer_ask(api->parts.boot, job);
	return 1;
}

static int api_get_probe_order(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return api_ask_boot(userdata, call, GW_BOOT_LOOK, error);
}

/* Sysfs can hang as long as the driver does: another process reads it. */
static int api_get_kfd(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return api_ask_boot(userdata, call, GW_BOOT_KFD, error);
}

static int api_save_boot(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return api_ask_boot(userdata, call, GW_BOOT_SAVE, error);
}

/* ---- properties ----------------------------------------------------------------------------------- */

static int api_property_unknown(sd_bus_error *error, const char *property)
{
	return sd_bus_error_setf(error, SD_BUS_ERROR_UNKNOWN_PROPERTY, "There is no property '%s'", property);
}

static int api_property_string(sd_bus *bus, const char *path, const char *interface, const char *property,
			       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;

	if (strcmp(property, "Version") == 0)
		return sd_bus_message_append(reply, "s", GW_VERSION);
	if (strcmp(property, "KernelRelease") == 0)
		return sd_bus_message_append(reply, "s", gw_loader_host(gw_watch_loader(api->parts.watch))->release);
	return api_property_unknown(error, property);
}

static int api_property_active_reports(sd_bus *bus, const char *path, const char *interface, const char *property,
				       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;

	return sd_bus_message_append(reply, "u", (uint32_t)gw_reports_active(api->parts.reports));
}

static int api_property_counter(sd_bus *bus, const char *path, const char *interface, const char *property,
				sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct gw_bus_api *api = userdata;
	struct gw_loader_counters counters;
	uint64_t value;

	gw_loader_counters(gw_watch_loader(api->parts.watch), &counters);
	if (strcmp(property, "Snapshots") == 0)
		value = gw_watch_snapshots(api->parts.watch);
	else if (strcmp(property, "WakeUps") == 0)
		value = api->parts.status->wakeups;
	else if (strcmp(property, "DroppedEvents") == 0)
		value = counters.dropped_events;
	else if (strcmp(property, "MissedWaits") == 0)
		value = counters.missed_waits;
	else
		return api_property_unknown(error, property);
	return sd_bus_message_append(reply, "t", value);
}

/*
 * Unprivileged means that sd-bus itself does not ask for root: who may call is
 * decided by the bus policy (root and the group gpuwatch) and, on the private
 * socket, when a connection is accepted.
 */
static const sd_bus_vtable api_vtable[] = {
	SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetStatus", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", status), api_get_status,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("ListReports", SD_BUS_ARGS("s", kind, "b", include_resolved),
				SD_BUS_RESULT("s", reports), api_list_reports, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetReport", SD_BUS_ARGS("s", id), SD_BUS_RESULT("s", report), api_get_report,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("ListWaits", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", waits), api_list_waits,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("ListAllWaits", SD_BUS_ARGS("t", min_age_usec), SD_BUS_RESULT("s", waits),
				api_list_all_waits, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("ListStalls", SD_BUS_ARGS("t", min_age_usec, "b", include_resolved),
				SD_BUS_RESULT("s", reports), api_list_stalls, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("ListFaults", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", faults), api_list_faults,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("ListTimelines", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", timelines), api_list_timelines,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetKfd", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", kfd), api_get_kfd,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Record", SD_BUS_NO_ARGS, SD_BUS_RESULT("h", recording), api_record,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetProbeOrder", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", order), api_get_probe_order,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("SaveBoot", SD_BUS_NO_ARGS, SD_BUS_RESULT("h", evidence), api_save_boot,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_ARGS("ReportChanged", SD_BUS_ARGS("s", id, "s", kind, "s", class, "s", state, "s", report),
				0),
	SD_BUS_PROPERTY("Version", "s", api_property_string, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("KernelRelease", "s", api_property_string, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("ActiveReports", "u", api_property_active_reports, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Snapshots", "t", api_property_counter, 0, 0),
	SD_BUS_PROPERTY("WakeUps", "t", api_property_counter, 0, 0),
	SD_BUS_PROPERTY("DroppedEvents", "t", api_property_counter, 0, 0),
	SD_BUS_PROPERTY("MissedWaits", "t", api_property_counter, 0, 0),
	SD_BUS_VTABLE_END,
};

/* ---- signals ----------------------------------------------------------------------------------------- */

/* A peer that does not read gets no more signals: what it left unread is memory of ours. Counts @size if it may have it. */
static bool connection_reads(struct connection *connection, size_t size)
{
	uint64_t queued;

	if (sd_bus_get_n_queued_write(connection->bus, &queued) < 0 || queued == 0)
		connection->unread = 0;
	if (connection->unread > BACKLOG_BYTES)
		return false;
	connection->unread += size;
	return true;
}

/* All connections hear of a change in the number of active reports. */
static void api_count_reports(struct gw_bus_api *api)
{
	uint32_t active = (uint32_t)gw_reports_active(api->parts.reports);

	if (active == api->active_reports)
		return;
	api->active_reports = active;
	for (struct connection *connection = api->connections; connection; connection = connection->next)
		if (connection_reads(connection, sizeof(active)))
			sd_bus_emit_properties_changed(connection->bus, GW_BUS_PATH, GW_BUS_INTERFACE, "ActiveReports",
						       NULL);
}

static void api_on_report(const struct gw_reported *report, enum gw_news news, void *userdata)
{
	struct gw_bus_api *api = userdata;

	for (struct connection *connection = api->connections; connection; connection = connection->next)
		if (connection_reads(connection, strlen(report->json)))
			sd_bus_emit_signal(connection->bus, GW_BUS_PATH, GW_BUS_INTERFACE, "ReportChanged", "sssss",
					   report->id, gw_kind_name(report->kind), gw_class_name(report->class),
					   gw_state_name(report->state), report->json);
	api_count_reports(api);
}

void gw_bus_api_looked(struct gw_bus_api *api)
{
	if (gw_scheduler_requested(api->parts.scheduler) > 0)
		return;
	for (struct pending *pending = api->pending, *next; pending; pending = next) {
		next = pending->next;
		if (pending->awaited != AWAIT_LOOKS)
			continue;
		api_reply_recording(api, pending->call);
		pending_free(pending);
	}
}

void gw_bus_api_boot_answered(struct gw_bus_api *api, const struct gw_boot_answer *answer)
{
	for (struct pending *pending = api->pending, *next; pending; pending = next) {
		int r;

		next = pending->next;
		if (pending->awaited != AWAIT_BOOT || pending->job != answer->job || pending->ticket > answer->ticket)
			continue;
		r = api_reply_boot(api, pending->call, answer);
		if (r < 0)
			sd_bus_reply_method_errnof(pending->call, r, "Answering failed: %m");
		pending_free(pending);
	}
}

/* ---- connections ---------------------------------------------------------------------------------------- */

int gw_bus_api_attach(struct gw_bus_api *api, sd_bus *bus, unsigned int pending_max)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int r;

	if (!connection)
		return -ENOMEM;
	r = sd_bus_add_object_vtable(bus, &connection->slot, GW_BUS_PATH, GW_BUS_INTERFACE, api_vtable, api);
	if (r < 0) {
		free(connection);
		return r;
	}
	connection->bus = sd_bus_ref(bus);
	connection->pending_max = pending_max;
	connection->next = api->connections;
	api->connections = connection;
	return 0;
}

void gw_bus_api_detach(struct gw_bus_api *api, sd_bus *bus)
{
	for (struct pending *pending = api->pending, *next; pending; pending = next) {
		next = pending->next;
		if (sd_bus_message_get_bus(pending->call) == bus)
			pending_free(pending);
	}
	for (struct connection **link = &api->connections, *connection; (connection = *link); link = &connection->next)
		if (connection->bus == bus) {
			*link = connection->next;
			sd_bus_slot_unref(connection->slot);
			sd_bus_unref(connection->bus);
			free(connection);
			return;
		}
}

/* ---- life ------------------------------------------------------------------------------------------------- */

int gw_bus_api_new(struct gw_bus_api **ret, sd_event *event, const struct gw_bus_api_parts *parts)
{
	struct gw_bus_api *api = calloc(1, sizeof(*api));
	int r;

	if (!api)
		return -ENOMEM;
	api->event = sd_event_ref(event);
	api->parts = *parts;
	api->active_reports = (uint32_t)gw_reports_active(parts->reports);
	r = gw_reports_subscribe(parts->reports, api_on_report, api);
	if (r < 0) {
		gw_bus_api_free(api);
		return r;
	}
	*ret = api;
	return 0;
}

void gw_bus_api_free(struct gw_bus_api *api)
{
	if (!api)
		return;
	while (api->pending)
		pending_free(api->pending);
	while (api->connections)
		gw_bus_api_detach(api, api->connections->bus);
	gw_handouts_deinit(&api->handouts);
	sd_event_unref(api->event);
	free(api);
}
