/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal: gpuwatchd's store. One structured entry per change of a report's
 * state, with a MESSAGE_ID that systemd/gpuwatch.catalog explains.
 *
 * libsystemd's sd_journal_sendv() waits when journald does not read, and a
 * journald that is stuck in what this daemon diagnoses must not stop it. So this
 * file speaks journald's (documented, stable) native protocol itself, without
 * waiting: entries that cannot be sent now are queued, and a bounded number of
 * them kept.
 */
#ifndef GPUWATCH_DAEMON_SERVE_JOURNAL_H
#define GPUWATCH_DAEMON_SERVE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <systemd/sd-event.h>

#include "daemon/serve/reports.h"
#include "lib/report/mask.h"

#define GW_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct gw_journal;

/*
 * @socket: where journald listens; that nobody does is no error, entries are left out then
 * @mask: what stands for the kernel's addresses in all entries
 */
int gw_journal_new(struct gw_journal **ret, sd_event *event, const char *socket, const struct gw_mask *mask);
void gw_journal_free(struct gw_journal *journal);

/* Writes all news of @reports from now on. The journal must be there as long as anything is put. Returns 0 or -ENOMEM. */
int gw_journal_follow(struct gw_journal *journal, struct gw_reports *reports);

/* Something is not watched: @message is one line, @json the probes concerned. Returns 1 if sent, 0 if queued or no journal is there, or -errno. */
int gw_journal_degraded(struct gw_journal *journal, const char *message, const char *json);

/* Entries that were never sent because the queue was full. */
uint64_t gw_journal_lost(const struct gw_journal *journal);

#endif
