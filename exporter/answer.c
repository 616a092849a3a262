/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths, and what is found there. */
#include "exporter/answer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exporter/pages.h"
#include "exporter/since.h"
#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/metrics/metrics.h"

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_SCRIPT "text/javascript; charset=utf-8"

enum {
	HTTP_OK = 200,
	HTTP_NOT_MODIFIED = 304,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_INTERNAL_ERROR = 500,
	HTTP_UNAVAILABLE = 503,
};

/* ---- answers ------------------------------------------------------------------------------- */

static void answer_text(struct gw_answer *answer, unsigned int status, const char *type, char *body)
{
	answer->status = body ? status : HTTP_INTERNAL_ERROR;
	answer->type = type;
	answer->body = body;
}

/* One line for people. */
_printf_(3, 4) static void answer_line(struct gw_answer *answer, unsigned int status, const char *format, ...)
{
	va_list arguments;
	char *line = NULL;

	va_start(arguments, format);
	if (vasprintf(&line, format, arguments) < 0)
		line = NULL;
	va_end(arguments);
	answer_text(answer, status, TYPE_TEXT, line);
}

/* If-None-Match is a list of tags, weak ones among them, or "*" (RFC 9110, 13.1.2). */
static bool answer_is_known(const char *tags, const char *etag)
{
	return tags && (strcmp(tags, "*") == 0 || strstr(tags, etag));
}

/* Takes the reference; NULL: no memory. */
static void answer_json(struct gw_answer *answer, const struct gw_request *request, json_t *json)
{
	char *body = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(json);
	answer_text(answer, HTTP_OK, TYPE_JSON, body);
	if (!body)
		return;
	snprintf(answer->etag, sizeof(answer->etag), "\"%016" PRIx64 "\"", gw_hash_string(GW_HASH_START, body));
	if (!answer_is_known(request->if_none_match, answer->etag))
		return;
	answer->status = HTTP_NOT_MODIFIED;
	answer->body = NULL;
	free(body);
}

/* ---- /v1 --------------------------------------------------------------------------------------- */

static void answer_document(struct gw_answer *answer, const struct gw_request *request, struct gw_source *source,
			    enum gw_document document)
{
	char message[GW_SOURCE_MESSAGE];
	json_t *json = gw_source_get(source, document, message);

	if (json)
		answer_json(answer, request, json);
	else
		answer_line(answer, HTTP_UNAVAILABLE, "%s\n", message);
}

static void answer_reports(struct gw_answer *answer, const struct gw_request *request, struct gw_source *source)
{
	char message[GW_SOURCE_MESSAGE];
	uint64_t since_ns = 0;
	json_t *reports;

	if (request->since && gw_since_parse(request->since, &since_ns) < 0) {
		answer_line(answer, HTTP_BAD_REQUEST,
			    "since is a time in UTC, as 2026-01-31T12:00:00Z, or in seconds since 1970\n");
		return;
	}
	reports = gw_source_get(source, GW_DOCUMENT_REPORTS, message);
	if (!reports)
		answer_line(answer, HTTP_UNAVAILABLE, "%s\n", message);
	else
		answer_json(answer, request, gw_since_select(reports, since_ns));
	json_decref(reports);
}

/* ---- the others ----------------------------------------------------------------------------------- */

static void answer_health(struct gw_answer *answer, struct gw_source *source)
{
	char message[GW_SOURCE_MESSAGE];
	json_t *status = gw_source_get(source, GW_DOCUMENT_STATUS, message);

	if (status)
		answer_line(answer, HTTP_OK, "ok\n");
	else
		answer_line(answer, HTTP_UNAVAILABLE, "%s\n", message);
	json_decref(status);
}

/* Whether the client takes the type as well as any other (RFC 9110, 12.5.1); its weights are beside the point here. */
static enum gw_metrics_format answer_format(const char *accept)
{
	return accept && strstr(accept, "application/openmetrics-text") ? GW_METRICS_OPENMETRICS : GW_METRICS_TEXT;
}

/* All documents or none: half of them would look as if the rest were over. */
static void answer_metrics(struct gw_answer *answer, const struct gw_request *request, struct gw_source *source)
{
	static const enum gw_document wanted[] = { GW_DOCUMENT_STATUS, GW_DOCUMENT_REPORTS, GW_DOCUMENT_WAITS,
						   GW_DOCUMENT_FAULTS };
	enum gw_metrics_format format = answer_format(request->accept);
	json_t *documents[GW_DOCUMENTS] = { NULL };
	struct gw_metrics_source metrics = { NULL };
	char message[GW_SOURCE_MESSAGE];
	bool complete = true;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && complete; i++) {
		documents[wanted[i]] = gw_source_get(source, wanted[i], message);
		complete = documents[wanted[i]];
	}
	if (complete)
		metrics = (struct gw_metrics_source){
			.status = documents[GW_DOCUMENT_STATUS],
			.reports = documents[GW_DOCUMENT_REPORTS],
			.waits = documents[GW_DOCUMENT_WAITS],
			.faults = documents[GW_DOCUMENT_FAULTS],
		};
	answer_text(answer, HTTP_OK, gw_metrics_content_type(format), gw_metrics_text(&metrics, format));
	for (size_t i = 0; i < GW_DOCUMENTS; i++)
		json_decref(documents[i]);
}

/* ---- for people ------------------------------------------------------------------------------------ */

#define PATHS "/ /boot /metrics /healthz /v1/status /v1/reports /v1/waits /v1/probe-order"

/* Browsers ask for HTML; who asks for JSON and not for that is a program. */
static bool answer_wants_json(const char *accept)
{
	return accept && strstr(accept, "application/json") && !strstr(accept, "text/html");
}

static void answer_page(struct gw_answer *answer, const struct gw_request *request, struct gw_source *source,
			char *(*page)(struct gw_source *source, bool *answered), enum gw_document document)
{
	bool answered = false;
	char *body;

	if (answer_wants_json(request->accept)) {
		answer_document(answer, request, source, document);
		return;
	}
	body = page(source, &answered);
	answer_text(answer, answered ? HTTP_OK : HTTP_UNAVAILABLE, TYPE_HTML, body);
}

void gw_answer_make(struct gw_answer *answer, const struct gw_request *request, struct gw_source *source)
{
	*answer = (struct gw_answer){ .status = HTTP_NOT_FOUND };
	if (strcmp(request->path, "/") == 0)
		answer_page(answer, request, source, gw_pages_now, GW_DOCUMENT_STATUS);
	else if (strcmp(request->path, "/boot") == 0)
		answer_page(answer, request, source, gw_pages_boot, GW_DOCUMENT_PROBE_ORDER);
	else if (strcmp(request->path, GW_PAGES_SCRIPT) == 0)
		answer_text(answer, HTTP_OK, TYPE_SCRIPT, gw_pages_script());
	else if (strcmp(request->path, "/metrics") == 0)
		answer_metrics(answer, request, source);
	else if (strcmp(request->path, "/healthz") == 0)
		answer_health(answer, source);
	else if (strcmp(request->path, "/v1/reports") == 0)
		answer_reports(answer, request, source);
	else if (strcmp(request->path, "/v1/status") == 0)
		answer_document(answer, request, source, GW_DOCUMENT_STATUS);
	else if (strcmp(request->path, "/v1/waits") == 0)
		answer_document(answer, request, source, GW_DOCUMENT_WAITS);
	else if (strcmp(request->path, "/v1/probe-order") == 0)
		answer_document(answer, request, source, GW_DOCUMENT_PROBE_ORDER);
	else
		answer_line(answer, HTTP_NOT_FOUND, "nothing here: " PATHS "\n");
}
