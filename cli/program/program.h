/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the command line to a command: options, help, dispatch. */
#ifndef GPUWATCH_CLI_PROGRAM_PROGRAM_H
#define GPUWATCH_CLI_PROGRAM_PROGRAM_H

#include "cli/lib/cli.h"

struct command {
	const char *name;
	const char *
		argument; /* name of the one argument, NULL = takes none; ends with "...": takes more; in brackets: or none */
	unsigned options; /* OPTION_* that it takes, besides OPTION_JSON */
	int (*run)(const struct cli *cli);
	const char *brief;
	const char *help; /* what --help adds */
};

/* Does what the command line asks for with one of the @commands, of which the last is NULL. Returns the exit code. */
int program_run(const struct command *const commands[], int argc, char **argv);

#endif
