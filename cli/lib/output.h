/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command prints: JSON, or text for people. */
#ifndef GPUWATCH_CLI_LIB_OUTPUT_H
#define GPUWATCH_CLI_LIB_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "cli/lib/cli.h"

/* Prints a value as JSON: indented, or as one line. */
void output_json(const struct cli *cli, const json_t *json, bool one_line);

/*
 * For people, makes the document safe to show; for --json leaves it as it is,
 * since JSON escapes what a terminal would obey.
 */
void output_clean(const struct cli *cli, json_t *json);

/* Prints one document as JSON or by @render. */
void output_document(const struct cli *cli, json_t *json, void (*render)(const struct terminal *, const json_t *));

/*
 * What was saved into @path, on stderr when that is standard output itself.
 * @note: what people read behind the size; @details: what JSON has besides, the reference is taken, may be NULL
 */
void output_saved(const struct cli *cli, const char *path, size_t size, const char *note, json_t *details);

/* False, after one line on stderr unless the reader has gone, when not all of it could be written. */
bool output_flush(FILE *out);

#endif
