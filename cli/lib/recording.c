/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording's bytes as snapshots. */
#include "cli/lib/recording.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"

/* Foreign has more than one reason, and a person wants to know which. */
static void recording_explain_foreign(const void *data, size_t size, char *message, size_t length)
{
	struct gw_recording_header header;

	if (size < sizeof(header) || memcmp(data, GW_RECORDING_MAGIC, sizeof(header.magic)) != 0) {
		snprintf(message, length, "this is not a gpuwatch recording");
		return;
	}
	memcpy(&header, data, sizeof(header));
	if (header.byte_order != 0x01020304)
		snprintf(message, length, "recorded on a machine of the other byte order");
	else
		snprintf(message, length,
			 "recorded with layout version %" PRIu32
			 ", this program reads version %d: use the gpuwatch-cli of the machine that recorded it",
			 header.version, GW_LAYOUT_VERSION);
}

static void recording_explain(int result, const void *data, size_t size, size_t offset, char *message, size_t length)
{
	switch (result) {
	case GW_PARSE_TRUNCATED:
		snprintf(message, length, "the recording is cut short (at byte %zu of %zu)", offset, size);
		break;
	case GW_PARSE_FOREIGN:
		recording_explain_foreign(data, size, message, length);
		break;
	default:
		snprintf(message, length, "the recording is corrupt (at byte %zu of %zu)", offset, size);
		break;
	}
}

int recording_parse(struct recording *recording, const void *data, size_t size, char *message, size_t length)
{
	size_t offset = 0;
	int r;

	*recording = (struct recording){ 0 };
	if (size == 0) {
		snprintf(message, length, "the file is empty");
		return -1;
	}
	r = gw_recording_open(&recording->stream, data, size, &offset);
	if (r < 0)
		out_of_memory();
	if (r != GW_PARSE_OK) {
		recording_explain(r, data, size, offset, message, length);
		return -1;
	}
	recording->count = gw_stream_count(recording->stream);
	if (recording->count == 0 || recording->count > RECORDING_SNAPSHOTS_MOST) {
		if (recording->count == 0)
			snprintf(message, length, "the recording has no snapshot");
		else
			snprintf(message, length, "the recording has %zu snapshots, this program reads %d at most",
				 recording->count, RECORDING_SNAPSHOTS_MOST);
		recording_clear(recording);
		return -1;
	}
	return 0;
}

struct gw_snapshot *recording_snapshot(const struct recording *recording, size_t at)
{
	struct gw_snapshot *snapshot;

	if (gw_stream_snapshot(recording->stream, at, &snapshot) < 0)
		out_of_memory();
	return snapshot;
}

void recording_clear(struct recording *recording)
{
	gw_stream_close(recording->stream);
	*recording = (struct recording){ 0 };
}
