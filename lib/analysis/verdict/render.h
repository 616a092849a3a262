/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a finding to a report. */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_RENDER_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_RENDER_H

#include "lib/analysis/graph/finding.h"

/*
 * gw_render - a new report: everything but id, state and the times of detection
 *
 * Returns 0 or -ENOMEM; gw_report_free() it.
 */
int gw_render(struct gw_report **ret, const struct gw_graph *graph, const struct gw_finding *finding);

/* Makes a proven report probable, and states why: later snapshots do not prove it. Returns 0 or -ENOMEM. */
int gw_render_unproven(struct gw_report *report);

#endif
