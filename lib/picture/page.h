/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages of HTML: one file, nothing from elsewhere, no script needed; for screens of any width, light and dark, and for paper.
 */
#ifndef GPUWATCH_LIB_PICTURE_PAGE_H
#define GPUWATCH_LIB_PICTURE_PAGE_H

#include <stdio.h>

#include <jansson.h>

/*
 * gw_page_begin - from the beginning to what the page is about
 * @script: address of a script of the same server, NULL = none
 * @header: HTML of the caller's own, above it
 */
void gw_page_begin(FILE *out, const char *title, const char *script, const char *header);
void gw_page_end(FILE *out);

/*
 * gw_page_report - a report as a section: verdict, graph, waits, who takes part, with stacks
 * @now_ns: CLOCK_MONOTONIC of the report's boot, 0 = the moment of its detection
 * @number: of the report in its document, from 0
 */
void gw_page_report(FILE *out, const json_t *report, json_int_t now_ns, size_t number);

/* "<dt>Kernel</dt><dd>6.12</dd>", nothing where @value is "". */
void gw_page_fact(FILE *out, const char *name, const char *value);

#endif
