/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.link-order.v1 for people. */
#ifndef GPUWATCH_CLI_BOOT_LINK_ORDER_H
#define GPUWATCH_CLI_BOOT_LINK_ORDER_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/terminal.h"

/* @all: also the pairs that this kernel does not have. */
void render_link_order(const struct terminal *terminal, const json_t *link_order, bool all);

#endif
