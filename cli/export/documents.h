/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is exported: the daemon's documents of one moment, and each format as a text of them. */
#ifndef GPUWATCH_CLI_EXPORT_DOCUMENTS_H
#define GPUWATCH_CLI_EXPORT_DOCUMENTS_H

#include <stddef.h>

#include <jansson.h>

#include "lib/client/client.h"

/* New references; all NULL when the daemon did not answer. */
struct documents {
	json_t *status, *reports, *waits, *faults;
};

/* Returns an enum gw_client_result. @documents is filled in, and freed by documents_free(), in any case. */
int documents_fetch(struct documents *documents, struct gw_client *client);
void documents_free(struct documents *documents);

/* The formats: malloc()ed, *@size bytes; texts end with the end of their last line and a NUL that is not counted. */
char *documents_json(const struct documents *documents, size_t *size);
char *documents_ndjson(const struct documents *documents, size_t *size);
char *documents_prometheus(const struct documents *documents, size_t *size);
char *documents_openmetrics(const struct documents *documents, size_t *size);
/* The reports as log records of OTLP/JSON 1.x (opentelemetry-proto, ExportLogsServiceRequest). */
char *documents_otlp_json(const struct documents *documents, size_t *size);
/* A trace, binary: see cli/export/perfetto.h. */
char *documents_perfetto(const struct documents *documents, size_t *size);

#endif
