/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape of a hang, as one number: the same on every machine, from a live look as from a log. */
#ifndef GPUWATCH_LIB_ANALYSIS_VERDICT_SIGNATURE_H
#define GPUWATCH_LIB_ANALYSIS_VERDICT_SIGNATURE_H

#include "lib/analysis/graph/finding.h"

/*
 * Of the finding's class, and of the function and module in which each task of a deadlock is, or the last one of another chain;
 * 0 = none is known.
 */
uint64_t gw_signature(const struct gw_graph *graph, const struct gw_finding *finding);

#endif
