/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.kfd.v1 for people. */
#ifndef GPUWATCH_CLI_RENDER_KFD_H
#define GPUWATCH_CLI_RENDER_KFD_H

#include <jansson.h>

#include "cli/lib/terminal.h"

void render_kfd(const struct terminal *terminal, const json_t *kfd);

#endif
