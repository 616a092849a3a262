/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli timelines: fence timelines and who signals them. gpuwatch-cli faults: page faults that are being handled. */
#ifndef GPUWATCH_CLI_COMMAND_TIMELINES_H
#define GPUWATCH_CLI_COMMAND_TIMELINES_H

#include "cli/lib/cli.h"

/* Both return the exit code. */
int command_timelines(const struct cli *cli);
int command_faults(const struct cli *cli);

#endif
