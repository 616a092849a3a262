/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watch: one look at the kernel, from the loader's bytes to the analysis' reports. */
#include "daemon/watch/watch.h"

#include <errno.h>
#include <string.h>

#include "daemon/watch/patrol.h"
#include "daemon/watch/recorder.h"
#include "daemon/watch/wait-times.h"
#include "daemon/watch/words.h"
#include "lib/base/cleanup.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/system/workload/cgroups.h"

struct gw_watch {
	struct gw_loader *loader;
	struct gw_analysis *analysis;
	struct gw_recorder *recorder;
	struct gw_words *words;
	bool words_refused; /* that was logged */
	struct gw_patrol patrol;
	struct gw_reports *reports;
	const struct gw_known *known;
	struct gw_cgroups *cgroups;
	struct gw_policy policy;
	uint64_t snapshots;
	uint64_t failures;
};

/* ---- bytes to snapshot -------------------------------------------------------------- */

/* What the kernel log has to say; a snapshot without it is as good. */
static int watch_add_words(struct gw_watch *watch, void **data, size_t *size)
{
	int r = gw_words_update(watch->words);

	if (r < 0 && !watch->words_refused)
		log_warning("The kernel log cannot be read, reports do not cite it: %s%s", strerror(-r),
			    r == -EPERM ? " (the capability CAP_SYSLOG is missing)" : "");
	watch->words_refused = r < 0;
	return gw_words_append(watch->words, data, size);
}

/* Who sleeps in a driver may be its check for hangs, which would end the loop that is about to be reported. */
static enum gw_sleepers watch_sleepers(const struct gw_watch *watch, enum gw_depth depth)
{
	if (depth != GW_LOOK_TRACKED)
		return GW_SLEEPERS_ALL;
	return gw_analysis_wants_sleepers(watch->analysis) ? GW_SLEEPERS_IN_MODULES : GW_SLEEPERS_NONE;
}

/* A stream of one snapshot: HOST, then what the loader gives. @data is malloc()ed. */
static int watch_take(struct gw_watch *watch, enum gw_depth depth, uint64_t min_wait_ns, bool timelines,
		      void **ret_data, size_t *ret_size)
{
	struct gw_loader *loader = watch->loader;
	const struct gw_host_record *host = gw_loader_host(loader);
	size_t size = host->header.size;
	_cleanup_free_ void *data = malloc(size);
	int r;

	if (!data)
		return -ENOMEM;
	memcpy(data, host, size);
	r = gw_loader_snapshot(loader, watch_sleepers(watch, depth), timelines, min_wait_ns, &data, &size);
	if (r >= 0)
		r = watch_add_words(watch, &data, &size);
	if (r < 0)
		return r;
	*ret_data = gw_steal(data);
	*ret_size = size;
	return 0;
}

static int watch_parse(const void *data, size_t size, struct gw_snapshot **ret)
{
	struct gw_snapshot **snapshots;
	size_t count, offset;
	int r;

	r = gw_stream_parse(data, size, false, &snapshots, &count, &offset);
	if (r < 0)
		return r;
	if (r != GW_PARSE_OK) {
		log_error("the kernel's records do not parse at byte %zu of %zu: this is a bug in gpuwatch", offset,
			  size);
		return -EBADMSG;
	}
	if (count != 1) {
		gw_snapshots_free(snapshots, count);
		return -EBADMSG;
	}
	*ret = snapshots[0];
	snapshots[0] = NULL;
	gw_snapshots_free(snapshots, count);
	return 0;
}

/* ---- findings ------------------------------------------------------------------------ */

/* Which tasks stand in which waits, of those old enough to matter. */
static void watch_find_old_waits(struct gw_findings *findings, const struct gw_snapshot *snapshot, uint64_t min_wait_ns)
{
	const struct gw_task_record *const *tasks;
	size_t count = gw_snapshot_tasks(snapshot, &tasks);
	uint64_t now = gw_snapshot_head(snapshot)->mono_ns;

	findings->identity = GW_HASH_START;
	for (size_t i = 0; i < count; i++) {
		const struct gw_task_state *state = &tasks[i]->watch;
		uint64_t since;

		if (state->depth == 0)
			continue;
		since = state->waits[(state->depth < GW_WAIT_DEPTH ? state->depth : GW_WAIT_DEPTH) - 1].since_ns;
		if (since == 0 || since > now || now - since < min_wait_ns)
			continue;
		findings->old_waits++;
		findings->identity = gw_hash_number(gw_hash_number(findings->identity, tasks[i]->address), since);
	}
}

static void watch_patrol(struct gw_watch *watch, struct gw_findings *findings, const struct gw_snapshot *snapshot)
{
	if (gw_snapshot_head(snapshot)->incomplete)
		return;
	gw_patrol_update(&watch->patrol, snapshot, watch->policy.stall_ns);
	findings->patrols = watch->patrol.wanted;
	findings->blocked = watch->patrol.blocked;
	findings->still = watch->patrol.still;
}

static bool watch_has_older_than(const struct gw_analysis *analysis, uint64_t attached_ns)
{
	const struct gw_report *const *reports;
	size_t count = gw_analysis_reports(analysis, &reports);

	for (size_t i = 0; i < count; i++)
		if (reports[i]->state == GW_STATE_ACTIVE && reports[i]->formed_mono_ns < attached_ns)
			return true;
	return false;
}

int gw_watch_name_workloads(const struct gw_watch *watch, json_t *list)
{
	return gw_cgroups_annotate(watch->cgroups, list);
}

json_t *gw_watch_times_json(struct gw_watch *watch)
{
	gw_words_update(watch->words);
	return gw_wait_times_json(watch->loader, watch->cgroups, gw_words_resets(watch->words));
}

static void watch_on_report(const struct gw_report *report, void *userdata)
{
	const struct gw_watch *watch = userdata;
	const struct gw_host_record *host = gw_loader_host(watch->loader);
	json_t *json = gw_report_json(report, host->boot_id, host->release);
	struct gw_reported *reported;
	int r = json ? gw_known_annotate(watch->known, json) : -ENOMEM;

	if (r >= 0)
		r = gw_watch_name_workloads(watch, json_object_get(json, "nodes"));
	if (r >= 0)
		r = gw_reported_new(&reported, report, json);

	json_decref(json);
	if (r >= 0)
		r = gw_reports_put(watch->reports, reported);
	if (r < 0)
		log_error("No memory for report %s: %s", report->id, report->summary);
}

/* ---- looking ---------------------------------------------------------------------------- */

/* Those that have run at several looks, and that others may need. Whoever is sampled is looked at again soon. */
static void watch_sample_spinners(struct gw_watch *watch, struct gw_findings *findings)
{
	const struct gw_snapshot *last = gw_analysis_last(watch->analysis);
	const struct gw_spells *spells = gw_analysis_spells(watch->analysis);
	struct gw_sampled_task tasks[GW_SAMPLED_MAX];
	size_t count = 0;

	for (size_t i = 0; i < spells->count && count < GW_SAMPLED_MAX; i++) {
		const struct gw_spell *spell = &spells->list[i];
		const struct gw_running_record *running = gw_snapshot_running(last, spell->task);

		if (running && spell->kind == GW_SPELL_RUNS && spell->looks >= GW_SPELL_LOOKS)
			tasks[count++] = (struct gw_sampled_task){ .address = spell->task, .cpu = running->cpu };
	}
	gw_loader_sample(watch->loader, tasks, count);
	findings->wants_more |= count > 0;
}

/* Adds a task that runs or naps, once. */
static void watch_add_sampled(const struct gw_snapshot *snapshot, uint64_t task, struct gw_sampled_task *tasks,
			      size_t *count)
{
	const struct gw_running_record *running = gw_snapshot_running(snapshot, task);

	for (size_t i = 0; i < *count; i++)
		if (tasks[i].address == task)
			return;
	if (running && *count < GW_SAMPLED_MAX)
		tasks[(*count)++] = (struct gw_sampled_task){ .address = task, .cpu = running->cpu };
}

/* Whoever has a lock that others wait for, and runs or naps, may try to take another one; so may who did that between two looks. */
static void watch_follow_tries(struct gw_watch *watch)
{
	const struct gw_snapshot *last = gw_analysis_last(watch->analysis);
	const struct gw_spells *spells = gw_analysis_spells(watch->analysis);
	const struct gw_lock_record *const *locks;
	size_t n_locks = last ? gw_snapshot_locks(last, &locks) : 0, count = 0;
	struct gw_sampled_task tasks[GW_SAMPLED_MAX];

	for (size_t i = 0; i < n_locks && count < GW_SAMPLED_MAX; i++)
		watch_add_sampled(last, locks[i]->owner, tasks, &count);
	for (size_t i = 0; i < spells->count && count < GW_SAMPLED_MAX; i++)
		watch_add_sampled(last, spells->list[i].task, tasks, &count);
	gw_loader_follow_tries(watch->loader, tasks, count);
}

static int watch_look(struct gw_watch *watch, enum gw_depth depth, struct gw_findings *findings)
{
	struct gw_snapshot *snapshot;
	_cleanup_free_ void *data = NULL;
	bool all = depth == GW_LOOK_ALL;
	size_t size;
	int r;

	r = watch_take(watch, depth, all ? 0 : watch->policy.min_wait_ns, all, &data, &size);
	if (r < 0)
		return r;
	r = watch_parse(data, size, &snapshot);
	if (r < 0)
		return r;
	gw_recorder_add(watch->recorder, gw_steal(data), size, gw_loader_host(watch->loader)->header.size);
	watch_find_old_waits(findings, snapshot, watch->policy.min_wait_ns);
	watch_patrol(watch, findings, snapshot);
	r = gw_analysis_step(watch->analysis, snapshot, watch_on_report, watch);
	findings->wants_more = gw_analysis_wants_more(watch->analysis);
	findings->candidate = gw_analysis_newest_candidate(watch->analysis);
	findings->confirm_ns = gw_analysis_confirm_ns(watch->analysis);
	watch_sample_spinners(watch, findings);
	watch_follow_tries(watch);
	findings->older_than_programs =
		watch_has_older_than(watch->analysis, gw_loader_host(watch->loader)->attached_ns);
	return r;
}

int gw_watch_look(struct gw_watch *watch, enum gw_depth depth, struct gw_findings *ret)
{
	int r;

	*ret = (struct gw_findings){ 0 };
	watch->snapshots++;
	r = watch_look(watch, depth, ret);
	if (r < 0)
		watch->failures++;
	return r;
}

int gw_watch_peek(struct gw_watch *watch, bool timelines, struct gw_snapshot **ret)
{
	_cleanup_free_ void *data = NULL;
	size_t size;
	int r;

	watch->snapshots++;
	r = watch_take(watch, GW_LOOK_TRACKED, 0, timelines, &data, &size);
	return r < 0 ? r : watch_parse(data, size, ret);
}

/* ---- asking ------------------------------------------------------------------------------- */

uint64_t gw_watch_snapshots(const struct gw_watch *watch)
{
	return watch->snapshots;
}

uint64_t gw_watch_failures(const struct gw_watch *watch)
{
	return watch->failures;
}

const struct gw_analysis *gw_watch_analysis(const struct gw_watch *watch)
{
	return watch->analysis;
}

struct gw_loader *gw_watch_loader(struct gw_watch *watch)
{
	return watch->loader;
}

int gw_watch_record(const struct gw_watch *watch)
{
	return gw_recorder_write(watch->recorder, gw_loader_host(watch->loader));
}

/* ---- life ---------------------------------------------------------------------------------- */

void gw_watch_set_policy(struct gw_watch *watch, const struct gw_policy *policy, size_t recording_bytes)
{
	gw_recorder_set_limit(watch->recorder, recording_bytes);
	gw_analysis_set_policy(watch->analysis, policy);
	watch->policy = *policy;
}

int gw_watch_new(struct gw_watch **ret, struct gw_loader *loader, struct gw_reports *reports,
		 const struct gw_known *known, const struct gw_policy *policy, size_t recording_bytes)
{
	struct gw_watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->loader = loader;
	watch->reports = reports;
	watch->known = known;
	watch->policy = *policy;
	r = gw_cgroups_new(&watch->cgroups, GW_CGROUP_ROOT);
	if (r >= 0)
		r = gw_analysis_new(&watch->analysis, policy);
	if (r >= 0)
		r = gw_recorder_new(&watch->recorder, recording_bytes);
	if (r >= 0)
		r = gw_words_new(&watch->words, NULL);
	if (r < 0) {
		gw_watch_free(watch);
		return r;
	}
	*ret = watch;
	return 0;
}

void gw_watch_free(struct gw_watch *watch)
{
	if (!watch)
		return;
	gw_analysis_free(watch->analysis);
	gw_recorder_free(watch->recorder);
	gw_cgroups_free(watch->cgroups);
	gw_words_free(watch->words);
	free(watch);
}
