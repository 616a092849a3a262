/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that a command was asked to write: --force, and what to say when they cannot be written. */
#ifndef GPUWATCH_CLI_LIB_SAVE_H
#define GPUWATCH_CLI_LIB_SAVE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/lib/cli.h"

/* False, after having said so, when the file is there and must not be replaced. Ask before the work begins. */
bool save_possible(const struct cli *cli, const char *path);

/* Writes the whole file ("-" = standard output), or says why not; returns the exit code. */
int save_file(const struct cli *cli, const char *path, const void *data, size_t size);

#endif
