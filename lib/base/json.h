/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON values of what gpuwatch writes everywhere, and reading strings of what others wrote. */
#ifndef GPUWATCH_LIB_BASE_JSON_H
#define GPUWATCH_LIB_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/cleanup.h"
#include "lib/base/text.h"

/* ---- values: new references, NULL when out of memory ---- */

/* @string with invalid UTF-8 and control characters replaced by '?'. */
json_t *gw_json_text(const char *string);

/* A grown text as a string, which takes the text out: gw_text_finish(). */
json_t *gw_text_json(struct gw_text *text);

/* An address as "0x…". */
json_t *gw_json_address(uint64_t address);

/* Like json_integer(), never negative: values that JSON's integers cannot hold become the largest that they can. */
json_t *gw_json_number(uint64_t value);

/* CLOCK_REALTIME nanoseconds as an RFC 3339 string in UTC, to the microsecond. */
json_t *gw_json_time(uint64_t real_ns);

/* ---- into objects and arrays ---- */

/* json_object_set_new() that remembers a failure: *@failed becomes true, never false. */
void gw_json_put(json_t *object, const char *key, json_t *value, bool *failed);

/* The end of that: @json; or NULL if it failed, and @json is given back. */
json_t *gw_json_unless(json_t *json, bool failed);

/* A line of text at the end of an array, as gw_json_text() has it. Returns 0 or -ENOMEM. */
_printf_(2, 3) int gw_json_add_line(json_t *array, const char *format, ...);

/* ---- out of objects ---- */

/* Never NULL: "" where the field is missing or no string, or @object is NULL. Belongs to @object. */
const char *gw_json_string(const json_t *object, const char *key);

#endif
