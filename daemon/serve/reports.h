/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reports of this daemon: the watch and the observer of the boot put them
 * here; the bus, the journal, standard output and the status have them from
 * here. Decides what is new, changed or resolved, and keeps a bounded number of
 * those that are over.
 */
#ifndef GPUWATCH_DAEMON_SERVE_REPORTS_H
#define GPUWATCH_DAEMON_SERVE_REPORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/report/reported.h"

struct gw_reports;

/* @keep_resolved: resolved reports to keep; the oldest go first. Returns 0 or -ENOMEM. */
int gw_reports_new(struct gw_reports **ret, size_t keep_resolved);
void gw_reports_free(struct gw_reports *reports);
void gw_reports_set_keep_resolved(struct gw_reports *reports, size_t keep_resolved);

enum gw_news {
	GW_NEWS_DETECTED, /* was not active before */
	GW_NEWS_CHANGED,
	GW_NEWS_RESOLVED,
};

/* @report: valid during the call, in which nothing may be put. */
typedef void (*gw_reports_subscriber)(const struct gw_reported *report, enum gw_news news, void *userdata);

/* Calls @subscriber from now on for all news, in the order of subscription. Returns 0 or -ENOMEM. */
int gw_reports_subscribe(struct gw_reports *reports, gw_reports_subscriber subscriber, void *userdata);

/*
 * gw_reports_put - a report that is new, has changed or is resolved
 * @report: taken over, also on error
 *
 * Subscribers hear of it in any case: whether a change is worth it is the caller's to decide. Returns 0, or -ENOMEM:
 * nobody has heard of it.
 */
int gw_reports_put(struct gw_reports *reports, struct gw_reported *report);

/*
 * gw_reports_put_all - all reports of a kind that an analysis found
 * @list: without duplicates; its elements are taken over, also on error
 * @now_ns: CLOCK_MONOTONIC
 *
 * News is what a person would read differently than before. One that is active here and not in the list is resolved now.
 * One that is resolved and was never active here is history, not news. As long as a list has them, resolved reports are
 * kept, however many. Returns the number of news, or -ENOMEM: the next list makes up for it.
 */
int gw_reports_put_all(struct gw_reports *reports, enum gw_kind kind, struct gw_reported **list, size_t count,
		       uint64_t now_ns);

/* A report that an earlier daemon has handed out: known from now on, no news. Taken over. Returns 0 or -ENOMEM. */
int gw_reports_restore(struct gw_reports *reports, struct gw_reported *report);

/* NULL = there is none of that id. Valid until something is put. */
const struct gw_reported *gw_reports_find(const struct gw_reports *reports, const char *id);

/* Those of all kinds, and of one. */
size_t gw_reports_active(const struct gw_reports *reports);
size_t gw_reports_active_of(const struct gw_reports *reports, enum gw_kind kind);

/*
 * gw_reports_json - as a JSON array of gpuwatch.report.v1: active ones first, then resolved ones, each newest first
 * @kind: NULL = of all kinds
 *
 * Returns a malloc()ed string, or NULL when out of memory.
 */
char *gw_reports_json(const struct gw_reports *reports, const enum gw_kind *kind, bool include_resolved);

/* Writes those of a kind, oldest first, one after the other as gw_reported_write() does. Returns 0 or -errno. */
int gw_reports_write(const struct gw_reports *reports, enum gw_kind kind, FILE *file);

#endif
