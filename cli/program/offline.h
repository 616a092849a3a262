/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands that need no daemon or do without one, which the static build has, too. */
#ifndef GPUWATCH_CLI_PROGRAM_OFFLINE_H
#define GPUWATCH_CLI_PROGRAM_OFFLINE_H

#include "cli/program/program.h"

extern const struct command command_row_check, command_row_probe_order, command_row_show, command_row_explain,
	command_row_replay;

#endif
