/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watch: one look at the kernel, from the loader's bytes to the analysis'
 * reports. Knows how to look, not when (that is the scheduler's).
 */
#ifndef GPUWATCH_DAEMON_WATCH_WATCH_H
#define GPUWATCH_DAEMON_WATCH_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/loader.h"
#include "daemon/serve/reports.h"
#include "lib/analysis/analysis.h"
#include "lib/report/known.h"

struct gw_watch;

/*
 * @loader, @reports, @known: must outlive the watch; reports are put during a look. @known may be NULL: no hang is known.
 * Returns 0 or -ENOMEM.
 */
int gw_watch_new(struct gw_watch **ret, struct gw_loader *loader, struct gw_reports *reports,
		 const struct gw_known *known, const struct gw_policy *policy, size_t recording_bytes);
void gw_watch_free(struct gw_watch *watch);

/* From the next look on. What is active stays so until its waits end. */
void gw_watch_set_policy(struct gw_watch *watch, const struct gw_policy *policy, size_t recording_bytes);

enum gw_depth {
	GW_LOOK_TRACKED, /* tasks whose tracked wait is old enough */
	GW_LOOK_FULL,	 /* every sleeping task: finds waits older than the programs */
	GW_LOOK_ALL,	 /* that, and every timeline and young wait: for a recording */
};

/* What a look found, for whoever decides when the next one is due. */
struct gw_findings {
	size_t old_waits;  /* tasks that wait longer than the policy's min_wait_ns */
	uint64_t identity; /* differs when it is not the same tasks in the same waits as before */
	bool wants_more;   /* gw_analysis_wants_more() */
	bool patrols;	   /* struct gw_patrol: wanted, blocked, still */
	size_t blocked, still;
	uint64_t candidate;	  /* gw_analysis_newest_candidate() */
	uint64_t confirm_ns;	  /* gw_analysis_confirm_ns() */
	bool older_than_programs; /* an active report rests on waits that only a full look shows */
};

/* Looks, analyses and keeps the snapshot. Returns 0 or -errno. */
int gw_watch_look(struct gw_watch *watch, enum gw_depth depth, struct gw_findings *ret);

/* A snapshot of this moment that the analysis does not see; the caller frees it. Returns 0 or -errno. */
int gw_watch_peek(struct gw_watch *watch, bool timelines, struct gw_snapshot **ret);

/* Gives the tasks of a JSON list their workloads: see gw_cgroups_annotate(). */
int gw_watch_name_workloads(const struct gw_watch *watch, json_t *list);

/* What was measured so far, with the kernel log as it is now: see gw_wait_times_json(). */
json_t *gw_watch_times_json(struct gw_watch *watch);

/* Looks so far, and how many of them failed. */
uint64_t gw_watch_snapshots(const struct gw_watch *watch);
uint64_t gw_watch_failures(const struct gw_watch *watch);

/* Owned by the watch. */
const struct gw_analysis *gw_watch_analysis(const struct gw_watch *watch);

struct gw_loader *gw_watch_loader(struct gw_watch *watch);

/* A recording of the snapshots that were looked at last: see gw_recorder_write(). */
int gw_watch_record(const struct gw_watch *watch);

#endif
