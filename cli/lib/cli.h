/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every command gets: its options and arguments. */
#ifndef GPUWATCH_CLI_LIB_CLI_H
#define GPUWATCH_CLI_LIB_CLI_H

#include <stdbool.h>

#include "cli/lib/terminal.h"
#include "lib/client/client.h"

/* Options, as bits: those that were given, and those that a command takes. */
enum {
	OPTION_JSON = 1 << 0,
	OPTION_ALL = 1 << 1,
	OPTION_FOLLOW = 1 << 2,
	OPTION_WATCH = 1 << 3,
	OPTION_WAITS = 1 << 4,
	OPTION_TIMELINES = 1 << 5,
	OPTION_FORCE = 1 << 6,
	OPTION_TIMELINE = 1 << 7,
	OPTION_SAVE = 1 << 8,
	OPTION_FROM = 1 << 9,
	OPTION_VMLINUX = 1 << 10,
	OPTION_MODULES = 1 << 11,
	OPTION_JOURNAL = 1 << 12,
	OPTION_MIN_AGE = 1 << 13,
	OPTION_COMPARE = 1 << 14,
	OPTION_KTAP = 1 << 15,
	OPTION_FORMAT = 1 << 16,
	OPTION_RECORD_ONCE = 1 << 17,
	OPTION_DRY_RUN = 1 << 18,
	OPTION_ROOT = 1 << 19,
	OPTION_REDACT = 1 << 20,
	OPTION_CLASS = 1 << 21,
	OPTION_OUTPUT = 1 << 22,
	OPTION_TEXTFILE = 1 << 23,
	OPTION_DOT = 1 << 24,
	OPTION_SVG = 1 << 25,
	OPTION_HTML = 1 << 26,
};

struct cli {
	struct terminal terminal;
	struct gw_client_target target;
	unsigned options;     /* OPTION_* */
	const char *argument; /* ID or FILE, of the commands that take one, NULL = not given */
	char **arguments;     /* of those that take more: all of them */
	int n_arguments;
	/* Values of options that have one; of --timeline NULL when it was given without. */
	const char *timeline, *save, *from, *vmlinux, *modules, *min_age, *compare, *root, *format, *class, *output,
		*textfile;
};

static inline bool cli_has(const struct cli *cli, unsigned option)
{
	return (cli->options & option) != 0;
}

#endif
