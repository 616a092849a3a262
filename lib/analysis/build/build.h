/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a snapshot to its wait-for graph. */
#ifndef GPUWATCH_LIB_ANALYSIS_BUILD_BUILD_H
#define GPUWATCH_LIB_ANALYSIS_BUILD_BUILD_H

#include "lib/analysis/graph/graph.h"
#include "lib/analysis/record/progress.h"
#include "lib/analysis/record/spell.h"

/*
 * gw_graph_build - who needs whom in a snapshot
 * @ret: initialised and filled; gw_graph_deinit() it, also after an error
 * @before: an earlier snapshot of the same machine, or NULL. Only from two of
 *	them can it be told that a lock's owner has been in user space.
 * @spells: of @now, or NULL; must outlive the graph
 * @progress: of the timelines, up to @now, or NULL
 *
 * Returns 0 or -ENOMEM.
 */
int gw_graph_build(struct gw_graph *ret, const struct gw_snapshot *now, const struct gw_snapshot *before,
		   const struct gw_spells *spells, const struct gw_progress *progress);

#endif
