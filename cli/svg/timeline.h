/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot as an image: who was probed, deferred and retried when, and who waited for whom. */
#ifndef GPUWATCH_CLI_SVG_TIMELINE_H
#define GPUWATCH_CLI_SVG_TIMELINE_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/*
 * Writes a gpuwatch.probe-order.v1, cleaned by json_clean(), as SVG: one file,
 * no scripts, nothing from elsewhere. @all: every device, however many.
 */
void svg_timeline(FILE *out, const json_t *order, bool all);

#endif
