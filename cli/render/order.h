/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.probe-order.v1 and gpuwatch.link-order.v1 for people. */
#ifndef GPUWATCH_CLI_RENDER_ORDER_H
#define GPUWATCH_CLI_RENDER_ORDER_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/order.h"
#include "cli/lib/terminal.h"

/* The verdicts, the order, who needs whom, and what was not seen. @all: also what is cut from long boots. */
void render_order(const struct terminal *terminal, const json_t *order, bool all);

/* Its parts, each with its heading. */
void render_verdicts(const struct terminal *terminal, const struct order_reports *reports, bool all);
void render_order_table(const struct terminal *terminal, const json_t *order, const struct order_reports *reports,
			bool all);
void render_tree(const struct terminal *terminal, const json_t *tree, bool all);

/* What is below a verdict's title: who needs what, when, result, root cause, advice. Of a gpuwatch.report.v1. */
void render_verdict(const struct terminal *terminal, const json_t *report);

void render_link_order(const struct terminal *terminal, const json_t *link_order, bool all);

/* "12 more rows: --all shows them", dimmed. */
void render_more(const struct terminal *terminal, size_t hidden, const char *what);

#endif
