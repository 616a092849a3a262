/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parses and analyses arbitrary bytes; tests/fuzz/run builds and runs it.
 * With libFuzzer by default, with -DGW_PLAIN once over each file given.
 *
 * The checksum would keep mutations out, so bytes that begin with 'S' are
 * taken as a stream without an END record.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/analysis/analysis.h"
#include "lib/analysis/words/timelines.h"
#include "lib/analysis/words/waits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void view(const struct gw_snapshot *now, const struct gw_snapshot *before)
{
	json_decref(gw_waits_json(now, GW_WAITS_ALL, 0));
	json_decref(gw_timelines_json(now, before));
}

static void dump(const struct gw_report *report, void *userdata)
{
	json_t *json = gw_report_json(report, "boot", "kernel");
	char *text = json ? json_dumps(json, 0) : NULL;

	if (!text)
		abort(); /* every report must be valid JSON */
	free(text);
	json_decref(json);
}

static void analyse(struct gw_snapshot **snapshots, size_t count)
{
	const struct gw_policy policy = { .min_wait_ns = 1, .stall_ns = 1000, .keep_resolved = 4 };
	struct gw_analysis *analysis;

	if (gw_analysis_new(&analysis, &policy) < 0)
		abort();
	for (size_t i = 0; i < count; i++) {
		view(snapshots[i], gw_analysis_last(analysis));
		if (gw_analysis_step(analysis, snapshots[i], dump, NULL) < 0)
			abort();
	}
	gw_analysis_free(analysis);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gw_snapshot **snapshots;
	size_t count, offset;
	int r;

	if (size && data[0] == 'S')
		r = gw_stream_parse(data + 1, size - 1, false, &snapshots, &count, &offset);
	else
		r = gw_recording_parse(data, size, &snapshots, &count, &offset);
	if (offset > size)
		abort();
	if (r == GW_PARSE_OK) {
		analyse(snapshots, count);
		free(snapshots);
	}
	return 0;
}

#ifdef GW_PLAIN
static int run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size >= 0 && fseek(file, 0, SEEK_SET) == 0)
		data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
		fprintf(stderr, "fuzz-recording: cannot read %s\n", path);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	return failed;
}
#endif
