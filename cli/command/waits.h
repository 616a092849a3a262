/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli waits: every wait for a GPU at this moment. */
#ifndef GPUWATCH_CLI_COMMAND_WAITS_H
#define GPUWATCH_CLI_COMMAND_WAITS_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_waits(const struct cli *cli);

#endif
