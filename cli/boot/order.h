/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.probe-order.v1 for people. */
#ifndef GPUWATCH_CLI_BOOT_ORDER_H
#define GPUWATCH_CLI_BOOT_ORDER_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/terminal.h"

/* The verdicts, the order, who needs whom, and what was not seen. @all: also what is cut from long boots. */
void render_order(const struct terminal *terminal, const json_t *order, bool all);

#endif
