/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers, redacts, lists what there is in a manifest, and packs it. */
#include "cli/bundle/bundle.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/bundle/archive.h"
#include "cli/bundle/gather.h"
#include "cli/bundle/redact.h"
#include "cli/bundle/steps.h"
#include "cli/lib/error.h"
#include "cli/lib/fetch.h"
#include "cli/lib/file.h"
#include "cli/lib/json-field.h"
#include "cli/lib/output.h"
#include "cli/lib/text.h"
#include "lib/base/json.h"
#include "lib/base/units.h"

#define GATHER_TIME (4500 * GW_NSEC_PER_MSEC) /* the rest of five seconds is for packing */
#define DIRECTORY "gpuwatch-bundle"

/* ---- the manifest ---------------------------------------------------------------- */

static json_t *bundle_entry(const struct gather_step *step, bool redacted)
{
	static const char *const states[] = {
		[GATHER_COMPLETE] = "complete",
		[GATHER_FAILED] = "failed",
		[GATHER_CUT] = "cut",
	};
	json_t *entry = json_pack("{s:s, s:s}", "name", step->name, "state", states[step->state]);
	bool failed = !entry;

	if (step->state == GATHER_FAILED)
		gw_json_put(entry, "why", gw_json_text(step->data), &failed);
	if (*step->personal && !redacted)
		gw_json_put(entry, "personal", json_string(step->personal), &failed);
	if (failed)
		out_of_memory();
	return entry;
}

static json_t *bundle_manifest(const struct gather_step *steps, size_t count, uint64_t now_ns, bool redacted)
{
	json_t *files = json_array();
	json_t *manifest = json_pack("{s:s, s:s, s:o, s:b, s:o}", "schema", "gpuwatch.bundle.v1", "version", GW_VERSION,
				     "made_at", gw_json_time(now_ns), "redacted", redacted, "files", files);

	if (!manifest)
		out_of_memory();
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(files, bundle_entry(&steps[i], redacted)) < 0)
			out_of_memory();
	return manifest;
}

/* ---- the archive ------------------------------------------------------------------- */

static void bundle_add(struct archive *archive, const char *name, uint64_t time, const void *data, size_t size)
{
	_cleanup_free_ char *path = text_format(DIRECTORY "/%s", name);

	archive_add(archive, path, time, data, size);
}

static void bundle_redact(struct gather_step *steps, size_t count)
{
	_cleanup_redaction_ struct redaction redaction;
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	redaction_init(&redaction, host);
	for (size_t i = 0; i < count; i++)
		redaction_learn(&redaction, steps[i].data, steps[i].size);
	for (size_t i = 0; i < count; i++) {
		char *text = redaction_apply(&redaction, steps[i].data, steps[i].size, &steps[i].size);

		free(steps[i].data);
		steps[i].data = text;
	}
}

static unsigned char *bundle_pack(const struct gather_step *steps, size_t count, const json_t *manifest, uint64_t time,
				  size_t *size)
{
	_cleanup_archive_ struct archive archive = { .size = 0 };
	_cleanup_free_ char *text = json_dumps(manifest, JSON_INDENT(1));

	if (!text)
		out_of_memory();
	bundle_add(&archive, "manifest.json", time, text, strlen(text));
	for (size_t i = 0; i < count; i++)
		if (steps[i].state == GATHER_COMPLETE)
			bundle_add(&archive, steps[i].name, time, steps[i].data, steps[i].size);
	return archive_pack(&archive, size);
}

/* ---- the command ------------------------------------------------------------------- */

/* What is not in there, and what somebody should look at before it goes to strangers. */
static void bundle_print_note(const struct cli *cli, const json_t *manifest)
{
	json_t *file;
	size_t i;

	if (cli_has(cli, OPTION_JSON) || strcmp(cli->argument, "-") == 0)
		return;
	json_array_foreach(field_array(manifest, "files"), i, file) {
		if (!field_is(file, "state", "complete"))
			terminal_print(&cli->terminal, "  not in there  %s: %s\n", field_string(file, "name"),
				       field_given(file, "why") ? field_string(file, "why") : "no answer in time");
		else if (field_given(file, "personal"))
			terminal_print(&cli->terminal, "  personal      %s: %s\n", field_string(file, "name"),
				       field_string(file, "personal"));
	}
}

static int bundle_write(const struct cli *cli, struct gather_step *steps, size_t count)
{
	bool redact = cli_has(cli, OPTION_REDACT);
	struct timespec now;
	_cleanup_json_ json_t *manifest = NULL;
	_cleanup_free_ unsigned char *data = NULL;
	_cleanup_free_ char *note = NULL;
	size_t size;
	int r;

	if (redact)
		bundle_redact(steps, count);
	clock_gettime(CLOCK_REALTIME, &now);
	manifest = bundle_manifest(steps, count, (uint64_t)now.tv_sec * GW_NSEC_PER_SEC, redact);
	data = bundle_pack(steps, count, manifest, (uint64_t)now.tv_sec, &size);
	r = file_write(cli->argument, cli_has(cli, OPTION_FORCE), data, size);
	if (r != EXIT_NOTHING)
		return r;
	note = text_format("%zu files%s", count + 1, redact ? ", redacted" : "");
	output_saved(cli, cli->argument, size, note, json_incref(manifest));
	bundle_print_note(cli, manifest);
	return EXIT_NOTHING;
}

static int bundle_make(const struct cli *cli)
{
	size_t count;
	struct gather_step *steps;
	int r;

	if (strcmp(cli->argument, "-") == 0 && isatty(STDOUT_FILENO)) {
		complain("a bundle is binary: redirect standard output, or give a file name");
		return EXIT_USAGE;
	}
	r = file_check_free(cli->argument, cli_has(cli, OPTION_FORCE));
	if (r != EXIT_NOTHING)
		return r;
	steps = bundle_steps(&count);
	if (cli_has(cli, OPTION_REDACT))
		count = bundle_steps_redactable();
	fetch_notice("gathers evidence, for five seconds at most");
	gather_all(cli, steps, count, GATHER_TIME);
	fetch_notice_end();
	r = bundle_write(cli, steps, count);
	gather_clear(steps, count);
	free(steps);
	return r;
}

int command_bundle(const struct cli *cli)
{
	struct cli named = *cli;
	time_t now = time(NULL);
	struct tm utc;
	char name[64];

	if (!cli->argument) {
		strftime(name, sizeof(name), "gpuwatch-bundle-%Y%m%dT%H%M%SZ.tar.gz", gmtime_r(&now, &utc));
		named.argument = name;
	}
	return bundle_make(&named);
}
