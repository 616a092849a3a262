/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli kfd: KFD's processes, queues and evictions. */
#ifndef GPUWATCH_CLI_COMMAND_KFD_H
#define GPUWATCH_CLI_COMMAND_KFD_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_kfd(const struct cli *cli);

#endif
