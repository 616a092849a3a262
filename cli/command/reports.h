/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli deadlocks, stalls and hazards: the reports of one kind. */
#ifndef GPUWATCH_CLI_COMMAND_REPORTS_H
#define GPUWATCH_CLI_COMMAND_REPORTS_H

#include "cli/lib/cli.h"

/* Return the exit code. */
int command_deadlocks(const struct cli *cli);
int command_stalls(const struct cli *cli);
int command_hazards(const struct cli *cli);

/* Reports of all kinds as they change, a line of JSON each, for as long as there is a daemon. Returns the exit code. */
int reports_follow_all(const struct cli *cli);

#endif
