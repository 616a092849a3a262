/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading JSON that a newer or older daemon wrote: a field that is missing or
 * of another type reads as empty, so nothing that renders has to check.
 */
#ifndef GPUWATCH_CLI_LIB_JSON_FIELD_H
#define GPUWATCH_CLI_LIB_JSON_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

/* Never NULL: "" for a missing field. Belongs to @object. */
const char *field_string(const json_t *object, const char *key);
/* Whether the field is this string. */
bool field_is(const json_t *object, const char *key, const char *text);
/* The node of a report that has this id; NULL if none has. Belongs to @report. */
const json_t *field_node(const json_t *report, const char *id);
/* 0 for a missing field, and for what is negative or no integer. */
uint64_t field_number(const json_t *object, const char *key);
double field_real(const json_t *object, const char *key);
bool field_true(const json_t *object, const char *key);
/* NULL if the field is not an array (object): json_array_foreach() of NULL does nothing. */
json_t *field_array(const json_t *object, const char *key);
json_t *field_object(const json_t *object, const char *key);

/* Whether the object has this field with a value other than null and "". */
bool field_given(const json_t *object, const char *key);

/* A scalar as text, for fields that this version does not know; owned by the caller. */
char *field_text(const json_t *value);

/*
 * Makes all strings of @json safe to show: process and device names may hold
 * escape sequences that would drive the reader's terminal.
 */
void json_clean(json_t *json);

#endif
