/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pure core's entry: snapshots in, reports out. No I/O, no clock: all
 * time comes from the snapshots, so the same snapshots give the same reports
 * live, in a test and in a replay.
 *
 * Inside: graph (who waits on whom), liveness (what cannot make progress),
 * classify (what kind of deadlock, whose fault), store (what is new, what ended).
 */
#ifndef GPUWATCH_LIB_ANALYSIS_ANALYSIS_H
#define GPUWATCH_LIB_ANALYSIS_ANALYSIS_H

#include "lib/analysis/record/snapshot.h"
#include "lib/base/units.h"
#include "lib/report/report.h"

struct gw_policy {
	uint64_t min_wait_ns; /* younger waits are not looked at (default 500 ms) */
	uint64_t stall_ns;    /* a GPU wait older than this is reported as a stall (default 10 s) */
	size_t keep_resolved; /* resolved reports kept in memory (default 128) */
};

#define GW_POLICY_DEFAULT                                                                                              \
	((struct gw_policy){                                                                                           \
		.min_wait_ns = 500 * GW_NSEC_PER_MSEC, .stall_ns = 10 * GW_NSEC_PER_SEC, .keep_resolved = 128 })

struct gw_analysis; /* opaque: previous snapshot, report store */

int gw_analysis_new(struct gw_analysis **ret, const struct gw_policy *policy);
void gw_analysis_free(struct gw_analysis *analysis);

/* Called for each report that is new, changed (confidence, victims) or resolved; must not call back. */
typedef void (*gw_report_changed)(const struct gw_report *report, void *userdata);

/*
 * gw_analysis_step - look at the next snapshot
 * @snapshot: taken over by the analysis, also on error
 * @changed: called during the step, in order of detection; may be NULL
 *
 * A loop seen for the first time is kept back as a candidate; it is reported
 * when a second snapshot shows the same waits unbroken.
 *
 * Returns 0, or -ENOMEM.
 */
int gw_analysis_step(struct gw_analysis *analysis, struct gw_snapshot *snapshot, gw_report_changed changed,
		     void *userdata);

/*
 * What should happen next, for whoever schedules snapshots: true while a
 * candidate waits for its second snapshot or an active report for its end.
 */
bool gw_analysis_wants_more(const struct gw_analysis *analysis);

/* All reports, active first, newest first; valid until the next step. */
size_t gw_analysis_reports(const struct gw_analysis *analysis, const struct gw_report *const **ret);
const struct gw_report *gw_analysis_report(const struct gw_analysis *analysis, const char *id);

/* The last snapshot given to gw_analysis_step(), or NULL. */
const struct gw_snapshot *gw_analysis_last(const struct gw_analysis *analysis);

/*
 * The views that are not reports, as JSON (new reference, NULL when out of memory):
 * gpuwatch.waits.v1:     {schema, taken_at, waits: [{pid, tgid, comm, state, kind, age_ns, since_mono_ns, known_since,
 *                        object, fence {context, seqno, driver, timeline}, lock {...}, inside: [...], chain: "..."}]}
 * gpuwatch.timelines.v1: {schema, taken_at, timelines: [{context, driver, timeline, seqno, signalled, rate_per_s,
 *                        signallers: [{kind, pid, comm, function, count}], waiting}]}
 * The timelines of @now against those of an earlier @before (may be NULL: no rate).
 */
json_t *gw_waits_json(const struct gw_snapshot *now, uint64_t min_age_ns);
json_t *gw_timelines_json(const struct gw_snapshot *now, const struct gw_snapshot *before);

#endif
