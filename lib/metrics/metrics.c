/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the daemon's documents to families of metrics. */
#include "lib/metrics/metrics.h"

#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/metrics/tally.h"
#include "lib/report/report.h"

#define NS_PER_S 1e9
#define BUCKETS_MAX 32

/* ---- values --------------------------------------------------------------------------- */

static double metrics_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void metrics_add_one(struct gw_exposition *exposition, const struct gw_metric *metric, double value)
{
	gw_exposition_begin(exposition, metric);
	gw_exposition_add(exposition, NULL, 0, value);
}

static void metrics_add_tally(struct gw_exposition *exposition, const struct gw_metric *metric,
			      const struct gw_tally *tally, enum gw_tally_of of)
{
	gw_exposition_begin(exposition, metric);
	gw_tally_write(tally, exposition, of);
}

/* ---- the daemon --------------------------------------------------------------------------- */

/* Numbers of the status that are a metric each. */
static const struct metrics_field {
	const char *object; /* of the status that has the field; NULL = the status itself */
	const char *key;
	double scale;
	struct gw_metric metric;
} metrics_fields[] = {
	{ "counters",
	  "snapshots",
	  1,
	  { "gpuwatch_looks", GW_METRIC_COUNTER, "", "Snapshots that the daemon has taken of the waits that stand." } },
	{ "counters",
	  "failed_snapshots",
	  1,
	  { "gpuwatch_failed_looks", GW_METRIC_COUNTER, "", "Snapshots that could not be taken." } },
	{ "counters",
	  "wakeups",
	  1,
	  { "gpuwatch_wakeups", GW_METRIC_COUNTER, "", "Times that the daemon's event loop woke up." } },
	{ "counters",
	  "missed_waits",
	  1,
	  { "gpuwatch_missed_waits", GW_METRIC_COUNTER, "", "Waits that were nested too deeply to be recorded." } },
	{ "counters",
	  "dropped_events",
	  1,
	  { "gpuwatch_dropped_events", GW_METRIC_COUNTER, "", "Events of the programs that were lost." } },
	{ "counters",
	  "dropped_hazards",
	  1,
	  { "gpuwatch_dropped_hazards", GW_METRIC_COUNTER, "", "Broken rules for which there was no room." } },
	{ "counters",
	  "evicted_timelines",
	  1,
	  { "gpuwatch_evicted_timelines", GW_METRIC_COUNTER, "",
	    "Fence timelines that lost their place in the table to others." } },
	{ "counters",
	  "lost_journal_entries",
	  1,
	  { "gpuwatch_lost_journal_entries", GW_METRIC_COUNTER, "", "Reports that the journal did not take." } },
	{ "counters",
	  "boot_events",
	  1,
	  { "gpuwatch_boot_events", GW_METRIC_COUNTER, "", "Events of drivers that were recorded in this boot." } },
	{ "counters",
	  "dropped_boot_events",
	  1,
	  { "gpuwatch_dropped_boot_events", GW_METRIC_COUNTER, "", "Events of drivers that were lost." } },
	{ "boot",
	  "devices",
	  1,
	  { "gpuwatch_boot_devices", GW_METRIC_GAUGE, "", "Devices that drivers have probed in this boot." } },
	{ "boot",
	  "deferrals",
	  1,
	  { "gpuwatch_boot_deferrals", GW_METRIC_GAUGE, "",
	    "Times that drivers have deferred a probe in this boot." } },
	{ "boot",
	  "deferred",
	  1,
	  { "gpuwatch_boot_deferred_devices", GW_METRIC_GAUGE, "", "Devices whose probe is deferred now." } },
	{ "boot",
	  "lost",
	  1,
	  { "gpuwatch_boot_losses", GW_METRIC_GAUGE, "",
	    "Devices and features that this boot lost, by reports that are active." } },
	{ "self",
	  "cpu_ns",
	  1 / NS_PER_S,
	  { "gpuwatch_daemon_cpu_seconds", GW_METRIC_COUNTER, "seconds", "Processor time of the daemon." } },
	{ "self",
	  "resident_bytes",
	  1,
	  { "gpuwatch_daemon_resident_memory_bytes", GW_METRIC_GAUGE, "bytes",
	    "Memory of the daemon that is resident." } },
	{ NULL,
	  "active_waits",
	  1,
	  { "gpuwatch_recorded_waits", GW_METRIC_GAUGE, "",
	    "Waits that the programs hold as standing, old or young." } },
	{ NULL,
	  "memory_locked",
	  1,
	  { "gpuwatch_daemon_memory_locked", GW_METRIC_GAUGE, "", "Whether the daemon's memory is locked." } },
	{ NULL,
	  "pinned",
	  1,
	  { "gpuwatch_daemon_pinned", GW_METRIC_GAUGE, "", "Whether the programs outlive a restart of the daemon." } },
};

/* Fields that an older daemon does not have are left out: 0 would be a claim. */
static void metrics_add_fields(struct gw_exposition *exposition, const json_t *status)
{
	for (size_t i = 0; i < sizeof(metrics_fields) / sizeof(metrics_fields[0]); i++) {
		const struct metrics_field *field = &metrics_fields[i];
		const json_t *object = field->object ? json_object_get(status, field->object) : status;
		const json_t *value = json_object_get(object, field->key);

		if (value)
			metrics_add_one(exposition, &field->metric,
					json_is_boolean(value) ? json_is_true(value)
							       : json_number_value(value) * field->scale);
	}
}

static void metrics_add_build(struct gw_exposition *exposition, const json_t *status)
{
	static const struct gw_metric metric = { "gpuwatch_build", GW_METRIC_INFO, "",
						 "The daemon's version and the kernel that it watches." };
	const struct gw_label labels[] = {
		{ "version", gw_json_string(status, "version") },
		{ "kernel", gw_json_string(status, "kernel") },
	};

	gw_exposition_begin(exposition, &metric);
	gw_exposition_add(exposition, labels, 2, 1);
}

static void metrics_add_start(struct gw_exposition *exposition, const json_t *status)
{
	static const struct gw_metric metric = { "gpuwatch_daemon_start_time_seconds", GW_METRIC_GAUGE, "seconds",
						 "When the daemon started, in seconds since 1970." };
	struct tm time = { .tm_year = 0 };

	if (strptime(gw_json_string(status, "started_at"), "%Y-%m-%dT%H:%M:%S", &time))
		metrics_add_one(exposition, &metric, (double)timegm(&time));
}

static void metrics_add_probes(struct gw_exposition *exposition, const json_t *status)
{
	static const struct gw_metric probes_metric = { "gpuwatch_probes", GW_METRIC_GAUGE, "",
							"Probes of the daemon in the kernel by their state." };
	static const struct gw_metric limitations_metric = {
		"gpuwatch_limitations", GW_METRIC_GAUGE, "",
		"Things that the daemon cannot do here; `gpuwatch-cli status` names them."
	};
	struct gw_tally tally = { .names = { "state" } };
	json_t *probe;
	size_t i;

	json_array_foreach(json_object_get(status, "probes"), i, probe)
		gw_tally_add(&tally, &(const char *){ gw_json_string(probe, "state") }, 1);
	metrics_add_tally(exposition, &probes_metric, &tally, GW_TALLY_SUM);
	metrics_add_one(exposition, &limitations_metric,
			(double)json_array_size(json_object_get(status, "limitations")));
}

/* ---- reports ------------------------------------------------------------------------------------- */

static void metrics_add_active(struct gw_exposition *exposition, const json_t *reports)
{
	static const struct gw_metric metric = { "gpuwatch_reports_active", GW_METRIC_GAUGE, "",
						 "Reports that are not resolved, of deadlocks and all other kinds." };
	struct gw_tally tally = { .names = { "kind", "class", "confidence", "subsystem", "driver" } };
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		const json_t *subsystem = json_object_get(report, "subsystem");
		const char *const values[] = { gw_json_string(report, "kind"), gw_json_string(report, "class"),
					       gw_json_string(report, "confidence"), gw_json_string(subsystem, "kind"),
					       gw_report_driver(report) };

		if (strcmp(gw_json_string(report, "state"), "active") == 0)
			gw_tally_add(&tally, values, 1);
	}
	metrics_add_tally(exposition, &metric, &tally, GW_TALLY_SUM);
}

/* Since the daemon started; what it still has of resolved reports is a part of them only. */
static void metrics_add_detected(struct gw_exposition *exposition, const json_t *status)
{
	static const struct gw_metric metric = {
		"gpuwatch_reports", GW_METRIC_COUNTER, "",
		"Reports since the daemon started, each counted when it was detected."
	};
	struct gw_tally tally = { .names = { "kind", "class", "driver" } };
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(status, "reports_detected"), i, row) {
		const char *const values[] = { gw_json_string(row, "kind"), gw_json_string(row, "class"),
					       gw_json_string(row, "driver") };

		gw_tally_add(&tally, values, metrics_number(row, "count"));
	}
	metrics_add_tally(exposition, &metric, &tally, GW_TALLY_SUM);
}

/* ---- waits ---------------------------------------------------------------------------------------- */

#define TIME_LABELS 5

/* Families of histograms: each row of the list is one, and has the labels as its fields. */
static const struct metrics_times {
	const char *list;
	const char *labels[TIME_LABELS];
	struct gw_metric metric;
} metrics_times[] = {
	{ "waits",
	  { "kind", "driver", "workload", "job_id", "pod_uid" },
	  { "gpuwatch_wait_seconds", GW_METRIC_HISTOGRAM, "seconds",
	    "How long waits for a GPU took that are over, by what they were for, whose fence it was and who waited." } },
	{ "invalidations",
	  { "workload", "job_id", "pod_uid" },
	  { "gpuwatch_invalidation_seconds", GW_METRIC_HISTOGRAM, "seconds",
	    "How long callbacks of MMU notifiers held up a change of memory, where it was a millisecond or longer." } },
	{ "page_faults",
	  { "driver" },
	  { "gpuwatch_page_fault_seconds", GW_METRIC_HISTOGRAM, "seconds",
	    "How long GPU page faults took to be handled." } },
	{ "evictions",
	  { NULL },
	  { "gpuwatch_eviction_seconds", GW_METRIC_HISTOGRAM, "seconds",
	    "How long the queues of KFD processes were evicted." } },
	{ "resets",
	  { "driver", "outcome" },
	  { "gpuwatch_reset_seconds", GW_METRIC_HISTOGRAM, "seconds",
	    "How long resets of GPUs took, by the messages of their drivers in the kernel log." } },
};

/* Units of the daemon's buckets are ns. A daemon that is older than a label leaves it empty. */
static void metrics_add_time(struct gw_exposition *exposition, const struct metrics_times *times,
			     const json_t *bounds_ns, const json_t *row)
{
	const json_t *counts_json = json_object_get(row, "counts");
	double bounds[BUCKETS_MAX], counts[BUCKETS_MAX + 1];
	size_t n = json_array_size(bounds_ns), n_labels = 0;
	struct gw_label labels[TIME_LABELS];

	if (n > BUCKETS_MAX || json_array_size(counts_json) != n + 1)
		return;
	for (; n_labels < TIME_LABELS && times->labels[n_labels]; n_labels++)
		labels[n_labels] =
			(struct gw_label){ times->labels[n_labels], gw_json_string(row, times->labels[n_labels]) };
	for (size_t i = 0; i < n; i++)
		bounds[i] = json_number_value(json_array_get(bounds_ns, i)) / NS_PER_S;
	for (size_t i = 0; i <= n; i++)
		counts[i] = json_number_value(json_array_get(counts_json, i));
	gw_exposition_add_histogram(exposition, labels, n_labels, bounds, counts, n,
				    metrics_number(row, "sum_ns") / NS_PER_S);
}

static void metrics_add_times(struct gw_exposition *exposition, const json_t *status)
{
	const json_t *all = json_object_get(status, "wait_times");
	json_t *row;
	size_t i;

	for (size_t j = 0; j < sizeof(metrics_times) / sizeof(metrics_times[0]); j++) {
		const struct metrics_times *times = &metrics_times[j];

		gw_exposition_begin(exposition, &times->metric);
		json_array_foreach(json_object_get(all, times->list), i, row)
			metrics_add_time(exposition, times, json_object_get(all, "bounds_ns"), row);
	}
}

static void metrics_add_waits(struct gw_exposition *exposition, const json_t *waits)
{
	static const struct gw_metric count_metric = { "gpuwatch_waits", GW_METRIC_GAUGE, "",
						       "Tasks that wait now, by what they wait for and whose it is." };
	static const struct gw_metric oldest_metric = { "gpuwatch_oldest_wait_seconds", GW_METRIC_GAUGE, "seconds",
							"How long the oldest of these waits has stood." };
	struct gw_tally tally = { .names = { "kind", "subsystem", "driver" } }, ages = tally;
	json_t *wait;
	size_t i;

	json_array_foreach(json_object_get(waits, "waits"), i, wait) {
		const json_t *subsystem = json_object_get(wait, "subsystem");
		const char *const values[] = { gw_json_string(wait, "kind"), gw_json_string(subsystem, "kind"),
					       gw_json_string(subsystem, "name") };

		gw_tally_add(&tally, values, 1);
		gw_tally_add(&ages, values, metrics_number(wait, "age_ns") / NS_PER_S);
	}
	metrics_add_tally(exposition, &count_metric, &tally, GW_TALLY_SUM);
	metrics_add_tally(exposition, &oldest_metric, &ages, GW_TALLY_MOST);
}

static void metrics_add_faults(struct gw_exposition *exposition, const json_t *faults)
{
	static const struct gw_metric count_metric = { "gpuwatch_page_faults_handled", GW_METRIC_GAUGE, "",
						       "GPU page faults whose handler runs or waits now." };
	static const struct gw_metric oldest_metric = { "gpuwatch_oldest_page_fault_seconds", GW_METRIC_GAUGE,
							"seconds",
							"How long the oldest of these faults has been handled." };
	struct gw_tally tally = { .names = { "driver" } }, ages = tally;
	json_t *fault;
	size_t i;

	json_array_foreach(json_object_get(faults, "faults"), i, fault) {
		const char *driver = gw_json_string(fault, "driver");

		gw_tally_add(&tally, &driver, 1);
		gw_tally_add(&ages, &driver, metrics_number(fault, "age_ns") / NS_PER_S);
	}
	metrics_add_tally(exposition, &count_metric, &tally, GW_TALLY_SUM);
	metrics_add_tally(exposition, &oldest_metric, &ages, GW_TALLY_MOST);
}

/* ---- the whole -------------------------------------------------------------------------------------- */

char *gw_metrics_text(const struct gw_metrics_source *source, enum gw_metrics_format format)
{
	static const struct gw_metric up = { "gpuwatch_up", GW_METRIC_GAUGE, "", "Whether the daemon answers." };
	struct gw_exposition exposition = { .format = format };

	metrics_add_one(&exposition, &up, source->status ? 1 : 0);
	if (source->status) {
		metrics_add_build(&exposition, source->status);
		metrics_add_start(&exposition, source->status);
		metrics_add_probes(&exposition, source->status);
		metrics_add_fields(&exposition, source->status);
		metrics_add_detected(&exposition, source->status);
		metrics_add_times(&exposition, source->status);
	}
	if (source->reports)
		metrics_add_active(&exposition, source->reports);
	if (source->waits)
		metrics_add_waits(&exposition, source->waits);
	if (source->faults)
		metrics_add_faults(&exposition, source->faults);
	return gw_exposition_finish(&exposition);
}
