/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli holders: who is in the way of a reset, an unbind or rmmod of a GPU, before one tries. */
#ifndef GPUWATCH_CLI_HOLDERS_HOLDERS_H
#define GPUWATCH_CLI_HOLDERS_HOLDERS_H

#include "cli/lib/cli.h"

/* Returns the exit code: EXIT_FOUND if somebody is. */
int command_holders(const struct cli *cli);

#endif
