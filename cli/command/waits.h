/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli waits: every wait for a GPU at this moment. */
#ifndef GPUWATCH_CLI_COMMAND_WAITS_H
#define GPUWATCH_CLI_COMMAND_WAITS_H

#include <stdint.h>

#include <jansson.h>

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_waits(const struct cli *cli);

/* The time of --min-age, @otherwise without it. Returns 0 or, having complained, the exit code. */
int waits_min_age(const struct cli *cli, uint64_t otherwise, uint64_t *ret);

/* Calls ListAllWaits, or ListWaits where the daemon is of an earlier version: as gw_client_call(). */
int waits_call_all(struct gw_client *client, json_t **ret, uint64_t min_age_ns);

#endif
