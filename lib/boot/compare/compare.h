/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A boot held against another one, or against a list of what must be bound:
 * gpuwatch.boot-compare.v1 (docs/probe-order.schema.json). Both boots are documents, see lib/boot/document/probe-order.h, so that saved ones,
 * logs and other machines compare alike.
 */
#ifndef GPUWATCH_LIB_BOOT_COMPARE_COMPARE_H
#define GPUWATCH_LIB_BOOT_COMPARE_COMPARE_H

#include <stddef.h>

#include <jansson.h>

#define GW_BOOT_COMPARE_SCHEMA "gpuwatch.boot-compare.v1"

/*
 * gw_boot_expectation - a list of what must be bound: lines "DEVICE [DRIVER]", both patterns as in fnmatch(3), and comments
 * that begin with '#'
 *
 * Returns a new reference to a document that gw_boot_compare() takes as the first one, or NULL when the text is no such
 * list.
 */
json_t *gw_boot_expectation(const char *text, size_t size);

/* @before: a document, or an expectation. Returns a new reference, or NULL when out of memory. */
json_t *gw_boot_compare(const json_t *before, const json_t *after);

#endif
