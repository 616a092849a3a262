/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chain in one line. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_CHAIN_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_CHAIN_H

#include "lib/analysis/graph/graph.h"

/*
 * The first object that a task waits for, seen through the fault, eviction or reclaim that it is inside of; NULL: its chain
 * has none.
 */
const struct gw_node *gw_chain_object(const struct gw_graph *graph, uint32_t task);

/* From a task along first edges: "a (pid 1) → fence 4:7 (drv ring) → b (pid 2)". malloc()ed; NULL when out of memory. */
char *gw_chain_line(const struct gw_graph *graph, uint32_t task);

#endif
