/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finding of a text as a report: the engine's own words, and what only a text needs: whose fault, what is missing. */
#ifndef GPUWATCH_LIB_EXPLAIN_RENDER_H
#define GPUWATCH_LIB_EXPLAIN_RENDER_H

#include "lib/analysis/graph/finding.h"
#include "lib/explain/graph.h"

/* Returns 0 or -ENOMEM; gw_report_free() it. */
int gw_text_render(struct gw_report **ret, const struct gw_text_graph *graph, const struct gw_finding *finding);

/* A report of what lockdep found that could hang, or NULL when out of memory. */
struct gw_report *gw_text_render_lockdep(const struct gw_scene *scene, const struct gw_log_event *event,
					 const struct gw_log_sample *sample);

#endif
