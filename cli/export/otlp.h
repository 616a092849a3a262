/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports as log records of OpenTelemetry: opentelemetry-proto, logs/v1, in its JSON encoding. */
#ifndef GPUWATCH_CLI_EXPORT_OTLP_H
#define GPUWATCH_CLI_EXPORT_OTLP_H

#include <jansson.h>

/* A new reference: a LogsData object, which is what /v1/logs of a collector takes. */
json_t *otlp_logs(const json_t *status, const json_t *reports);

#endif
