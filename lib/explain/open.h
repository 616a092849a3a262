/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a chain ends because a log shows no more: which classes of the live engine it may be. Several each fit all that the log
 * has, and nothing in it decides between them; a log without the listings that would exclude the rest leaves even that open.
 */
#ifndef GPUWATCH_LIB_EXPLAIN_OPEN_H
#define GPUWATCH_LIB_EXPLAIN_OPEN_H

#include "lib/analysis/graph/finding.h"
#include "lib/explain/graph.h"

#define GW_OPEN_CLASSES_MAX 6

/* Returns how many; 0: the finding's own class is all that can be said. */
unsigned gw_open_classes(const struct gw_text_graph *graph, const struct gw_finding *finding,
			 enum gw_class classes[GW_OPEN_CLASSES_MAX]);

/* What a look at the machine would have to answer, as the beginning of a sentence. */
const char *gw_open_question(const struct gw_text_graph *graph, const struct gw_finding *finding);

#endif
