/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.boot-compare.v1 for people, and as KTAP for test farms. */
#ifndef GPUWATCH_CLI_BOOT_COMPARE_H
#define GPUWATCH_CLI_BOOT_COMPARE_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/terminal.h"

/* Whether something that was there is missing, is driven by another driver, or has another number. */
bool compare_is_worse(const json_t *compare);

/* @all: also what is as it was. */
void render_compare(const struct terminal *terminal, const json_t *compare, bool all);

/* Documentation/dev-tools/ktap.rst: one test for each device, and one for the numbers of cards. */
void render_compare_ktap(const struct terminal *terminal, const json_t *compare);

/* Of a boot alone: one test for each report of something that is lost. */
void render_order_ktap(const struct terminal *terminal, const json_t *order);

#endif
