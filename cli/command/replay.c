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
static void replay_print_origin(const struct cli *cli, const struct recording *recording,
				const struct gw_host_record *host, uint64_t first_ns, uint64_t last_ns)
{
	_cleanup_free_ char *span = text_duration(last_ns > first_ns ? last_ns - first_ns : 0);
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

static void replay_snapshot_free(struct gw_snapshot **snapshot)
{
	gw_snapshot_free(*snapshot);
}
#define _cleanup_snapshot_ _cleanup_(replay_snapshot_free)

static uint64_t replay_time(const struct recording *recording, size_t at)
{
	_cleanup_snapshot_ struct gw_snapshot *snapshot = recording_snapshot(recording, at);

	return gw_snapshot_head(snapshot)->mono_ns;
}

static struct gw_host_record replay_host(const struct recording *recording)
{
	_cleanup_snapshot_ struct gw_snapshot *snapshot = recording_snapshot(recording, 0);

	return *gw_snapshot_host(snapshot);
}

static int replay_reports(const struct cli *cli, const struct recording *recording)
{
	uint64_t last_ns = replay_time(recording, recording->count - 1);
	struct gw_host_record host = replay_host(recording);
	struct gw_analysis *analysis;
	_cleanup_json_ json_t *reports = NULL;
	int r = gw_analysis_new(&analysis, &GW_POLICY_DEFAULT);

	if (!cli_has(cli, OPTION_JSON) && !picture_is_wanted(cli))
		replay_print_origin(cli, recording, &host, replay_time(recording, 0), last_ns);
	for (size_t i = 0; i < recording->count && r == 0; i++)
		r = gw_analysis_step(analysis, recording_snapshot(recording, i), NULL, NULL);
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
	_cleanup_snapshot_ struct gw_snapshot *last = recording_snapshot(recording, recording->count - 1);
	_cleanup_snapshot_ struct gw_snapshot *first = recording_snapshot(recording, 0);
	bool waits = cli_has(cli, OPTION_WAITS);
	_cleanup_json_ json_t *view = waits ? gw_waits_json(last, GW_WAITS_TRACKED, 0)
					    : gw_timelines_json(last, recording->count > 1 ? first : NULL);

	if (!view)
		out_of_memory();
	output_document(cli, view, waits ? render_waits : render_timelines);
	return EXIT_NOTHING;
}

int command_replay(const struct cli *cli)
{
	_cleanup_recording_ struct recording recording = { 0 };
	char message[256], *data;
	size_t size;
	int r = file_read(cli->argument, GW_RECORDING_MOST, &data, &size);

	if (r != EXIT_NOTHING)
		return r;
	r = recording_parse(&recording, data, size, message, sizeof(message));
	free(data); /* the recording has a copy */
	if (r < 0)
		return file_reject(cli->argument, message);
	if (cli_has(cli, OPTION_WAITS | OPTION_TIMELINES))
		return replay_view(cli, &recording);
	return replay_reports(cli, &recording);
}
