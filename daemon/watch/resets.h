/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long GPUs were reset, by the kernel log: from the first message that a driver begins until its next one that the reset
 * succeeded or failed. Pure.
 */
#ifndef GPUWATCH_DAEMON_WATCH_RESETS_H
#define GPUWATCH_DAEMON_WATCH_RESETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "bpf/abi/shared.h"
#include "lib/log-text/model.h"

#define GW_RESETS_PENDING 16 /* devices that are being reset; the one that began first is forgotten */
#define GW_RESETS_ROWS 32    /* drivers, twice; the others are "other" */

/* Zeroed: none yet. */
struct gw_resets {
	struct gw_reset_pending {
		char device[16]; /* PCI address, "" = the message had none */
		char driver[32]; /* "" = the message does not begin with it */
		uint64_t begin_us;
	} pending[GW_RESETS_PENDING]; /* oldest first */
	size_t n_pending;
	struct gw_reset_row {
		char driver[32];
		bool succeeded;
		struct gw_wait_time times;
	} rows[GW_RESETS_ROWS];
	size_t n_rows;
};

/*
 * gw_resets_add - a message of the log
 * @device: PCI address in @text, @length bytes; NULL = none
 * @time_us: of the log's clock, which does not go back
 *
 * Messages of other kinds are left alone.
 */
void gw_resets_add(struct gw_resets *resets, enum gw_log_event_kind kind, const char *text, const char *device,
		   size_t length, uint64_t time_us);

/* [{driver, outcome: "succeeded" or "failed", counts, sum_ns}]: a new reference, NULL when out of memory. */
json_t *gw_resets_json(const struct gw_resets *resets);

#endif
