/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which tasks and objects the active reports are about, so that nobody is shown twice or called unexplained. */
#ifndef GPUWATCH_LIB_REPORT_COVERED_H
#define GPUWATCH_LIB_REPORT_COVERED_H

#include <stdbool.h>

#include <jansson.h>

/* {NODE ID: REPORT ID} of @reports, which are active: a new reference, NULL when out of memory. */
json_t *gw_covered_nodes(const json_t *reports);

/* Whether the task that waits first in @report, of whatever moment, is in one. */
bool gw_covered_has(const json_t *covered, const json_t *report);

/* Adds "report" to the rows of gw_waits_json() whose task, or what it waits for, is in one. Returns 0 or -ENOMEM. */
int gw_covered_name(const json_t *covered, json_t *waits);

#endif
