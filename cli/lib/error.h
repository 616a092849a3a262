/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the program fails: its exit codes, one line on stderr, the end when memory runs out. */
#ifndef GPUWATCH_CLI_LIB_ERROR_H
#define GPUWATCH_CLI_LIB_ERROR_H

#include "lib/base/cleanup.h"

#define PROGRAM "gpuwatch-cli"

/* Exit codes, the same for all commands; gpuwatch-cli(1) says which command uses EXIT_FOUND. */
enum {
	EXIT_NOTHING = 0, /* done, nothing found */
	EXIT_FOUND = 1,	  /* a deadlock was found, or something that the boot lost */
	EXIT_USAGE = 2,
	EXIT_UNREACHABLE = 3, /* no answer from the daemon, or none that this version can read */
	EXIT_FILE = 4,	      /* a file cannot be read, understood or written */
	EXIT_REFUSED = 5,     /* the daemon answered with an error: it has no such report */
	EXIT_MEMORY = 6,
};

/* One line on stderr: "gpuwatch-cli: ...". Control characters are shown as '?'. */
void complain(const char *format, ...) _printf_(1, 2);

/* Ends the program with one line: there is nothing to save. */
_Noreturn void out_of_memory(void);

#endif
