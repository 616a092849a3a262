/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.holders.v1 for people. */
#ifndef GPUWATCH_CLI_HOLDERS_TEXT_H
#define GPUWATCH_CLI_HOLDERS_TEXT_H

#include <jansson.h>

#include "cli/lib/terminal.h"

void render_holders(const struct terminal *terminal, const json_t *document);

#endif
