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

#include <stdbool.h>
#include <stddef.h>

#include "lib/analysis/record/snapshot.h"
#include "lib/analysis/record/spell.h"
#include "lib/analysis/verdict/policy.h"
#include "lib/report/report.h"

struct gw_analysis; /* opaque: previous snapshot, report store */

int gw_analysis_new(struct gw_analysis **ret, const struct gw_policy *policy);
void gw_analysis_free(struct gw_analysis *analysis);

/* From the next step on. Reports and candidates stay. */
void gw_analysis_set_policy(struct gw_analysis *analysis, const struct gw_policy *policy);

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

/*
 * Whether the next snapshot should have who sleeps in modules (GW_SLEEPERS_IN_MODULES): one of them may end what stands. Not
 * after a minute, when it would have.
 */
bool gw_analysis_wants_sleepers(const struct gw_analysis *analysis);

/* Which of them is the newest candidate, counted from 1: it is not reported before the next snapshot. 0: there is none. */
uint64_t gw_analysis_newest_candidate(const struct gw_analysis *analysis);

/* From when on another snapshot reports one of those that the last one showed, CLOCK_MONOTONIC in ns; 0: none was there. */
uint64_t gw_analysis_confirm_ns(const struct gw_analysis *analysis);

/* All reports, active first, newest first; valid until the next step. */
size_t gw_analysis_reports(const struct gw_analysis *analysis, const struct gw_report *const **ret);

/*
 * gw_analysis_stalls - the stalls and livelocks of one snapshot that are older than @policy's stall_ns, deadlocks left out
 * @analysis: what its steps have seen so far shows which timelines do not advance
 * @found: called for each
 *
 * For whoever asks now and does not want to wait until the watch reports them. Returns 0 or -ENOMEM.
 */
int gw_analysis_stalls(const struct gw_analysis *analysis, const struct gw_snapshot *now,
		       const struct gw_policy *policy, gw_report_changed found, void *userdata);

/* Hazards that are not reported because there is room for so many of them: in the snapshot that had most of these. */
size_t gw_analysis_left_out_hazards(const struct gw_analysis *analysis);

/* What tasks of the last snapshot do from look to look; valid until the next step. */
const struct gw_spells *gw_analysis_spells(const struct gw_analysis *analysis);

/* The last snapshot given to gw_analysis_step(), or NULL. */
const struct gw_snapshot *gw_analysis_last(const struct gw_analysis *analysis);

#endif
