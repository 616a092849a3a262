/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status: how the daemon itself is doing, as gpuwatch.status.v1. */
#include "daemon/serve/status.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/json.h"

#define PERIOD_NS (10 * GW_NSEC_PER_SEC)

/* ---- wake-ups ------------------------------------------------------------------------- */

void gw_status_init(struct gw_status *status)
{
	*status = (struct gw_status){
		.started_real_ns = gw_now_real_ns(),
		.pin_directory = "",
	};
	status->recent.time_ns = status->older.time_ns = gw_now_mono_ns();
}

void gw_status_woke(struct gw_status *status)
{
	uint64_t now = gw_now_mono_ns();

	status->wakeups++;
	if (now - status->recent.time_ns < PERIOD_NS)
		return;
	status->older = status->recent;
	status->recent = (struct gw_mark){ .time_ns = now, .wakeups = status->wakeups };
}

/* Wake-ups per second over the last period: at least ten seconds, or since the start. */
static double status_wakeups_per_s(const struct gw_status *status)
{
	uint64_t elapsed = gw_now_mono_ns() - status->older.time_ns;

	if (elapsed == 0)
		return 0;
	return (double)(status->wakeups - status->older.wakeups) * 1e9 / (double)elapsed;
}

/* ---- parts ------------------------------------------------------------------------------ */

static const char *status_probe_state(enum gw_probe_state state)
{
	switch (state) {
	case GW_PROBE_ATTACHED:
		return "attached";
	case GW_PROBE_ADOPTED:
		return "adopted";
	case GW_PROBE_WAITING:
		return "waiting";
	case GW_PROBE_ABSENT:
		return "absent";
	case GW_PROBE_FAILED:
		return "failed";
	}
	return "unknown";
}

static void status_add_probes(json_t *array, const struct gw_probe_info *probes, size_t count, bool failed_only)
{
	for (size_t i = 0; array && i < count; i++) {
		const struct gw_probe_info *probe = &probes[i];

		if (failed_only && probe->state != GW_PROBE_FAILED)
			continue;
		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", probe->name,
						       "target", probe->target, "module", probe->module, "state",
						       status_probe_state(probe->state), "error",
						       probe->error ? strerrorname_np(probe->error) : "", "why",
						       probe->why, "lost", probe->lost, "patch", probe->patch));
	}
}

json_t *gw_status_probes(const struct gw_loader *loader, const struct gw_boot_observer *boot, bool failed_only)
{
	const struct gw_probe_info *probes;
	json_t *array = json_array();
	size_t count;

	count = gw_loader_probes(loader, &probes);
	status_add_probes(array, probes, count, failed_only);
	count = gw_boot_observer_rows(boot, &probes);
	status_add_probes(array, probes, count, failed_only);
	return array;
}

static json_t *status_counters(const struct gw_status *status, struct gw_watch *watch)
{
	struct gw_boot_observer_counters boot;
	struct gw_loader_counters counters;

	gw_loader_counters(gw_watch_loader(watch), &counters);
	gw_boot_observer_counters(status->boot, &boot);
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "snapshots",
		(json_int_t)gw_watch_snapshots(watch), "failed_snapshots", (json_int_t)gw_watch_failures(watch),
		"wakeups", (json_int_t)status->wakeups, "wakes", (json_int_t)counters.wakes, "missed_waits",
		(json_int_t)counters.missed_waits, "dropped_events", (json_int_t)counters.dropped_events,
		"dropped_hazards",
		(json_int_t)(counters.dropped_hazards + gw_analysis_left_out_hazards(gw_watch_analysis(watch))),
		"evicted_timelines", (json_int_t)counters.evicted_timelines, "lost_journal_entries",
		(json_int_t)status->journal_lost, "boot_events", (json_int_t)boot.events, "dropped_boot_events",
		(json_int_t)boot.dropped, "unlogged_boot_events", (json_int_t)boot.left_out);
}

/* How many reports are active, by kind; kinds without any are left out. */
static json_t *status_active_reports(const struct gw_reports *reports)
{
	json_t *kinds = json_object();

	for (enum gw_kind kind = GW_KIND_DEADLOCK; kinds && kind <= GW_KIND_PROBE_ORDER; kind++) {
		size_t active = gw_reports_active_of(reports, kind);

		if (active > 0)
			json_object_set_new(kinds, gw_kind_name(kind), json_integer((json_int_t)active));
	}
	return kinds;
}

static json_t *status_gpu(const struct gw_gpu *gpu)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "name", gpu->name, "driver", gpu->driver, "module", gpu->module);

	if (json && gpu->card >= 0)
		json_object_set_new(json, "card", json_integer(gpu->card));
	if (json && gpu->render >= 0)
		json_object_set_new(json, "render", json_integer(gpu->render));
	if (json && gpu->kfd_node >= 0)
		json_object_set_new(json, "kfd_node", json_integer(gpu->kfd_node));
	return json;
}

static json_t *status_gpus(struct gw_watch *watch)
{
	const struct gw_gpus *gpus = gw_loader_gpus(gw_watch_loader(watch));
	json_t *array = json_array();

	for (size_t i = 0; array && i < gpus->count; i++)
		json_array_append_new(array, status_gpu(&gpus->items[i]));
	return array;
}

static uint64_t status_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * GW_NSEC_PER_SEC + (uint64_t)time->tv_usec * GW_NSEC_PER_USEC;
}

/* What the daemon itself costs; its workers, which have ended, too. */
static json_t *status_self(void)
{
	struct rusage own = { 0 }, workers = { 0 };
	unsigned long long resident = 0;
	char text[128];

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &workers);
	/* proc_pid_statm(5): the second number is of pages. */
	if (gw_file_text(AT_FDCWD, "/proc/self/statm", text, sizeof(text)) > 0)
		sscanf(text, "%*u %llu", &resident);
	return json_pack("{s:o, s:o}", "cpu_ns",
			 gw_json_number(status_ns(&own.ru_utime) + status_ns(&own.ru_stime) +
					status_ns(&workers.ru_utime) + status_ns(&workers.ru_stime)),
			 "resident_bytes", gw_json_number(resident * (unsigned long long)sysconf(_SC_PAGESIZE)));
}

static void status_add_unseen(json_t *list, const struct gw_probe_info *probes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (probes[i].state == GW_PROBE_FAILED || (probes[i].state == GW_PROBE_ABSENT && !probes[i].patch[0]))
			gw_json_add_line(list, "not seen: %s (%s: %s)", probes[i].lost, probes[i].target,
					 probes[i].why);
}

static void status_add_boot_losses(json_t *list, const struct gw_boot_observer *boot)
{
	struct gw_boot_observer_counters counters;

	gw_boot_observer_counters(boot, &counters);
	if (counters.dropped > 0)
		gw_json_add_line(list, "%llu events of the boot were lost because their buffer was full",
				 (unsigned long long)counters.dropped);
	if (counters.left_out > 0)
		gw_json_add_line(list, "%llu events of drivers were not kept because the log of the boot is full",
				 (unsigned long long)counters.left_out);
}

/* What this daemon cannot do here, each in one line for people. */
static json_t *status_limitations(const struct gw_status *status, struct gw_watch *watch)
{
	const struct gw_probe_info *probes;
	size_t count = gw_loader_probes(gw_watch_loader(watch), &probes);
	struct gw_loader_counters counters;
	json_t *list = json_array();

	gw_loader_counters(gw_watch_loader(watch), &counters);
	if (!list)
		return NULL;
	status_add_unseen(list, probes, count);
	count = gw_boot_observer_rows(status->boot, &probes);
	status_add_unseen(list, probes, count);
	status_add_boot_losses(list, status->boot);
	if (status->memory_error)
		gw_json_add_line(list, "memory is not locked (%s): the daemon itself may get stuck in reclaim",
				 strerror(status->memory_error));
	if (!gw_loader_pinned(gw_watch_loader(watch)) && !status->pin_directory[0])
		gw_json_add_line(list, "nothing is pinned: a restart forgets the waits that stand");
	if (!status->standalone && !status->on_system_bus)
		gw_json_add_line(list, "not on the system bus: only the private socket answers");
	if (counters.missed_waits > 0)
		gw_json_add_line(list, "%llu waits were nested too deeply to be recorded",
				 (unsigned long long)counters.missed_waits);
	if (counters.dropped_events > 0)
		gw_json_add_line(list, "%llu events were lost because their buffer was full",
				 (unsigned long long)counters.dropped_events);
	return list;
}

static void status_format_time(uint64_t real_ns, char *text, size_t size)
{
	time_t seconds = (time_t)(real_ns / GW_NSEC_PER_SEC);
	struct tm broken;

	gmtime_r(&seconds, &broken);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &broken);
}

/* ---- the whole ----------------------------------------------------------------------------- */

json_t *gw_status_json(const struct gw_status *status, struct gw_watch *watch, const struct gw_scheduler *scheduler)
{
	const struct gw_loader *loader = gw_watch_loader(watch);
	const struct gw_host_record *host = gw_loader_host(loader);
	bool pinned = gw_loader_pinned(loader);
	char started[32];

	status_format_time(status->started_real_ns, started, sizeof(started));
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:i, s:s, s:i, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:f, s:b, s:b, s:s, s:b, s:o, s:o, s:O?}",
		"schema", "gpuwatch.status.v1", "version", GW_VERSION, "kernel", host->release, "boot_id",
		host->boot_id, "pid", (int)getpid(), "started_at", started, "layout_version", GW_LAYOUT_VERSION,
		"scheduler", gw_scheduler_state(scheduler), "probes", gw_status_probes(loader, status->boot, false),
		"counters", status_counters(status, watch), "active_waits", (json_int_t)gw_loader_active_waits(loader),
		"active_reports", status_active_reports(status->reports), "reports_detected",
		gw_detected_json(status->detected), "wait_times", gw_watch_times_json(watch), "self", status_self(),
		"wakeups_per_s", status_wakeups_per_s(status), "memory_locked", status->memory_error == 0, "pinned",
		pinned, "pin_directory", pinned ? status->pin_directory : "", "system_bus", status->on_system_bus,
		"limitations", status_limitations(status, watch), "gpus", status_gpus(watch), "boot",
		gw_boot_observer_summary(status->boot));
}
