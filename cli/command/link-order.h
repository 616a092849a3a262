/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli probe-order --vmlinux: what a kernel image's link order alone keeps in order. */
#ifndef GPUWATCH_CLI_COMMAND_LINK_ORDER_H
#define GPUWATCH_CLI_COMMAND_LINK_ORDER_H

#include "cli/lib/cli.h"

/* Returns the exit code: EXIT_FOUND if a pair is in the wrong order. */
int command_link_order(const struct cli *cli);

#endif
