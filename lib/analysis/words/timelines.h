/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fence timelines of a snapshot, as JSON. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_TIMELINES_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_TIMELINES_H

#include <jansson.h>

#include "lib/analysis/record/snapshot.h"

/*
 * gw_timelines_json - gpuwatch.timelines.v1
 * @before: an earlier snapshot of the same machine, or NULL: then rates are not known
 *
 * {schema, taken_at, timelines: [{context, driver, timeline, seqno, signalled, rate_per_s,
 * signallers: [{kind, pid, comm, function, count}], waiting}]}. New reference, NULL when out of memory.
 */
json_t *gw_timelines_json(const struct gw_snapshot *now, const struct gw_snapshot *before);

#endif
