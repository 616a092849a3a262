/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli replay: analyse a recording. */
#ifndef GPUWATCH_CLI_COMMAND_REPLAY_H
#define GPUWATCH_CLI_COMMAND_REPLAY_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_replay(const struct cli *cli);

#endif
