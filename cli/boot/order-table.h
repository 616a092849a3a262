/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a gpuwatch.probe-order.v1, as a table with its heading. */
#ifndef GPUWATCH_CLI_BOOT_ORDER_TABLE_H
#define GPUWATCH_CLI_BOOT_ORDER_TABLE_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/order.h"
#include "cli/lib/terminal.h"

/* @all: also what is cut from long boots. */
void render_order_table(const struct terminal *terminal, const json_t *order, const struct order_reports *reports,
			bool all);

#endif
