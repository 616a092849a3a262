/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The waits of a report on a line of time, as a piece of a page: bars whose lengths follow the width of the page. */
#ifndef GPUWATCH_LIB_PICTURE_WAITS_H
#define GPUWATCH_LIB_PICTURE_WAITS_H

#include <stdio.h>

#include <jansson.h>

/* Nothing at all where no wait has a time. @end_ns: until when they last, CLOCK_MONOTONIC. */
void gw_picture_waits(FILE *out, const json_t *report, json_int_t end_ns);

#endif
