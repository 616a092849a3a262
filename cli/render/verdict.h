/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdicts on a boot, for people. */
#ifndef GPUWATCH_CLI_RENDER_VERDICT_H
#define GPUWATCH_CLI_RENDER_VERDICT_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/order.h"
#include "cli/lib/terminal.h"

/* All of a boot's; @all: each in full. */
void render_verdicts(const struct terminal *terminal, const struct order_reports *reports, bool all);

/* What is below a verdict's title: who needs what, when, result, root cause, advice. Of a gpuwatch.report.v1. */
void render_verdict(const struct terminal *terminal, const json_t *report);

#endif
