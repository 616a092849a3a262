/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli export: what the daemon found, in the formats of other programs. */
#ifndef GPUWATCH_CLI_EXPORT_EXPORT_H
#define GPUWATCH_CLI_EXPORT_EXPORT_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_export(const struct cli *cli);

#endif
