/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-exporter: what gpuwatchd found, over HTTP. */
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "exporter/listen.h"
#include "exporter/server.h"
#include "lib/base/bus-names.h"
#include "lib/base/log.h"

#define DEFAULT_ADDRESS "127.0.0.1:9844"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct options {
	const char *address; /* NULL = systemd's sockets, or the default */
	struct gw_client_target target;
	bool help, version;
};

static void options_help(void)
{
	printf("gpuwatch-exporter [OPTIONS...]\n\n"
	       "Serves what gpuwatchd found over HTTP: metrics for Prometheus, reports as JSON.\n\n"
	       "  -h --help               Show this help\n"
	       "     --version            Show the version\n"
	       "     --listen=HOST:PORT   Listen there (default " DEFAULT_ADDRESS ", or the\n"
	       "                          sockets that systemd passes)\n"
	       "     --socket=PATH        Ask the daemon on its private socket only, at PATH\n"
	       "     --system-bus         Ask the daemon on the system bus only\n\n"
	       "See gpuwatch-exporter(8).\n");
}

enum {
	OPTION_VERSION = 0x100,
	OPTION_LISTEN,
	OPTION_SOCKET,
	OPTION_SYSTEM_BUS,
};

static bool option_set(struct options *options, int letter)
{
	switch (letter) {
	case 'h':
		options->help = true;
		return true;
	case OPTION_VERSION:
		options->version = true;
		return true;
	case OPTION_LISTEN:
		options->address = optarg;
		return true;
	case OPTION_SOCKET:
		options->target.socket = optarg;
		options->target.route = GW_CLIENT_PRIVATE;
		return true;
	case OPTION_SYSTEM_BUS:
		options->target.route = GW_CLIENT_SYSTEM_BUS;
		return true;
	default:
		return false;
	}
}

/* getopt_long() has printed what is wrong. */
static bool options_parse(struct options *options, int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ "listen", required_argument, NULL, OPTION_LISTEN },
		{ "socket", required_argument, NULL, OPTION_SOCKET },
		{ "system-bus", no_argument, NULL, OPTION_SYSTEM_BUS },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		if (!option_set(options, letter))
			return false;
	if (optind == argc)
		return true;
	fprintf(stderr, "gpuwatch-exporter: one argument too many: %s\n", argv[optind]);
	return false;
}

/* Returns whether there is at least one socket, and all are served. */
static bool sockets_add(struct gw_server *server, const char *address)
{
	int passed = address ? 0 : sd_listen_fds(true), fd, r = 0;
	char message[512];

	for (int i = 0; i < passed && r >= 0; i++)
		r = gw_server_add(server, SD_LISTEN_FDS_START + i);
	if (passed <= 0) {
		fd = gw_listen_open(address ? address : DEFAULT_ADDRESS, message, sizeof(message));
		if (fd < 0) {
			log_error("%s", message);
			return false;
		}
		r = gw_server_add(server, fd);
	}
	if (r < 0)
		log_error("Serving HTTP failed: %s", strerror(-r));
	return r >= 0;
}

static int exporter_serve(struct gw_server *server, const struct options *options)
{
	int r;

	if (!sockets_add(server, options->address))
		return EXIT_FAILED;
	sd_notify(0, "READY=1");
	r = gw_server_run(server);
	sd_notify(0, "STOPPING=1");
	if (r < 0)
		log_error("Waiting for connections failed: %s", strerror(-r));
	return r < 0 ? EXIT_FAILED : EXIT_OK;
}

static int exporter_run(const struct options *options)
{
	struct gw_server *server = NULL;
	struct gw_source *source = NULL;
	int r;

	r = gw_source_new(&source, &options->target);
	if (r >= 0)
		r = gw_server_new(&server, source);
	if (r < 0) {
		log_error("Starting failed: %s", strerror(-r));
		r = EXIT_FAILED;
	} else {
		r = exporter_serve(server, options);
	}
	gw_server_free(server);
	gw_source_free(source);
	return r;
}

/* Before there are threads, which inherit it: signals come to the loop, and writing to who has gone is an error, no end. */
static void signals_block(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
	struct options options = { .target.socket = GW_PRIVATE_SOCKET };

	/* For names from the kernel; numbers are written the same everywhere. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (!options_parse(&options, argc, argv))
		return EXIT_USAGE;
	if (options.help || options.version) {
		options.help ? options_help() : (void)puts("gpuwatch-exporter " GW_VERSION);
		return EXIT_OK;
	}
	gw_log_open();
	signals_block();
	/* Its seed is for all threads. */
	json_object_seed(0);
	return exporter_run(&options);
}
