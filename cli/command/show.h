/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli show: everything about one report. */
#ifndef GPUWATCH_CLI_COMMAND_SHOW_H
#define GPUWATCH_CLI_COMMAND_SHOW_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_show(const struct cli *cli);

#endif
