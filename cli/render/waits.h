/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.waits.v1, gpuwatch.timelines.v1 and gpuwatch.faults.v1 for people. */
#ifndef GPUWATCH_CLI_RENDER_WAITS_H
#define GPUWATCH_CLI_RENDER_WAITS_H

#include <jansson.h>

#include "cli/lib/terminal.h"

void render_waits(const struct terminal *terminal, const json_t *waits);
/* The same of ListAllWaits: with whose fault each is. */
void render_all_waits(const struct terminal *terminal, const json_t *waits);
void render_timelines(const struct terminal *terminal, const json_t *timelines);
void render_faults(const struct terminal *terminal, const json_t *faults);

/* "12 waits tracked, oldest 0.3 s": of a gpuwatch.waits.v1. Owned by the caller. */
char *waits_summary(const json_t *waits);

/* "3 waits unexplained, oldest 1 min": long ones of a GPU's or of unknown parts. NULL = none; owned by the caller. */
char *waits_unexplained(const json_t *waits);

#endif
