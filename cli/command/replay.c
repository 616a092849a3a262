/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch-cli replay: the daemon's analysis over a recording, on any machine. */
#include "cli/command/replay.h"

#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "cli/lib/recording.h"
#include "cli/lib/text.h"
#include "cli/render/picture.h"
#include "cli/render/report.h"
#include "cli/render/waits.h"
#include "lib/analysis/analysis.h"
#include "lib/analysis/words/timelines.h"
#include "lib/analysis/words/waits.h"
#include "lib/base/cleanup.h"
#include "lib/system/known-files.h"

/* Deadlocks first, then the other kinds, in the analysis' own order. */
static json_t *replay_collect(const struct gw_analysis *analysis, const struct gw_host_record *host)
{
	const struct gw_report *const *reports;
	size_t count = gw_analysis_reports(analysis, &reports);
	json_t *list = json_array();
	struct gw_known *known;

	if (gw_known_load(&known, NULL, NULL) < 0)
		out_of_memory();

	for (int others = 0; others <= 1; others++) {
		for (size_t i = 0; i < count; i++) {
			json_t *report;

			if ((reports[i]->kind != GW_KIND_DEADLOCK) != others)
				continue;
			report = gw_report_json(reports[i], host->boot_id, host->release);
			if (!report || gw_known_annotate(known, report) < 0 || json_array_append_new(list, report) < 0)
				out_of_memory();
		}
	}
	gw_known_free(known);
	return list;
}

static bool replay_has_deadlock(const json_t *reports)
{
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report)
		if (report_is_kind(report, "deadlock"))
			return true;
	return false;
}

static void replay_print_none(const struct cli *cli, const struct gw_analysis *analysis, size_t snapshots)
{
	_cleanup_json_ json_t *waits = gw_waits_json(gw_analysis_last(analysis), GW_WAITS_TRACKED, 0);
	_cleanup_free_ char *summary = waits_summary(waits);

	terminal_print(&cli->terminal, "No deadlock in %zu snapshot%s. In the last one: %s.\n", snapshots,
		       snapshots == 1 ? "" : "s", summary);
	if (gw_analysis_wants_more(analysis))
		terminal_paragraph(
			&cli->terminal, "", 0,
			"The last snapshot shows a loop that no second snapshot confirms: record again while it stands.");
}

/* Which machine and which time this is about: it is not this one. */
static void replay_print_origin(const struct cli *cli, const struct recording *recording)
{
	const struct gw_host_record *host = gw_snapshot_host(recording->snapshots[0]);
	const struct gw_snapshot_record *first = gw_snapshot_head(recording->snapshots[0]);
	const struct gw_snapshot_record *last = gw_snapshot_head(recording->snapshots[recording->count - 1]);
	_cleanup_free_ char *span = text_duration(last->mono_ns > first->mono_ns ? last->mono_ns - first->mono_ns : 0);
	bool one = recording->count == 1;
	_cleanup_free_ char *line = NULL;
	_cleanup_json_ json_t *safe = NULL;

	line = text_format("Recording of a machine with kernel %s (%s), boot %s: %zu snapshot%s%s", host->release,
			   host->machine, host->boot_id, recording->count, one ? "" : "s over ", one ? "" : span);
	safe = json_string(line);
	if (!safe)
		return;
	json_clean(safe);
	terminal_paragraph(&cli->terminal, STYLE_DIM, 0, json_string_value(safe));
	terminal_put(&cli->terminal, STYLE_END "\n");
}

static int replay_print(const struct cli *cli, const struct gw_analysis *analysis, json_t *reports, size_t snapshots,
			uint64_t now_ns)
{
	struct report_view view = { .terminal = &cli->terminal, .now_ns = now_ns };

	if (picture_is_wanted(cli))
		return picture_write(cli, reports, now_ns);
	output_clean(cli, reports);
	if (cli_has(cli, OPTION_JSON))
		output_json(cli, reports, false);
	else if (json_array_size(reports) == 0)
		replay_print_none(cli, analysis, snapshots);
	else
		render_report_list(&view, reports);
	return EXIT_NOTHING;
}

static int replay_reports(const struct cli *cli, struct recording *recording)
{
	uint64_t last_ns = gw_snapshot_head(recording->snapshots[recording->count - 1])->mono_ns;
	struct gw_host_record host = *gw_snapshot_host(recording->snapshots[0]);
	struct gw_analysis *analysis;
	_cleanup_json_ json_t *reports = NULL;
	int r = gw_analysis_new(&analysis, &GW_POLICY_DEFAULT);

	if (!cli_has(cli, OPTION_JSON) && !picture_is_wanted(cli))
		replay_print_origin(cli, recording);
	for (size_t i = 0; i < recording->count && r == 0; i++) {
		r = gw_analysis_step(analysis, recording->snapshots[i], NULL, NULL);
		recording->snapshots[i] = NULL; /* the analysis' own, also on error */
	}
	if (r < 0)
		out_of_memory();
	reports = replay_collect(analysis, &host);
	r = replay_print(cli, analysis, reports, recording->count, last_ns);
	gw_analysis_free(analysis);
	if (r != EXIT_NOTHING)
		return r;
	return replay_has_deadlock(reports) ? EXIT_FOUND : EXIT_NOTHING;
}

static int replay_view(const struct cli *cli, const struct recording *recording)
{
	const struct gw_snapshot *last = recording->snapshots[recording->count - 1];
	const struct gw_snapshot *before = recording->count > 1 ? recording->snapshots[0] : NULL;
	bool waits = cli_has(cli, OPTION_WAITS);
	_cleanup_json_ json_t *view =
		waits ? gw_waits_json(last, GW_WAITS_TRACKED, 0) : gw_timelines_json(last, before);

	if (!view)
		out_of_memory();
	output_document(cli, view, waits ? render_waits : render_timelines);
	return EXIT_NOTHING;
}

int command_replay(const struct cli *cli)
{
	_cleanup_recording_ struct recording recording = { 0 };
	_cleanup_free_ char *data = NULL;
	char message[256];
	size_t size;
	int r = file_read(cli->argument, RECORDING_LIMIT, &data, &size);

	if (r != EXIT_NOTHING)
		return r;
	if (recording_parse(&recording, data, size, message, sizeof(message)) < 0)
		return file_reject(cli->argument, message);
	if (cli_has(cli, OPTION_WAITS | OPTION_TIMELINES))
		return replay_view(cli, &recording);
	return replay_reports(cli, &recording);
}
