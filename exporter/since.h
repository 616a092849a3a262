/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ?since=: which reports have changed since then. */
#ifndef GPUWATCH_EXPORTER_SINCE_H
#define GPUWATCH_EXPORTER_SINCE_H

#include <stdint.h>

#include <jansson.h>

/* RFC 3339 in UTC ("2026-01-31T12:00:00.5Z"), or seconds since 1970. *@ret: ns since 1970. Returns 0 or -EINVAL. */
int gw_since_parse(const char *text, uint64_t *ret);

/* Those of an array of gpuwatch.report.v1 that were detected or resolved then or later. New reference, NULL: no memory. */
json_t *gw_since_select(const json_t *reports, uint64_t since_ns);

#endif
