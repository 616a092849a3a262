/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli export. */
#include "cli/export/export.h"

#include <string.h>

#include "cli/command/reports.h"
#include "cli/export/documents.h"
#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"

static const struct export_format {
	const char *name;
	char *(*text)(const struct documents *documents, size_t *size);
} export_formats[] = {
	{ "json", documents_json },
	{ "ndjson", documents_ndjson },
	{ "prometheus", documents_prometheus },
	{ "openmetrics", documents_openmetrics },
	{ "otlp-json", documents_otlp_json },
	{ "perfetto", documents_perfetto },
};

static const struct export_format *export_find(const char *name)
{
	for (size_t i = 0; i < sizeof(export_formats) / sizeof(export_formats[0]); i++)
		if (strcmp(export_formats[i].name, name) == 0)
			return &export_formats[i];
	complain("--format takes json, ndjson, prometheus, openmetrics, otlp-json or perfetto, not \"%s\"", name);
	return NULL;
}

/* For node_exporter: a machine whose daemon does not answer must be seen, so the file is written then, too. */
static int export_textfile(const struct cli *cli)
{
	_cleanup_client_ struct gw_client client;
	struct documents documents = { NULL };
	_cleanup_free_ char *text = NULL;
	int r = gw_client_open(&client, &cli->target), written;
	size_t size;

	if (r == GW_CLIENT_OK)
		r = documents_fetch(&documents, &client);
	text = documents_prometheus(&documents, &size);
	documents_free(&documents);
	written = file_write_public(cli->textfile, true, text, size);
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	return written;
}

static int export_once(const struct cli *cli, const struct export_format *format)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_free_ char *text = NULL;
	struct documents documents;
	int r = gw_client_open(&client, &cli->target);
	size_t size;

	if (r == GW_CLIENT_OK)
		r = documents_fetch(&documents, &client);
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	text = format->text(&documents, &size);
	documents_free(&documents);
	return file_write(cli->output ? cli->output : "-", true, text, size);
}

int command_export(const struct cli *cli)
{
	const struct export_format *format;

	if (cli->textfile)
		return export_textfile(cli);
	format = export_find(cli->format ? cli->format : cli_has(cli, OPTION_FOLLOW) ? "ndjson" : "json");
	if (!format)
		return EXIT_USAGE;
	if (!cli_has(cli, OPTION_FOLLOW))
		return export_once(cli, format);
	if (format->text == documents_ndjson)
		return reports_follow_all(cli);
	complain("--follow goes with --format=ndjson");
	return EXIT_USAGE;
}
