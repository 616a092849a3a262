/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording's bytes as snapshots, with one clear sentence for every way that they can be wrong. */
#ifndef GPUWATCH_CLI_LIB_RECORDING_H
#define GPUWATCH_CLI_LIB_RECORDING_H

#include <stddef.h>

#include "lib/analysis/record/snapshot.h"
#include "lib/base/cleanup.h"

#define RECORDING_LIMIT ((size_t)256 << 20) /* bytes that are read at most */

struct recording {
	struct gw_snapshot **snapshots;
	size_t count; /* at least 1 */
};

/*
 * recording_parse - read a recording
 * @message, @length: on failure what is wrong with the file, one line without its name
 *
 * Returns 0, or -1 with @message set.
 */
int recording_parse(struct recording *recording, const void *data, size_t size, char *message, size_t length);
void recording_clear(struct recording *recording);

#define _cleanup_recording_ _cleanup_(recording_clear)

#endif
