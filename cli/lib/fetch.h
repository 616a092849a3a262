/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands have in common: one call to the daemon, its failure as exit code, its answer as output. */
#ifndef GPUWATCH_CLI_LIB_FETCH_H
#define GPUWATCH_CLI_LIB_FETCH_H

#include <stdbool.h>

#include <jansson.h>

#include "cli/lib/cli.h"

/* Prints a value as JSON: indented, or as one line. */
void print_json(const struct cli *cli, const json_t *json, bool one_line);

/* Says why the last call failed and returns the exit code. */
int fetch_failed(const struct client *client, int result);

/*
 * For people, makes the document safe to show; for --json leaves it as it is,
 * since JSON escapes what a terminal would obey.
 */
void fetch_clean(const struct cli *cli, json_t *json);

/* Prints one document as JSON or by @render. */
void fetch_print(const struct cli *cli, json_t *json, void (*render)(const struct terminal *, const json_t *));

/* Connects, calls a method without arguments, prints its answer; returns the exit code. */
int fetch_and_print(const struct cli *cli, const char *method, void (*render)(const struct terminal *, const json_t *));

#endif
