/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of gpuwatchd. */
#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/bus-names.h"
#include "lib/base/log.h"

static void options_help(void)
{
	printf("gpuwatchd [OPTIONS...]\n\n"
	       "Finds deadlocks and stalls of the GPU compute stack while they happen.\n\n"
	       "  -h --help                  Show this help\n"
	       "     --version               Show the version\n"
	       "     --standalone            Use no bus; print each report as a line of JSON\n"
	       "     --config=FILE           Read this file instead of the usual ones\n"
	       "     --log-level=LEVEL       err, warning, notice, info or debug\n"
	       "     --private-socket=PATH   Serve this socket instead of\n"
	       "                             " GW_PRIVATE_SOCKET "\n"
	       "     --pin-directory=PATH    Keep BPF programs and maps here, on a bpffs\n"
	       "     --no-pin                Do not keep them: they end with this process\n"
	       "     --keep-pins             Keep them in the kernel after a clean exit, too\n"
	       "     --unpin                 Remove the pins, and exit\n"
	       "     --record-boot           Record how drivers come up, without a daemon\n"
	       "     --open-perf-events      Open perf events for the gpuwatchd at the other end\n"
	       "                             of standard input, a socket, and exit with it\n"
	       "     --start-unit            Start the unit of OnDeadlock= for the gpuwatchd at\n"
	       "                             the other end of standard input, a socket\n"
	       "     --boot-job=PID          Do a job of the gpuwatchd with this PID\n"
	       "     --btf=FILE              Read the kernel's type information from FILE\n\n"
	       "See gpuwatchd(8).\n");
}

enum {
	OPTION_VERSION = 0x100,
	OPTION_STANDALONE,
	OPTION_CONFIG,
	OPTION_LOG_LEVEL,
	OPTION_PRIVATE_SOCKET,
	OPTION_PIN_DIRECTORY,
	OPTION_NO_PIN,
	OPTION_KEEP_PINS,
	OPTION_UNPIN,
	OPTION_RECORD_BOOT,
	OPTION_OPEN_PERF_EVENTS,
	OPTION_START_UNIT,
	OPTION_BOOT_JOB,
	OPTION_BTF,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "standalone", no_argument, NULL, OPTION_STANDALONE },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "private-socket", required_argument, NULL, OPTION_PRIVATE_SOCKET },
	{ "pin-directory", required_argument, NULL, OPTION_PIN_DIRECTORY },
	{ "no-pin", no_argument, NULL, OPTION_NO_PIN },
	{ "keep-pins", no_argument, NULL, OPTION_KEEP_PINS },
	{ "unpin", no_argument, NULL, OPTION_UNPIN },
	{ "record-boot", no_argument, NULL, OPTION_RECORD_BOOT },
	{ "open-perf-events", no_argument, NULL, OPTION_OPEN_PERF_EVENTS },
	{ "start-unit", no_argument, NULL, OPTION_START_UNIT },
	{ "boot-job", required_argument, NULL, OPTION_BOOT_JOB },
	{ "btf", required_argument, NULL, OPTION_BTF },
	{ NULL, 0, NULL, 0 },
};

static int options_set_log_level(const char *name)
{
	int level = gw_log_level_from_name(name);

	if (level < 0) {
		log_error("--log-level=%s: not a level, see gpuwatchd --help", name);
		return level;
	}
	gw_log_set_level(level);
	return 1;
}

/* Returns as gw_options_parse() does. */
static int options_apply(struct gw_options *options, int option)
{
	switch (option) {
	case 'h':
		options_help();
		return 0;
	case OPTION_VERSION:
		puts("gpuwatchd " GW_VERSION);
		return 0;
	case OPTION_STANDALONE:
		options->standalone = true;
		return 1;
	case OPTION_CONFIG:
		options->config = optarg;
		return 1;
	case OPTION_LOG_LEVEL:
		return options_set_log_level(optarg);
	case OPTION_PRIVATE_SOCKET:
		options->private_socket = optarg;
		return 1;
	case OPTION_PIN_DIRECTORY:
		options->pin_directory = optarg;
		return 1;
	case OPTION_NO_PIN:
		options->no_pin = true;
		return 1;
	case OPTION_KEEP_PINS:
		options->keep_pins = true;
		return 1;
	case OPTION_UNPIN:
		options->unpin = true;
		return 1;
	case OPTION_RECORD_BOOT:
		options->record_boot = true;
		return 1;
	case OPTION_OPEN_PERF_EVENTS:
		options->open_perf_events = true;
		return 1;
	case OPTION_START_UNIT:
		options->start_unit = true;
		return 1;
	case OPTION_BOOT_JOB:
		options->boot_job = atoi(optarg);
		if (options->boot_job > 0)
			return 1;
		log_error("--boot-job=%s: not a process", optarg);
		return -EINVAL;
	case OPTION_BTF:
		options->btf = optarg;
		return 1;
	default: /* getopt has said what is wrong */
		return -EINVAL;
	}
}

int gw_options_parse(struct gw_options *options, int argc, char **argv)
{
	int option, r;

	*options = (struct gw_options){ .private_socket = GW_PRIVATE_SOCKET };
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		r = options_apply(options, option);
		if (r <= 0)
			return r;
	}
	if (optind < argc) {
		log_error("unexpected argument '%s', see gpuwatchd --help", argv[optind]);
		return -EINVAL;
	}
	if (options->no_pin &&
	    (options->pin_directory || options->keep_pins || options->unpin || options->record_boot)) {
		log_error("--no-pin contradicts --pin-directory=, --keep-pins, --unpin and --record-boot");
		return -EINVAL;
	}
	return 1;
}
