/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The waits of a snapshot that are shown without being a report, as JSON. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_WAITS_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_WAITS_H

#include <stdint.h>

#include <jansson.h>

#include "lib/analysis/record/snapshot.h"

enum gw_waits_scope {
	GW_WAITS_TRACKED, /* for GPUs, and for what the programs record */
	GW_WAITS_ALL,	  /* also whoever is in D for anything else */
};

/*
 * gw_waits_json - gpuwatch.waits.v1
 *
 * {schema, taken_at, waits: [{pid, tgid, comm, state, kind, age_ns, since_mono_ns, known_since, object, phrase,
 * function, fence {context, seqno, driver, timeline}, lock {...}, subsystem {kind, name}, place, inside: [...], chain:
 * "..."}]}, the longest wait first; the phrase is what a report calls the object, the subsystem whose fault the wait is,
 * the place where the task sleeps ("function [module]", "" = not known). A wait that no program saw begin has a function instead of an
 * object. Waits younger than @min_age_ns are left out. New reference, NULL when out of memory.
 */
json_t *gw_waits_json(const struct gw_snapshot *now, enum gw_waits_scope scope, uint64_t min_age_ns);

#endif
