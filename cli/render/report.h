/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gpuwatch.report.v1 for people: a list of reports, the chain of one, and
 * everything about one. Takes JSON only, so that a report looks the same live,
 * from a recording and from the journal.
 */
#ifndef GPUWATCH_CLI_RENDER_REPORT_H
#define GPUWATCH_CLI_RENDER_REPORT_H

#include <stdint.h>

#include <jansson.h>

#include "cli/lib/terminal.h"

struct report_view {
	const struct terminal *terminal;
	/*
	 * "Now" for the ages of active reports, CLOCK_MONOTONIC ns of the boot
	 * that the report is from; 0 = the moment of detection.
	 */
	uint64_t now_ns;
	char boot_id[40]; /* now_ns is of this boot; "" = of any */
};

/* For reports of the running system. */
void report_view_live(struct report_view *view, const struct terminal *terminal);

/* A table with one row per report, then each report's chain. */
void render_report_list(const struct report_view *view, const json_t *reports);

/* Heading, chain, who is blocked behind it, root cause and advice. */
void render_report_chain(const struct report_view *view, const json_t *report);

/* The same and times, every participant with its stack, every edge. */
void render_report_detail(const struct report_view *view, const json_t *report);

/* A report that has ended, in one line. */
void render_report_end(const struct report_view *view, const json_t *report);

bool report_is_active(const json_t *report);
bool report_is_kind(const json_t *report, const char *kind);

#endif
