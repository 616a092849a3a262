/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a chain in sentences. */
#ifndef GPUWATCH_LIB_ANALYSIS_SENTENCES_STEPS_H
#define GPUWATCH_LIB_ANALYSIS_SENTENCES_STEPS_H

#include "lib/analysis/sentences/prose.h"

/* Adds all of them, and the full stop. */
void gw_prose_steps(struct gw_prose *prose);

/* Adds the one of a task of which nothing but its wait is known, without the full stop. */
void gw_prose_unknown_wait(struct gw_prose *prose);

#endif
