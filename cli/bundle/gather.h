/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gathering from places that may hang: each step is a process of its own, all at once, and none is waited for longer than the
 * limit. What hangs in the kernel is left behind.
 */
#ifndef GPUWATCH_CLI_BUNDLE_GATHER_H
#define GPUWATCH_CLI_BUNDLE_GATHER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "cli/lib/cli.h"

/*
 * Writes what it gathers to @out. Returns 0; anything else when it could not, and then what it has written is the reason, one
 * line.
 */
typedef int (*gather_function)(const struct cli *cli, FILE *out);

enum gather_state {
	GATHER_COMPLETE,
	GATHER_FAILED,
	GATHER_CUT, /* it did not come to an end */
};

struct gather_step {
	const char *name; /* of the file */
	gather_function run;
	const char *personal; /* what may be in there of persons, "" = nothing */
	/* set by gather_all() */
	pid_t pid;
	int file;
	enum gather_state state;
	char *data; /* terminated, malloc()ed; of a step that failed its reason */
	size_t size;
};

/* Runs all of them within @limit_ns. */
void gather_all(const struct cli *cli, struct gather_step *steps, size_t count, uint64_t limit_ns);

void gather_clear(struct gather_step *steps, size_t count);

#endif
