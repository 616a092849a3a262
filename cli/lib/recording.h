/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording's bytes as snapshots, with one clear sentence for every way that they can be wrong. */
#ifndef GPUWATCH_CLI_LIB_RECORDING_H
#define GPUWATCH_CLI_LIB_RECORDING_H

#include <stddef.h>

#include "lib/analysis/record/recording.h"
#include "lib/analysis/record/snapshot.h"
#include "lib/base/cleanup.h"

#define RECORDING_SNAPSHOTS_MOST 65536 /* the daemon keeps 1024 */

struct recording {
	struct gw_stream *stream;
	size_t count; /* at least 1 */
};

/*
 * recording_parse - read a recording
 * @message, @length: on failure what is wrong with the file, one line without its name
 *
 * Returns 0, or -1 with @message set.
 */
int recording_parse(struct recording *recording, const void *data, size_t size, char *message, size_t length);

/* Makes one of its snapshots, owned by the caller. */
struct gw_snapshot *recording_snapshot(const struct recording *recording, size_t at);

void recording_clear(struct recording *recording);

#define _cleanup_recording_ _cleanup_(recording_clear)

#endif
