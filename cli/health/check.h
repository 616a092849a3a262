/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli check: the health of the machine in one line, in less than a second whatever hangs. */
#ifndef GPUWATCH_CLI_HEALTH_CHECK_H
#define GPUWATCH_CLI_HEALTH_CHECK_H

#include "cli/lib/cli.h"

/* Returns the exit code: health_exit_code(). */
int command_check(const struct cli *cli);

#endif
