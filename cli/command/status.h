/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli status: how the daemon is and what it can see. */
#ifndef GPUWATCH_CLI_COMMAND_STATUS_H
#define GPUWATCH_CLI_COMMAND_STATUS_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_status(const struct cli *cli);

#endif
