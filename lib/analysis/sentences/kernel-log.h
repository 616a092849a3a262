/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel log reports about those in a finding, in sentences. */
#ifndef GPUWATCH_LIB_ANALYSIS_SENTENCES_KERNEL_LOG_H
#define GPUWATCH_LIB_ANALYSIS_SENTENCES_KERNEL_LOG_H

#include "lib/analysis/sentences/prose.h"

/* Adds sentences, each with a space before it: none where the log has nothing. */
void gw_prose_kernel_log(struct gw_prose *prose);

#endif
