/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The health of a machine in one document, gpuwatch.check.v1, and in one line, for programs that watch over many machines:
 * whether GPU work is stuck for good, by whom, and what to do at least.
 */
#ifndef GPUWATCH_CLI_HEALTH_HEALTH_H
#define GPUWATCH_CLI_HEALTH_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

#define HEALTH_LINE 80 /* bytes of the line at most: what node-problem-detector keeps of it */

/* Values are exit codes: those of node-problem-detector's plugins. */
enum health_state {
	HEALTH_HEALTHY = 0,
	HEALTH_PROBLEM = 1,
	HEALTH_UNKNOWN = 2,
};

enum health_format {
	HEALTH_PLAIN,
	HEALTH_NAGIOS, /* Monitoring Plugins: OK, CRITICAL or UNKNOWN first, exit code 0, 2 or 3 */
	HEALTH_NPD,    /* node-problem-detector, custom plugin: the line is the condition's message */
	HEALTH_NHC,    /* LBNL Node Health Check: the check's name first */
	HEALTH_JSON,
};

/* Returns false for a name that is none. */
bool health_format_read(const char *name, enum health_format *ret);

/*
 * health_judge - what the daemon's answers say
 * @status: gpuwatch.status.v1
 * @reports: the active gpuwatch.report.v1 of the kinds deadlock and livelock
 * @now_ns: CLOCK_MONOTONIC
 *
 * A problem is a deadlock or livelock that is proven, or one that is probable and has stood for a minute. Returns a new
 * reference.
 */
json_t *health_judge(const json_t *status, const json_t *reports, uint64_t now_ns);

/* The document when there is no answer: @reason is one line, as it will be shown. A new reference. */
json_t *health_unknown(const char *reason);

enum health_state health_state_of(const json_t *health);

/* The line without its end, at most HEALTH_LINE bytes unless it is JSON; owned by the caller. */
char *health_line(const json_t *health, enum health_format format);

int health_exit_code(const json_t *health, enum health_format format);

#endif
