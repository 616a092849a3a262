/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The documents that are not reports, for people: gpuwatch.status.v1 and the like. */
#ifndef GPUWATCH_CLI_RENDER_VIEW_H
#define GPUWATCH_CLI_RENDER_VIEW_H

#include <jansson.h>

#include "cli/lib/terminal.h"

void render_status(const struct terminal *terminal, const json_t *status);
void render_waits(const struct terminal *terminal, const json_t *waits);
void render_timelines(const struct terminal *terminal, const json_t *timelines);
void render_kfd(const struct terminal *terminal, const json_t *kfd);

/* "12 waits tracked, oldest 0.3 s": of a gpuwatch.waits.v1. Owned by the caller. */
char *waits_summary(const json_t *waits);

/* Probes of a gpuwatch.status.v1 that the kernel has and refused. */
size_t status_failed_probes(const json_t *status);

#endif
