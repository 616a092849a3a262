/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finding in one line. */
#ifndef GPUWATCH_LIB_ANALYSIS_SENTENCES_SUMMARY_H
#define GPUWATCH_LIB_ANALYSIS_SENTENCES_SUMMARY_H

#include "lib/analysis/graph/finding.h"
#include "lib/analysis/graph/graph.h"

/* malloc()ed; NULL when out of memory. */
char *gw_explain_summary(const struct gw_graph *graph, const struct gw_finding *finding);

#endif
