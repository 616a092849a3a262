/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace for Perfetto's viewer: a track for each task, timeline and device that reports and waits name, waits as slices,
 * reports as marks. The fields that are used are in tests/cli/perfetto.proto.
 */
#ifndef GPUWATCH_CLI_EXPORT_PERFETTO_H
#define GPUWATCH_CLI_EXPORT_PERFETTO_H

#include "cli/export/protobuf.h"

#include <jansson.h>

/* Adds the trace to @trace. @reports: array of gpuwatch.report.v1, @waits: gpuwatch.waits.v1. */
void perfetto_write(struct protobuf *trace, const json_t *reports, const json_t *waits);

#endif
