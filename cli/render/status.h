/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.status.v1 for people. */
#ifndef GPUWATCH_CLI_RENDER_STATUS_H
#define GPUWATCH_CLI_RENDER_STATUS_H

#include <jansson.h>

#include "cli/lib/terminal.h"

void render_status(const struct terminal *terminal, const json_t *status);

/* Probes that the kernel has and refused. */
size_t status_failed_probes(const json_t *status);

#endif
