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

/*
 * fetch_notice - what a person at a terminal sees where an answer may take long: a line on standard error
 * @what: what is waited for, as part of a sentence
 *
 * fetch_notice_end() takes the line away again, before anything else is printed.
 */
#define FETCH_NOTICE "gpuwatchd is asked; Ctrl-C ends the waiting"
void fetch_notice(const char *what);
void fetch_notice_end(void);

/* Connects, calls a method without arguments, prints its answer; returns the exit code. */
int fetch_and_print(const struct cli *cli, const char *method, void (*render)(const struct terminal *, const json_t *));

#endif
