/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli: what gpuwatchd found, for people and for scripts. The table of its commands. */
#include "cli/bundle/bundle.h"
#include "cli/command/kfd.h"
#include "cli/command/record.h"
#include "cli/command/reports.h"
#include "cli/command/status.h"
#include "cli/command/timelines.h"
#include "cli/command/waits.h"
#include "cli/export/export.h"
#include "cli/holders/holders.h"
#include "cli/program/offline.h"
#include "cli/program/program.h"
#include "cli/top/top.h"

static const struct command command_row_status = {
	"status",
	NULL,
	0,
	command_status,
	"how the daemon is and what it can see",
	"Shows when the daemon started, what it found, what it costs, and the state of\n"
	"every probe: what could not be attached, why, and what is lost without it.\n",
};

static const struct command command_row_deadlocks = {
	"deadlocks",
	NULL,
	OPTION_ALL | OPTION_FOLLOW,
	command_deadlocks,
	"deadlocks that stand now",
	"Shows each deadlock as a chain: who waits for what, who holds it, since when,\n"
	"how that is known; then who is blocked behind it, the root cause, and what to\n"
	"do.\n"
	"Exit code 1 if a deadlock stands.\n",
};

static const struct command command_row_stalls = {
	"stalls",
	NULL,
	OPTION_ALL | OPTION_FOLLOW | OPTION_MIN_AGE,
	command_stalls,
	"long waits that are not proven deadlocks",
	"Shows each long wait for a GPU with the chain to what it hangs on, of this\n"
	"moment and from 2 seconds on; the daemon itself reports one when it is older\n"
	"than StallSec=.\n",
};

static const struct command command_row_hazards = {
	"hazards",
	NULL,
	OPTION_ALL | OPTION_FOLLOW,
	command_hazards,
	"broken rules, nothing stuck yet",
	"Shows where a driver broke a rule of the fence contract that can end in a\n"
	"deadlock.\n",
};

static const struct command command_row_holders = {
	"holders",
	"DEVICE",
	0,
	command_holders,
	"who is in the way of a reset, an unbind or rmmod",
	"DEVICE is a PCI address, card0, /dev/dri/renderD128, /dev/kfd, or the module of\n"
	"a driver. Shows who is stuck in its driver, who has it open, and what of the\n"
	"kernel uses it, before one tries. Opens no device; root sees the files of all.\n"
	"Exit code 1 if somebody is.\n",
};

static const struct command command_row_waits = {
	"waits",
	NULL,
	OPTION_WATCH | OPTION_ALL | OPTION_MIN_AGE,
	command_waits,
	"every wait for a GPU at this moment",
	"Shows who waits, for how long, for what, and inside of what.\n"
	"--all shows every task that is in an uninterruptible sleep (D), and whose fault\n"
	"that is: a GPU driver's, NFS's, a disk's, that of memory, or unknown.\n",
};

static const struct command command_row_timelines = {
	"timelines",
	NULL,
	0,
	command_timelines,
	"fence timelines and who signals them",
	"Shows each fence timeline with its last signaller, its rate and who waits for\n"
	"it.\n",
};

static const struct command command_row_top = {
	"top",
	NULL,
	0,
	command_top,
	"reports, waits and timelines on a screen that stays up to date",
	"Shows reports first, then waits by age and timelines by rate, anew each second,\n"
	"also while the daemon hangs: it shows how old the answer is then. Needs a\n"
	"terminal.\n"
	"Keys: q quits; Tab goes to the other table; Up, Down, PgUp, PgDn, Home and End\n"
	"move in it; p pauses.\n",
};

static const struct command command_row_faults = {
	"faults",
	NULL,
	0,
	command_faults,
	"GPU page faults that are being handled",
	"Shows who handles each, since when, of which device, for which process, and\n"
	"what that waits for.\n",
};

static const struct command command_row_kfd = {
	"kfd",
	NULL,
	0,
	command_kfd,
	"KFD's processes, queues and evictions",
	"Shows the compute devices, the processes that use them with PASID, queues and\n"
	"memory, and when their queues were evicted from the hardware and how long the\n"
	"way back took.\n",
};

static const struct command command_row_export = {
	"export",
	NULL,
	OPTION_FORMAT | OPTION_FOLLOW | OPTION_OUTPUT | OPTION_TEXTFILE,
	command_export,
	"what the daemon found, for other programs",
	"Formats: json (status, reports, waits and page faults in one object; the\n"
	"default), ndjson (a report a line), prometheus and openmetrics (metrics),\n"
	"otlp-json (reports as log records of OpenTelemetry), perfetto (a trace for\n"
	"ui.perfetto.dev). --follow goes on, with a line for each report that changes.\n",
};

static const struct command command_row_record = {
	"record",
	"FILE",
	OPTION_FORCE,
	command_record,
	"save what the daemon sees, to analyse it elsewhere",
	"FILE may be - for standard output.\n",
};

static const struct command command_row_bundle = {
	"bundle",
	"[FILE]",
	OPTION_FORCE | OPTION_REDACT,
	command_bundle,
	"everything a report of a bug needs, in one archive",
	"Reports, waits, a recording, the boot's evidence, the kernel's log and what it\n"
	"says, versions: within five seconds, whatever hangs; what does not answer is\n"
	"left out and listed. FILE is gpuwatch-bundle-TIME.tar.gz if not given, and may\n"
	"be - for standard output. manifest.json lists what of it is personal; --redact\n"
	"takes that out.\n",
};

/* In the order of the help. */
static const struct command *const commands[] = {
	&command_row_status,
	&command_row_deadlocks,
	&command_row_stalls,
	&command_row_hazards,
	&command_row_check,
	&command_row_holders,
	&command_row_waits,
	&command_row_timelines,
	&command_row_top,
	&command_row_faults,
	&command_row_kfd,
	&command_row_probe_order,
	&command_row_show,
	&command_row_export,
	&command_row_record,
	&command_row_explain,
	&command_row_bundle,
	&command_row_replay,
	NULL,
};

int main(int argc, char **argv)
{
	return program_run(commands, argc, argv);
}
