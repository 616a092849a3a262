/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a lock is beside its address: its type, what structure it is of, and where it was taken. */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_LOCKS_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_LOCKS_H

#include "lib/analysis/graph/graph.h"

/* "mutex", "ww_mutex", "rwsem", "percpu-rwsem", "rt-mutex", "semaphore", "unknown". */
const char *gw_lock_type(const struct gw_graph *graph, const struct gw_node *node);

/* "dma_resv" where the memory around the lock, or the function that waits for it, shows that; else NULL. */
const char *gw_lock_structure(const struct gw_graph *graph, const struct gw_node *node);

/* The function in which its holder, by that one's stack, has taken it; NULL if that is not shown. Valid as long as the snapshot. */
const struct gw_symbol_record *gw_lock_taken_in(const struct gw_graph *graph, const struct gw_node *node);

#endif
