/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --dot, --svg and --html: reports as a picture, in the place of text. */
#ifndef GPUWATCH_CLI_RENDER_PICTURE_H
#define GPUWATCH_CLI_RENDER_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/lib/cli.h"

#define OPTIONS_PICTURE (OPTION_DOT | OPTION_SVG | OPTION_HTML | OPTION_OUTPUT)

/* Whether a picture is asked for. */
bool picture_is_wanted(const struct cli *cli);

/*
 * Writes the one that is asked for, to standard output or --output.
 * @reports: an array of gpuwatch.report.v1; @now_ns: CLOCK_MONOTONIC of their boot, 0 = the moment of their detection
 *
 * Returns EXIT_NOTHING or EXIT_FILE.
 */
int picture_write(const struct cli *cli, const json_t *reports, uint64_t now_ns);

#endif
