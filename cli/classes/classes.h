/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of docs/classes, in the program itself: it explains a report on machines where nothing is installed. */
#ifndef GPUWATCH_CLI_CLASSES_CLASSES_H
#define GPUWATCH_CLI_CLASSES_CLASSES_H

#include "cli/lib/cli.h"

/* Prints the page of a class of reports. Returns the exit code: EXIT_USAGE, after a line that lists the classes, for none. */
int classes_print(const struct cli *cli, const char *name);

#endif
