/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of gpuwatchd. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "log.h"
#include "private-socket.h"

static void help(void)
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
	       "     --keep-pins             Leave them in the kernel at a clean end, too\n"
	       "     --unpin                 Take away what is pinned, and exit\n"
	       "     --btf=FILE              Take the kernel's type information from here\n\n"
	       "See gpuwatchd(8).\n");
}

int gw_options_parse(struct gw_options *options, int argc, char **argv)
{
	enum { VERSION = 0x100, STANDALONE, CONFIG, LOG_LEVEL, PRIVATE_SOCKET, PIN_DIRECTORY, NO_PIN, KEEP_PINS, UNPIN, BTF };
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, VERSION },
		{ "standalone", no_argument, NULL, STANDALONE },
		{ "config", required_argument, NULL, CONFIG },
		{ "log-level", required_argument, NULL, LOG_LEVEL },
		{ "private-socket", required_argument, NULL, PRIVATE_SOCKET },
		{ "pin-directory", required_argument, NULL, PIN_DIRECTORY },
		{ "no-pin", no_argument, NULL, NO_PIN },
		{ "keep-pins", no_argument, NULL, KEEP_PINS },
		{ "unpin", no_argument, NULL, UNPIN },
		{ "btf", required_argument, NULL, BTF },
		{ NULL, 0, NULL, 0 },
	};
	int c, level;

	*options = (struct gw_options){ .private_socket = GW_PRIVATE_SOCKET };
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			help();
			return 0;
		case VERSION:
			puts("gpuwatchd " GW_VERSION);
			return 0;
		case STANDALONE:
			options->standalone = true;
			break;
		case CONFIG:
			options->config = optarg;
			break;
		case LOG_LEVEL:
			level = gw_log_level_from_name(optarg);
			if (level < 0) {
				log_error("--log-level=%s: not a level, see gpuwatchd --help", optarg);
				return level;
			}
			gw_log_set_level(level);
			break;
		case PRIVATE_SOCKET:
			options->private_socket = optarg;
			break;
		case PIN_DIRECTORY:
			options->pin_directory = optarg;
			break;
		case NO_PIN:
			options->no_pin = true;
			break;
		case KEEP_PINS:
			options->keep_pins = true;
			break;
		case UNPIN:
			options->unpin = true;
			break;
		case BTF:
			options->btf = optarg;
			break;
		default: /* getopt has said what is wrong */
			return -EINVAL;
		}
	}
	if (optind < argc) {
		log_error("unexpected argument '%s', see gpuwatchd --help", argv[optind]);
		return -EINVAL;
	}
	if (options->no_pin && (options->pin_directory || options->keep_pins || options->unpin)) {
		log_error("--no-pin contradicts --pin-directory=, --keep-pins and --unpin");
		return -EINVAL;
	}
	return 1;
}
