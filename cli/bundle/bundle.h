/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli bundle: everything that a report of a bug needs, in one archive, within five seconds whatever hangs. */
#ifndef GPUWATCH_CLI_BUNDLE_BUNDLE_H
#define GPUWATCH_CLI_BUNDLE_BUNDLE_H

#include "cli/lib/cli.h"

/* Returns the exit code. */
int command_bundle(const struct cli *cli);

#endif
