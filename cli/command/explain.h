/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli explain: what a kernel log says about what hangs. */
#ifndef GPUWATCH_CLI_COMMAND_EXPLAIN_H
#define GPUWATCH_CLI_COMMAND_EXPLAIN_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_explain(const struct cli *cli);

#endif
