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

#include "lib/report/report.h"

#define GW_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct gw_journal;

/* @socket: where journald listens; that nobody does is no error, entries are left out then. */
int gw_journal_new(struct gw_journal **ret, sd_event *event, const char *socket);
void gw_journal_free(struct gw_journal *journal);

/* @json: the report in its JSON form. Returns 1 if sent, 0 if queued or no journal is there, or -errno. */
int gw_journal_report(struct gw_journal *journal, const struct gw_report *report, const char *json);

/* A report that an earlier daemon has announced and that is not resolved: more about it is no new one. */
void gw_journal_know(struct gw_journal *journal, const char *id);

/* Says that something is not watched: @message is one line, @json the probes concerned. */
int gw_journal_degraded(struct gw_journal *journal, const char *message, const char *json);

/* Entries that were never sent because the queue was full. */
uint64_t gw_journal_lost(const struct gw_journal *journal);

#endif
