/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli-static: the same program for machines without its libraries. What it links in their place is in this folder. */
#include "cli/program/offline.h"
#include "cli/program/program.h"

static const struct command *const commands[] = {
	&command_row_check,   &command_row_probe_order, &command_row_show,
	&command_row_explain, &command_row_replay,	NULL,
};

int main(int argc, char **argv)
{
	return program_run(commands, argc, argv);
}
