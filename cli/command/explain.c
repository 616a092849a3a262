/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli explain: kernel logs in, reports out, on any machine. */
#include "cli/command/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/classes/classes.h"
#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "cli/log/journal.h"
#include "cli/log/source.h"
#include "cli/render/picture.h"
#include "cli/render/report.h"
#include "lib/base/cleanup.h"
#include "lib/explain/explain.h"
#include "lib/log-text/read.h"
#include "lib/system/known-files.h"

/* Smaller texts are read before anybody could look at a bar. */
#define BAR_MIN_SIZE ((size_t)4 << 20)
#define BAR_COLUMNS 40

/* What all the files gave. */
struct explained {
	struct gw_known *known;
	json_t *reports, *recovered, *open;
	uint64_t messages, left_out;
	int failed; /* exit code of a file that could not be used, 0 = none */
};

static void explain_bar(size_t done, size_t all, void *userdata)
{
	int filled = (int)(done * BAR_COLUMNS / (all ? all : 1));

	(void)userdata;
	fprintf(stderr, "\r[%.*s%*s] %3d %%", filled, "########################################", BAR_COLUMNS - filled,
		"", (int)(done * 100 / (all ? all : 1)));
	if (done == all)
		fprintf(stderr, "\r%*s\r", BAR_COLUMNS + 8, "");
	fflush(stderr);
}

static void explain_append(struct explained *all, const struct gw_explanation *explanation, const char *release)
{
	for (size_t i = 0; i < explanation->count; i++) {
		json_t *report = gw_report_json(explanation->reports[i], "", release);

		if (!report || gw_known_annotate(all->known, report) < 0 ||
		    json_array_append_new(all->reports, report) < 0)
			out_of_memory();
	}
	if (json_array_extend(all->recovered, explanation->recovered) < 0 ||
	    json_array_extend(all->open, explanation->open) < 0)
		out_of_memory();
}

static void explain_text(struct explained *all, const char *text, size_t size)
{
	bool bar = size >= BAR_MIN_SIZE && isatty(STDERR_FILENO);
	struct gw_explanation explanation;
	struct gw_log_model model;

	if (gw_log_read(&model, text, size, bar ? explain_bar : NULL, NULL) < 0 ||
	    gw_explain_log(&explanation, &model) < 0)
		out_of_memory();
	all->messages += model.messages;
	all->left_out += model.left_out;
	explain_append(all, &explanation, model.release);
	gw_explanation_deinit(&explanation);
	gw_log_model_deinit(&model);
}

static void explain_source(struct explained *all, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = path ? log_source_file(path, &text, &size) : log_journal_read(&text, &size);

	if (r != 0)
		all->failed = r;
	else
		explain_text(all, text, size);
}

/* "Recovered   flip-timeout, 5 times; last: …" */
static void explain_print_events(const struct cli *cli, const char *label, const json_t *events, const char *fate)
{
	json_t *event;
	size_t i;

	json_array_foreach(events, i, event) {
		_cleanup_free_ char *line = text_format(
			"%s, %d time%s%s; last: %s", field_string(event, "kind"), (int)field_number(event, "count"),
			field_number(event, "count") == 1 ? "" : "s", fate, field_string(event, "text"));

		terminal_labelled(&cli->terminal, label, line);
	}
}

static bool explain_are_hazards(const json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report)
		if (!report_is_kind(report, "hazard"))
			return false;
	return true;
}

static void explain_print_none(const struct cli *cli, const struct explained *all)
{
	if (json_array_size(all->reports) == 0)
		terminal_print(&cli->terminal, json_array_size(all->open)
						       ? "This log does not show whether anything hangs.\n"
						       : "This log shows no hang.\n");
	else if (json_array_size(all->recovered) || json_array_size(all->open))
		terminal_print(&cli->terminal, "\n");
	explain_print_events(cli, "Recovered", all->recovered, "");
	explain_print_events(cli, "Open", all->open, ", and the log does not show what came of it");
	if (json_array_size(all->open) && json_array_size(all->reports) == 0)
		terminal_labelled(
			&cli->terminal, "Not known",
			"What hangs, if anything does: `echo w > /proc/sysrq-trigger` while it stands, and the whole kernel log after it (`dmesg`, not what grep leaves of it).");
}

static void explain_print(const struct cli *cli, const struct explained *all)
{
	struct report_view view = { .terminal = &cli->terminal };

	if (json_array_size(all->reports))
		render_report_list(&view, all->reports);
	/* What could hang hides nothing of what did. */
	if (explain_are_hazards(all->reports))
		explain_print_none(cli, all);
	if (all->left_out)
		terminal_print(&cli->terminal,
			       "\nThe text names more than can be kept: %" PRIu64 " things were left out.\n",
			       all->left_out);
}

/* What stands: a hazard is something that could hang, and what has ended needs nobody. */
static bool explain_found(const json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report)
		if (report_is_active(report) && !report_is_kind(report, "hazard"))
			return true;
	return false;
}

/* What is wrong in a file of known hangs keeps nobody from reading the rest. */
static void explain_on_bad_known(const char *message, void *userdata)
{
	(void)userdata;
	complain("%s", message);
}

/* A program that was copied alone knows no hang; that none of these is named shows nothing then. */
static void explain_without_known(const struct explained *all)
{
	bool installed;
	const char *path = gw_known_installed(&installed);

	if (!installed && explain_found(all->reports))
		complain("%s is not there: hangs that are known are not named as such", path);
}

static int explain_logs(const struct cli *cli)
{
	struct explained all = { .reports = json_array(), .recovered = json_array(), .open = json_array() };
	bool journal = cli_has(cli, OPTION_JOURNAL);
	int r;

	if (!all.reports || !all.recovered || !all.open || gw_known_load(&all.known, explain_on_bad_known, NULL) < 0)
		out_of_memory();
	if (journal)
		explain_source(&all, NULL);
	for (int i = 0; i < cli->n_arguments; i++)
		explain_source(&all, cli->arguments[i]);
	r = all.failed ? all.failed : explain_found(all.reports) ? EXIT_FOUND : EXIT_NOTHING;
	if (!cli_has(cli, OPTION_JSON))
		explain_without_known(&all);
	/* Of several files those that can be used are shown. */
	if ((!all.failed || all.messages) && picture_is_wanted(cli)) {
		if (picture_write(cli, all.reports, 0) != EXIT_NOTHING)
			r = EXIT_FILE;
	} else if (!all.failed || all.messages) {
		output_clean(cli, all.reports);
		output_clean(cli, all.recovered);
		output_clean(cli, all.open);
		if (cli_has(cli, OPTION_JSON))
			output_json(cli, all.reports, false);
		else
			explain_print(cli, &all);
	}
	json_decref(all.reports);
	json_decref(all.recovered);
	json_decref(all.open);
	gw_known_free(all.known);
	return r;
}

int command_explain(const struct cli *cli)
{
	return cli->class ? classes_print(cli, cli->class) : explain_logs(cli);
}
