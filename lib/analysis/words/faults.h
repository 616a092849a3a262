/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page faults of devices that are being handled, for `gpuwatch-cli faults`. */
#ifndef GPUWATCH_LIB_ANALYSIS_WORDS_FAULTS_H
#define GPUWATCH_LIB_ANALYSIS_WORDS_FAULTS_H

#include <jansson.h>

#include "lib/analysis/record/snapshot.h"

/*
 * gw_faults_json - gpuwatch.faults.v1
 *
 * An object with schema, taken_at and faults: who handles each, of which device, for which process, how
 * it is seen, and what the handler waits for if it does. NULL when out of memory.
 */
json_t *gw_faults_json(const struct gw_snapshot *now);

#endif
