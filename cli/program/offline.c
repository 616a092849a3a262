/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What these commands take. */
#include "cli/program/offline.h"

#include "cli/command/explain.h"
#include "cli/command/probe-order.h"
#include "cli/command/replay.h"
#include "cli/command/show.h"
#include "cli/health/check.h"
#include "cli/render/picture.h"

const struct command command_row_check = {
	"check",
	NULL,
	OPTION_FORMAT,
	command_check,
	"healthy or not, in one line, for health checks",
	"Prints one line of at most 80 bytes: \"[class] culprit - RecommendedAction:\n"
	"code\" when GPU work is stuck for good. Answers within a second even when the\n"
	"daemon or the bus hangs; opens no device and reads nothing of a stuck process.\n"
	"Exit codes of its own: 0 healthy, 1 a problem, 2 unknown (--format=nagios: 0,\n"
	"2, 3).\n",
};

const struct command command_row_probe_order = {
	"probe-order",
	NULL,
	OPTION_ALL | OPTION_FORCE | OPTION_TIMELINE | OPTION_SAVE | OPTION_FROM | OPTION_VMLINUX | OPTION_MODULES |
		OPTION_COMPARE | OPTION_KTAP | OPTION_RECORD_ONCE | OPTION_DRY_RUN | OPTION_ROOT,
	command_probe_order,
	"what came up in the wrong order at boot",
	"Shows what this boot lost because a driver came up before what it needs, what\n"
	"went well only by luck, then in which order drivers came up, who needs whom,\n"
	"and which part of the boot was not recorded. Exit code 1 if something was lost.\n"
	"--vmlinux needs no boot: it shows what only the link order of a kernel keeps in\n"
	"order.\n"
	"--compare holds it against another boot, or against a list of what must be\n"
	"bound.\n"
	"--reboot-and-record has the kernel itself record the next boot, where GRUB or\n"
	"systemd-boot can boot another entry once.\n",
};

const struct command command_row_show = {
	"show",
	"ID|FILE",
	OPTIONS_PICTURE,
	command_show,
	"everything about one report, with kernel stacks",
	"ID is the name of a report, as `gpuwatch-cli deadlocks --all` lists it.\n"
	"FILE (with a slash or a dot in its name, or - for standard input) holds saved\n"
	"reports: the output of --json, or of `journalctl -u gpuwatchd --all -o json`.\n"
	"--svg, --html and --dot draw who waits for whom instead.\n",
};

const struct command command_row_explain = {
	"explain",
	"FILE...",
	OPTION_JOURNAL | OPTION_CLASS | OPTIONS_PICTURE,
	command_explain,
	"what a kernel log says of a hang, no daemon needed",
	"Reads kernel logs as people paste them: dmesg, journalctl, syslog, consoles;\n"
	"wrapped, quoted, newest line first, packed. Shows who is blocked, by whom,\n"
	"whose fault it is, and what the log does not say. FILE may be - for standard\n"
	"input; --journal reads this boot's kernel messages. Exit code 1 if something\n"
	"hangs.\n"
	"--class prints what a class of reports means, how to confirm it, and what to\n"
	"do.\n",
};

const struct command command_row_replay = {
	"replay",
	"FILE",
	OPTION_WAITS | OPTION_TIMELINES | OPTIONS_PICTURE,
	command_replay,
	"analyse a recording, no daemon needed",
	"Shows the deadlocks and stalls of a file that `gpuwatch-cli record` wrote.\n"
	"FILE may be - for standard input. Exit code 1 if there is a deadlock in it.\n",
};
