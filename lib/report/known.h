/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hangs that are known: a table of what they look like, what they are, and what to do. Pure: whoever reads the files gives
 * their text; the format is described in gpuwatch-known-hangs(5).
 */
#ifndef GPUWATCH_LIB_REPORT_KNOWN_H
#define GPUWATCH_LIB_REPORT_KNOWN_H

#include <stddef.h>

#include <jansson.h>

struct gw_known; /* the table */

/* Told one line: what is wrong where. */
typedef void (*gw_known_complain)(const char *message, void *userdata);

/* Empty. Returns 0 or -ENOMEM. */
int gw_known_new(struct gw_known **ret);
void gw_known_free(struct gw_known *known);

/*
 * gw_known_parse - add a file's entries
 * @name: of the file, for complaints
 * @complain: may be NULL
 *
 * An entry replaces an earlier one of the same id, and one without any line removes it; one with an error is left out.
 * Returns the number of errors or -ENOMEM.
 */
int gw_known_parse(struct gw_known *known, const char *name, const char *text, size_t size, gw_known_complain complain,
		   void *userdata);

/*
 * gw_known_annotate - give a report its "known": id, what, link, fixed_in, workaround ("" = not known)
 * @report: gpuwatch.report.v1; left alone if no entry is about it
 *
 * The first entry that is about it counts. Returns 0 or -ENOMEM.
 */
int gw_known_annotate(const struct gw_known *known, json_t *report);

#endif
