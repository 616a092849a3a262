/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a finding is not sure. */
#ifndef GPUWATCH_LIB_ANALYSIS_SENTENCES_DOUBT_H
#define GPUWATCH_LIB_ANALYSIS_SENTENCES_DOUBT_H

#include "lib/analysis/sentences/prose.h"

/* Adds sentences, each with a space before it: none where all is proven and seen. */
void gw_prose_doubts(struct gw_prose *prose);

#endif
