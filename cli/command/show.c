/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli show: everything about one report of the daemon, or about saved reports. */
#include "cli/command/show.h"

#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "cli/render/picture.h"
#include "cli/render/report.h"
#include "lib/base/cleanup.h"
#include "lib/report/report.h"

#define REPORTS_LIMIT ((size_t)64 << 20) /* bytes */

/* ---- a file: one report, an array, JSON lines, or a journal export ---------- */

/* An entry of `journalctl -o json`: the report is a text in a field, or an array of its bytes. */
static json_t *saved_of_entry(const json_t *entry)
{
	const json_t *field = json_object_get(entry, "GPUWATCH_REPORT");
	_cleanup_free_ char *text = NULL;
	json_t *byte;
	size_t i;

	if (json_is_string(field))
		return json_loads(json_string_value(field), 0, NULL);
	if (!json_is_array(field))
		return NULL;
	text = calloc(json_array_size(field) + 1, 1);
	if (!text)
		out_of_memory();
	json_array_foreach(field, i, byte)
		text[i] = (char)json_integer_value(byte);
	return json_loads(text, 0, NULL);
}

/* Adds one report. Returns NULL, or why it was not added: @otherwise for what is no report at all. */
static const char *saved_add_report(json_t *reports, json_t *report, const char *otherwise)
{
	const char *schema = field_string(report, "schema");

	if (strcmp(schema, GW_REPORT_SCHEMA) == 0) {
		if (json_array_append(reports, report) < 0)
			out_of_memory();
		return NULL;
	}
	/* A later version may mean something else by the same fields. */
	return strncmp(schema, GW_REPORT_SCHEMA, strlen("gpuwatch.report.")) == 0
		       ? "the report is of another version, this program reads " GW_REPORT_SCHEMA
		       : otherwise;
}

static const char *saved_add_array(json_t *reports, const json_t *array)
{
	const char *wrong = NULL;
	json_t *report;
	size_t i;

	json_array_foreach(array, i, report)
		if (!wrong)
			wrong = saved_add_report(reports, report, "an element of the array is no report");
	return wrong;
}

static const char *saved_add_entry(json_t *reports, const json_t *entry)
{
	_cleanup_json_ json_t *report = NULL;

	if (json_is_null(json_object_get(entry, "GPUWATCH_REPORT")))
		return "journalctl left the report out because it is long: use journalctl --all -o json";
	report = saved_of_entry(entry);
	return saved_add_report(reports, report, "the journal entry's GPUWATCH_REPORT is no report");
}

/* Adds the reports of one JSON value; NULL or why it has none. */
static const char *saved_add(json_t *reports, json_t *value)
{
	if (json_is_array(value))
		return saved_add_array(reports, value);
	if (json_object_get(value, "GPUWATCH_REPORT"))
		return saved_add_entry(reports, value);
	/* The journal has other entries of the daemon, too. */
	return saved_add_report(reports, value,
				json_object_get(value, "MESSAGE") ? NULL : "this is no gpuwatch report");
}

static const char *saved_skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n\036");
}

/* Returns the reports, or NULL after one line about what is wrong. */
static json_t *saved_parse(const char *path, const char *data, size_t size)
{
	_cleanup_json_ json_t *reports = json_array();
	const char *rest = saved_skip_blanks(data), *end = data + size;
	_cleanup_free_ char *why = NULL;

	if (!reports)
		out_of_memory();
	while (rest < end && !why) {
		_cleanup_json_ json_t *value = NULL;
		const char *wrong = NULL;
		json_error_t error;

		value = json_loadb(rest, (size_t)(end - rest), JSON_DISABLE_EOF_CHECK, &error);
		if (value)
			wrong = saved_add(reports, value);
		else
			why = text_format("not JSON at byte %zu: %s", (size_t)(rest - data),
					  *error.text ? error.text : "it takes too much memory");
		if (wrong)
			why = text_format("%s", wrong);
		rest = saved_skip_blanks(rest + (value ? error.position : 0));
	}
	if (!why && json_array_size(reports) == 0)
		why = text_format("no report in it");
	if (!why)
		return json_incref(reports);
	file_reject(path, why);
	return NULL;
}

static int show_file(const struct cli *cli)
{
	struct report_view view = { .terminal = &cli->terminal };
	_cleanup_json_ json_t *reports = NULL;
	_cleanup_free_ char *data = NULL;
	json_t *report;
	size_t size, i;
	int r = file_read(cli->argument, REPORTS_LIMIT, &data, &size);

	if (r != EXIT_NOTHING)
		return r;
	reports = saved_parse(cli->argument, data, size);
	if (!reports)
		return EXIT_FILE;
	if (picture_is_wanted(cli))
		return picture_write(cli, reports, 0);
	output_clean(cli, reports);
	if (cli_has(cli, OPTION_JSON)) {
		output_json(cli, json_array_size(reports) == 1 ? json_array_get(reports, 0) : reports, false);
		return EXIT_NOTHING;
	}
	json_array_foreach(reports, i, report) {
		terminal_put(&cli->terminal, i ? "\n" : "");
		render_report_detail(&view, report);
	}
	return EXIT_NOTHING;
}

/* ---- the daemon ------------------------------------------------------------ */

static int show_picture(const struct cli *cli, json_t *report, uint64_t now_ns)
{
	_cleanup_json_ json_t *reports = json_pack("[O]", report);

	if (!reports)
		out_of_memory();
	return picture_write(cli, reports, now_ns);
}

static int show_id(const struct cli *cli)
{
	_cleanup_client_ struct gw_client client;
	_cleanup_json_ json_t *report = NULL;
	struct report_view view;
	int r;

	fetch_notice(FETCH_NOTICE);
	r = gw_client_open(&client, &cli->target);
	if (r == GW_CLIENT_OK)
		r = gw_client_call(&client, &report, "GetReport", "s", cli->argument);
	fetch_notice_end();
	if (r != GW_CLIENT_OK)
		return fetch_failed(&client, r);
	report_view_live(&view, &cli->terminal);
	if (picture_is_wanted(cli))
		return show_picture(cli, report, view.now_ns);
	output_clean(cli, report);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, report, false);
	else
		render_report_detail(&view, report);
	return EXIT_NOTHING;
}

/* Ids have neither slash nor dot. */
int command_show(const struct cli *cli)
{
	bool file = strcmp(cli->argument, "-") == 0 || strpbrk(cli->argument, "/.");

	return file ? show_file(cli) : show_id(cli);
}
