/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One call to the daemon, its failure as exit code, its answer as output. */
#ifndef GPUWATCH_CLI_LIB_FETCH_H
#define GPUWATCH_CLI_LIB_FETCH_H

#include <jansson.h>

#include "cli/lib/cli.h"
#include "cli/lib/terminal.h"
#include "lib/client/client.h"

/* Prints why the last call failed and returns the exit code. */
int fetch_failed(const struct gw_client *client, int result);

/* Connects, calls a method without arguments, prints its answer; returns the exit code. */
int fetch_and_print(const struct cli *cli, const char *method, void (*render)(const struct terminal *, const json_t *));

#endif
