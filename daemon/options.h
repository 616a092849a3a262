/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of gpuwatchd, see gpuwatchd(8). */
#ifndef GPUWATCH_DAEMON_OPTIONS_H
#define GPUWATCH_DAEMON_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

struct gw_options {
	const char *config;	    /* --config=, NULL = the usual places */
	const char *private_socket; /* --private-socket= */
	const char *pin_directory;  /* --pin-directory=, NULL = as configured */
	const char *btf;	    /* --btf=, NULL = the kernel's own */
	bool standalone;
	bool no_pin;
	bool keep_pins;
	bool unpin;
	bool record_boot;      /* --record-boot: do that and nothing else */
	pid_t boot_job;	       /* --boot-job=: of this daemon, and nothing else; 0 = none */
	bool open_perf_events; /* --open-perf-events: the same */
	bool start_unit;       /* --start-unit: the same */
};

/*
 * Returns 1 when the daemon should go on, 0 when all is done (--help, --version),
 * or -EINVAL after one line about what is wrong. Sets the log level itself.
 */
int gw_options_parse(struct gw_options *options, int argc, char **argv);

#endif
