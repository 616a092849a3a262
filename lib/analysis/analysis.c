/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One step: graph, stuck, findings, store. */
#include "lib/analysis/analysis.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/analysis/build/build.h"
#include "lib/analysis/graph/stuck.h"
#include "lib/analysis/record/progress.h"
#include "lib/analysis/verdict/classify.h"
#include "lib/analysis/verdict/render.h"
#include "lib/analysis/verdict/rescue.h"
#include "lib/analysis/verdict/stall.h"
#include "lib/analysis/verdict/store.h"

struct gw_analysis {
	struct gw_policy policy;
	struct gw_store *store;
	struct gw_spells spells; /* of the last snapshot */
	struct gw_snapshot *last;
	struct gw_progress progress;
};

int gw_analysis_new(struct gw_analysis **ret, const struct gw_policy *policy)
{
	struct gw_analysis *analysis = calloc(1, sizeof(*analysis));

	if (!analysis)
		return -ENOMEM;
	analysis->policy = *policy;
	if (gw_store_new(&analysis->store, policy) < 0) {
		free(analysis);
		return -ENOMEM;
	}
	*ret = analysis;
	return 0;
}

void gw_analysis_free(struct gw_analysis *analysis)
{
	if (!analysis)
		return;
	gw_store_free(analysis->store);
	gw_spells_deinit(&analysis->spells);
	gw_snapshot_free(analysis->last);
	gw_progress_deinit(&analysis->progress);
	free(analysis);
}

void gw_analysis_set_policy(struct gw_analysis *analysis, const struct gw_policy *policy)
{
	analysis->policy = *policy;
	gw_store_set_policy(analysis->store, policy);
}

/* What was not read may be what ends it. */
static void analysis_weaken(const struct gw_graph *graph, struct gw_finding_list *findings)
{
	for (size_t i = 0; gw_snapshot_head(graph->snapshot)->incomplete && i < findings->count; i++)
		if (findings->items[i].kind == GW_KIND_DEADLOCK &&
		    findings->items[i].confidence > GW_CONFIDENCE_PROBABLE)
			findings->items[i].confidence = GW_CONFIDENCE_PROBABLE;
}

static int analysis_find_deadlocks(const struct gw_graph *graph, struct gw_finding_list *findings, bool *covered)
{
	struct gw_stuck stuck;
	int r = gw_stuck_find(&stuck, graph);

	if (r < 0)
		return r;
	r = gw_classify(graph, &stuck, findings, covered);
	analysis_weaken(graph, findings);
	r = r ?: gw_rescue_weaken(graph, &stuck, findings);
	gw_stuck_deinit(&stuck);
	return r;
}

static int analysis_find(const struct gw_policy *policy, const struct gw_graph *graph, struct gw_finding_list *findings)
{
	bool *covered = calloc(graph->n_nodes ? graph->n_nodes : 1, sizeof(*covered));
	int r = covered ? analysis_find_deadlocks(graph, findings, covered) : -ENOMEM;

	r = r ?: gw_stalls_find(graph, policy, covered, findings);
	free(covered);
	return r;
}

static int analysis_report_hazards(struct gw_analysis *analysis, const struct gw_snapshot *now,
				   gw_report_changed changed, void *userdata)
{
	struct gw_hazard_finding *hazards;
	size_t count;
	int r = gw_hazards_find(now, &hazards, &count);

	for (size_t i = 0; i < count && r == 0; i++)
		r = gw_store_hazard(analysis->store, now, &hazards[i], changed, userdata);
	free(hazards);
	return r;
}

static int analysis_judge(struct gw_analysis *analysis, const struct gw_snapshot *now, gw_report_changed changed,
			  void *userdata)
{
	struct gw_finding_list findings = { .items = NULL };
	struct gw_graph graph;
	int r;

	gw_store_expire(analysis->store, now, changed, userdata);
	r = analysis_report_hazards(analysis, now, changed, userdata);
	if (r < 0)
		return r;
	r = gw_spells_update(&analysis->spells, now, analysis->last);
	if (r < 0)
		return r;
	r = gw_progress_update(&analysis->progress, now);
	if (r < 0)
		return r;
	r = gw_graph_build(&graph, now, analysis->last, &analysis->spells, &analysis->progress);
	r = r ?: analysis_find(&analysis->policy, &graph, &findings);
	for (size_t i = 0; i < findings.count && r == 0; i++)
		r = gw_store_offer(analysis->store, &graph, &findings.items[i], changed, userdata);
	r = r ?: gw_store_settle(analysis->store, now, changed, userdata);
	gw_findings_deinit(&findings);
	gw_graph_deinit(&graph);
	return r;
}

int gw_analysis_step(struct gw_analysis *analysis, struct gw_snapshot *snapshot, gw_report_changed changed,
		     void *userdata)
{
	int r = analysis_judge(analysis, snapshot, changed, userdata);

	gw_snapshot_free(analysis->last);
	analysis->last = snapshot;
	return r;
}

static int analysis_give(const struct gw_graph *graph, const struct gw_finding *finding, gw_report_changed found,
			 void *userdata)
{
	const struct gw_snapshot_record *head = gw_snapshot_head(graph->snapshot);
	struct gw_report *report;
	int r;

	if (finding->kind == GW_KIND_DEADLOCK)
		return 0;
	r = gw_render(&report, graph, finding);
	if (r < 0)
		return r;
	report->detected_real_ns = head->real_ns;
	report->detected_mono_ns = head->mono_ns;
	gw_report_identify(report);
	found(report, userdata);
	gw_report_free(report);
	return 0;
}

int gw_analysis_stalls(const struct gw_analysis *analysis, const struct gw_snapshot *now,
		       const struct gw_policy *policy, gw_report_changed found, void *userdata)
{
	struct gw_finding_list findings = { .items = NULL };
	struct gw_graph graph;
	int r = gw_graph_build(&graph, now, NULL, NULL, &analysis->progress);

	r = r ?: analysis_find(policy, &graph, &findings);
	for (size_t i = 0; i < findings.count && r == 0; i++)
		r = analysis_give(&graph, &findings.items[i], found, userdata);
	gw_findings_deinit(&findings);
	gw_graph_deinit(&graph);
	return r;
}

bool gw_analysis_wants_more(const struct gw_analysis *analysis)
{
	return gw_store_wants_more(analysis->store);
}

bool gw_analysis_wants_sleepers(const struct gw_analysis *analysis)
{
	return analysis->last && gw_store_wants_sleepers(analysis->store, gw_snapshot_head(analysis->last)->mono_ns);
}

uint64_t gw_analysis_newest_candidate(const struct gw_analysis *analysis)
{
	return gw_store_newest_candidate(analysis->store);
}

uint64_t gw_analysis_confirm_ns(const struct gw_analysis *analysis)
{
	return gw_store_confirm_ns(analysis->store);
}

size_t gw_analysis_reports(const struct gw_analysis *analysis, const struct gw_report *const **ret)
{
	return gw_store_reports(analysis->store, ret);
}

const struct gw_snapshot *gw_analysis_last(const struct gw_analysis *analysis)
{
	return analysis->last;
}

const struct gw_spells *gw_analysis_spells(const struct gw_analysis *analysis)
{
	return &analysis->spells;
}

size_t gw_analysis_left_out_hazards(const struct gw_analysis *analysis)
{
	return gw_store_left_out_hazards(analysis->store);
}
