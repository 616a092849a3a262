/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: which findings are candidates, which are reported, which have
 * ended. A finding is known again by its key, or, while it lasts, by a wait
 * that it shares with a reported one.
 */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_STORE_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_STORE_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/verdict/hazard.h"
#include "lib/analysis/verdict/policy.h"
#include "lib/report/report.h"

struct gw_store;

int gw_store_new(struct gw_store **ret, const struct gw_policy *policy);
void gw_store_free(struct gw_store *store);
void gw_store_set_policy(struct gw_store *store, const struct gw_policy *policy);

/* Ends what @now shows to have ended: forgets candidates, resolves reports. An incomplete snapshot shows no end. */
void gw_store_expire(struct gw_store *store, const struct gw_snapshot *now, gw_report_changed changed, void *userdata);

/*
 * gw_store_offer - a finding of the snapshot that @graph was made from
 *
 * Makes it a candidate, confirms it, or updates its report. Deadlocks must be
 * offered before stalls, which give way to them. Returns 0 or -ENOMEM.
 */
int gw_store_offer(struct gw_store *store, const struct gw_graph *graph, const struct gw_finding *finding,
		   gw_report_changed changed, void *userdata);

/*
 * gw_store_settle - after all findings of @now have been offered
 *
 * A proven report that two complete snapshots in a row did not prove becomes probable, though its waits stand: what was found in
 * the meantime is a way out. Returns 0 or -ENOMEM.
 */
int gw_store_settle(struct gw_store *store, const struct gw_snapshot *now, gw_report_changed changed, void *userdata);

/* A hazard: reported at once, and again when it has become many more. Returns 0 or -ENOMEM. */
int gw_store_hazard(struct gw_store *store, const struct gw_snapshot *snapshot, const struct gw_hazard_finding *hazard,
		    gw_report_changed changed, void *userdata);

/* As gw_analysis_left_out_hazards(). */
size_t gw_store_left_out_hazards(const struct gw_store *store);

/* Hazards have happened: nothing more of them is to come. */
bool gw_store_wants_more(const struct gw_store *store);

/* As gw_analysis_wants_sleepers(). */
bool gw_store_wants_sleepers(const struct gw_store *store, uint64_t now_ns);

/* As gw_analysis_newest_candidate(). */
uint64_t gw_store_newest_candidate(const struct gw_store *store);

/* As gw_analysis_confirm_ns(). */
uint64_t gw_store_confirm_ns(const struct gw_store *store);

/* As gw_analysis_reports(). */
size_t gw_store_reports(struct gw_store *store, const struct gw_report *const **ret);

#endif
