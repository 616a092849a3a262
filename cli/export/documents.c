/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fetching the documents, and the formats that are little more than they are. */
#include "cli/export/documents.h"

#include <string.h>

#include "cli/export/otlp.h"
#include "cli/export/perfetto.h"
#include "cli/lib/error.h"
#include "lib/base/cleanup.h"
#include "lib/base/text.h"
#include "lib/metrics/metrics.h"

int documents_fetch(struct documents *documents, struct gw_client *client)
{
	int r;

	*documents = (struct documents){ NULL };
	r = gw_client_call(client, &documents->status, "GetStatus", "");
	if (r == GW_CLIENT_OK)
		r = gw_client_call(client, &documents->reports, "ListReports", "sb", "", 1);
	if (r == GW_CLIENT_OK)
		r = gw_client_call(client, &documents->waits, "ListWaits", "");
	if (r == GW_CLIENT_OK)
		r = gw_client_call(client, &documents->faults, "ListFaults", "");
	/* Half of them would look as if the rest were nothing. */
	if (r != GW_CLIENT_OK)
		documents_free(documents);
	return r;
}

void documents_free(struct documents *documents)
{
	json_decref(documents->status);
	json_decref(documents->reports);
	json_decref(documents->waits);
	json_decref(documents->faults);
	*documents = (struct documents){ NULL };
}

/* A line of its own; takes the reference. */
static char *documents_line(json_t *json, size_t *size)
{
	_cleanup_json_ json_t *owned = json;
	_cleanup_free_ char *line = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	struct gw_text text = { .data = NULL };

	if (line)
		gw_text_add(&text, "%s\n", line);
	if (!line || text.failed)
		out_of_memory();
	*size = text.length;
	return text.data;
}

char *documents_json(const struct documents *documents, size_t *size)
{
	return documents_line(json_pack("{s:s, s:O, s:O, s:O, s:O}", "schema", "gpuwatch.export.v1", "status",
					documents->status, "reports", documents->reports, "waits", documents->waits,
					"faults", documents->faults),
			      size);
}

char *documents_ndjson(const struct documents *documents, size_t *size)
{
	struct gw_text text = { .data = NULL };
	json_t *report;
	size_t i;

	gw_text_add(&text, "%s", "");
	json_array_foreach(documents->reports, i, report) {
		_cleanup_free_ char *line = documents_line(json_incref(report), size);

		gw_text_add(&text, "%s", line);
	}
	if (text.failed)
		out_of_memory();
	*size = text.length;
	return text.data;
}

static char *documents_metrics(const struct documents *documents, enum gw_metrics_format format, size_t *size)
{
	const struct gw_metrics_source source = {
		.status = documents->status,
		.reports = documents->reports,
		.waits = documents->waits,
		.faults = documents->faults,
	};
	char *text = gw_metrics_text(&source, format);

	if (!text)
		out_of_memory();
	*size = strlen(text);
	return text;
}

char *documents_prometheus(const struct documents *documents, size_t *size)
{
	return documents_metrics(documents, GW_METRICS_TEXT, size);
}

char *documents_openmetrics(const struct documents *documents, size_t *size)
{
	return documents_metrics(documents, GW_METRICS_OPENMETRICS, size);
}

char *documents_otlp_json(const struct documents *documents, size_t *size)
{
	return documents_line(otlp_logs(documents->status, documents->reports), size);
}

char *documents_perfetto(const struct documents *documents, size_t *size)
{
	struct protobuf trace = { .data = NULL };

	perfetto_write(&trace, documents->reports, documents->waits);
	*size = trace.size;
	return (char *)trace.data;
}
