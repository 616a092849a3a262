/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli deadlocks, stalls and hazards: the reports of one kind. */
#ifndef GPUWATCH_CLI_COMMAND_REPORTS_H
#define GPUWATCH_CLI_COMMAND_REPORTS_H

#include "cli/lib/cli.h"

/* Return the exit code. */
int command_deadlocks(const struct cli *cli);
int command_stalls(const struct cli *cli);
int command_hazards(const struct cli *cli);

#endif
