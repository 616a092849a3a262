/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli probe-order: what came up in the wrong order at boot. */
#ifndef GPUWATCH_CLI_COMMAND_PROBE_ORDER_H
#define GPUWATCH_CLI_COMMAND_PROBE_ORDER_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_probe_order(const struct cli *cli);

#endif
