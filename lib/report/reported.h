/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report as it leaves the code that found it: a header, which programs read,
 * beside its JSON form, which is made once and handed on as it is.
 *
 * As text it is two lines, the header as a JSON object and the report. In that
 * form it passes from one process to another, and outlives the daemon.
 */
#ifndef GPUWATCH_LIB_REPORT_REPORTED_H
#define GPUWATCH_LIB_REPORT_REPORTED_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/report/report.h"

/* The fields of struct gw_report that have these names. All strings are owned. */
struct gw_reported {
	char id[sizeof(((struct gw_report *)NULL)->id)];
	enum gw_kind kind;
	enum gw_class class;
	enum gw_state state;
	enum gw_confidence confidence;
	uint64_t detected_real_ns;
	uint64_t detected_mono_ns;
	uint64_t formed_mono_ns;
	uint64_t resolved_mono_ns;
	char *summary; /* never NULL, nor is advice */
	char *advice;
	char *json; /* gpuwatch.report.v1, ASCII, one line without its end */
};

/* @json: gw_report_json() of the report. Returns 0 or -ENOMEM. */
int gw_reported_new(struct gw_reported **ret, const struct gw_report *report, const json_t *json);
void gw_reported_free(struct gw_reported *reported);

/* The finding is over: sets state and resolved_mono_ns, in the JSON, too. Returns 0, or -ENOMEM (unchanged). */
int gw_reported_resolve(struct gw_reported *reported, uint64_t now_mono_ns);

/* Returns 0 or -errno. */
int gw_reported_write(const struct gw_reported *reported, FILE *file);

/*
 * gw_reported_read - the next report of a text
 * @text, @size: moved behind the two lines, also behind lines that are no report
 *
 * Returns 1; 0 at the end of the text or before an empty line; -EBADMSG when the two lines are no report, of a class that
 * this version does not have, or cut off; or -ENOMEM.
 */
int gw_reported_read(struct gw_reported **ret, const char **text, size_t *size);

#endif
