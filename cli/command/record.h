/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli record: save what the daemon sees. */
#ifndef GPUWATCH_CLI_COMMAND_RECORD_H
#define GPUWATCH_CLI_COMMAND_RECORD_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_record(const struct cli *cli);

#endif
