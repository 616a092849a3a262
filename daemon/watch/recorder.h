/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The recorder: keeps the last analysed snapshots, packed and bounded by bytes,
 * and writes them as a recording whose replay reaches the same verdicts.
 */
#ifndef GPUWATCH_DAEMON_WATCH_RECORDER_H
#define GPUWATCH_DAEMON_WATCH_RECORDER_H

#include <stddef.h>

#include "bpf/abi/records.h"

struct gw_recorder;

/* @limit: bytes to keep, as they are packed; the last few snapshots are kept whatever their size. */
int gw_recorder_new(struct gw_recorder **ret, size_t limit);
void gw_recorder_free(struct gw_recorder *recorder);
void gw_recorder_set_limit(struct gw_recorder *recorder, size_t limit);

/*
 * gw_recorder_add - keep a snapshot; needs half of its size besides, for a moment
 * @data: malloc()ed, taken over
 * @skip: bytes at the beginning that do not belong to the snapshot (the HOST record)
 */
void gw_recorder_add(struct gw_recorder *recorder, void *data, size_t size, size_t skip);

size_t gw_recorder_count(const struct gw_recorder *recorder);

/*
 * Returns a memfd with the recording, sealed and read from its beginning, or -errno. The caller closes it. Of more than
 * GW_RECORDING_MOST bytes it has the last ones.
 */
int gw_recorder_write(const struct gw_recorder *recorder, const struct gw_host_record *host);

#endif
