/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as whole files: for Graphviz, as an image, as a page. */
#ifndef GPUWATCH_LIB_PICTURE_PICTURE_H
#define GPUWATCH_LIB_PICTURE_PICTURE_H

#include <stdio.h>

#include <jansson.h>

/*
 * Each takes an array of gpuwatch.report.v1, and @now_ns: CLOCK_MONOTONIC of the boot that they are from, 0 = the moment of
 * their detection. Out of memory leaves pictures out.
 */

/* A digraph for each report. */
void gw_picture_dot(FILE *out, const json_t *reports, json_int_t now_ns);
/* One image, the reports' graphs below each other. */
void gw_picture_svg(FILE *out, const json_t *reports, json_int_t now_ns);
/* One page. */
void gw_picture_html(FILE *out, const json_t *reports, json_int_t now_ns);

#endif
