/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli top: waits, timelines and reports on a screen that stays up to date. */
#ifndef GPUWATCH_CLI_TOP_TOP_H
#define GPUWATCH_CLI_TOP_TOP_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_top(const struct cli *cli);

#endif
