/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose fault a wait is: a GPU driver's, or that of another part of the kernel in which its chain ends. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_WHOSE_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_WHOSE_H

#include <jansson.h>

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/record/subsystem.h"

/* Of the chain of first edges from a node, the last one of whom it is known. */
struct gw_subsystem gw_whose(const struct gw_graph *graph, uint32_t index);

/* {kind, name}: a new reference, NULL when out of memory. */
json_t *gw_whose_json(const struct gw_graph *graph, uint32_t index);

#endif
