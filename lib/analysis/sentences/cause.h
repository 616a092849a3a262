/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finding in a few sentences: what happens. */
#ifndef GPUWATCH_LIB_ANALYSIS_SENTENCES_CAUSE_H
#define GPUWATCH_LIB_ANALYSIS_SENTENCES_CAUSE_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/graph.h"

/* malloc()ed; NULL when out of memory. */
char *gw_explain_cause(const struct gw_graph *graph, const struct gw_finding *finding);

#endif
