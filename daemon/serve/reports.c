/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reports of this daemon. */
#include "daemon/serve/reports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/cleanup.h"

struct entry {
	struct gw_reported *report;
	bool listed; /* in the last list of its kind */
};

struct subscription {
	gw_reports_subscriber call;
	void *userdata;
};

struct gw_reports {
	struct entry *entries; /* oldest first */
	size_t count, allocated;
	size_t keep_resolved;
	struct subscription *subscriptions;
	size_t n_subscriptions;
};

/* ---- life ---------------------------------------------------------------------------------- */

int gw_reports_new(struct gw_reports **ret, size_t keep_resolved)
{
	struct gw_reports *reports = calloc(1, sizeof(*reports));

	if (!reports)
		return -ENOMEM;
	reports->keep_resolved = keep_resolved;
	*ret = reports;
	return 0;
}

void gw_reports_free(struct gw_reports *reports)
{
	if (!reports)
		return;
	for (size_t i = 0; i < reports->count; i++)
		gw_reported_free(reports->entries[i].report);
	free(reports->entries);
	free(reports->subscriptions);
	free(reports);
}

int gw_reports_subscribe(struct gw_reports *reports, gw_reports_subscriber subscriber, void *userdata)
{
	struct subscription *subscriptions =
		reallocarray(reports->subscriptions, reports->n_subscriptions + 1, sizeof(*subscriptions));

	if (!subscriptions)
		return -ENOMEM;
	subscriptions[reports->n_subscriptions++] = (struct subscription){ subscriber, userdata };
	reports->subscriptions = subscriptions;
	return 0;
}

static void reports_announce(const struct gw_reports *reports, const struct gw_reported *report, enum gw_news news)
{
	for (size_t i = 0; i < reports->n_subscriptions; i++)
		reports->subscriptions[i].call(report, news, reports->subscriptions[i].userdata);
}

/* ---- entries ------------------------------------------------------------------------------- */

static struct entry *reports_entry(const struct gw_reports *reports, const char *id)
{
	for (size_t i = 0; i < reports->count; i++)
		if (strcmp(reports->entries[i].report->id, id) == 0)
			return &reports->entries[i];
	return NULL;
}

/* Takes the place of an entry's report, or a new one for which there is room. */
static void reports_store(struct gw_reports *reports, struct entry *entry, struct gw_reported *report, bool listed)
{
	if (!entry) {
		entry = &reports->entries[reports->count++];
		entry->report = NULL;
	}
	gw_reported_free(entry->report);
	*entry = (struct entry){ .report = report, .listed = listed };
}

static bool reports_may_forget(const struct entry *entry)
{
	return entry->report->state == GW_STATE_RESOLVED && !entry->listed;
}

/* Forgets the oldest of the resolved ones that are too many. */
static void reports_bound(struct gw_reports *reports)
{
	size_t resolved = 0, kept = 0;

	for (size_t i = 0; i < reports->count; i++)
		resolved += reports_may_forget(&reports->entries[i]);
	for (size_t i = 0; i < reports->count; i++) {
		if (resolved > reports->keep_resolved && reports_may_forget(&reports->entries[i])) {
			gw_reported_free(reports->entries[i].report);
			resolved--;
		} else {
			reports->entries[kept++] = reports->entries[i];
		}
	}
	reports->count = kept;
}

void gw_reports_set_keep_resolved(struct gw_reports *reports, size_t keep_resolved)
{
	reports->keep_resolved = keep_resolved;
	reports_bound(reports);
}

/* ---- news ---------------------------------------------------------------------------------- */

static bool reports_is_active(const struct gw_reported *report)
{
	return report && report->state == GW_STATE_ACTIVE;
}

/* @known may be NULL. */
static enum gw_news reports_news(const struct gw_reported *known, const struct gw_reported *now)
{
	if (!reports_is_active(now))
		return GW_NEWS_RESOLVED;
	return reports_is_active(known) ? GW_NEWS_CHANGED : GW_NEWS_DETECTED;
}

/* Whether a person would read the same. */
static bool reports_same(const struct gw_reported *a, const struct gw_reported *b)
{
	return a->state == b->state && a->class == b->class && a->confidence == b->confidence &&
	       strcmp(a->summary, b->summary) == 0;
}

int gw_reports_put(struct gw_reports *reports, struct gw_reported *report)
{
	struct entry *entry = reports_entry(reports, report->id);
	enum gw_news news = reports_news(entry ? entry->report : NULL, report);

	if (!entry && gw_array_reserve(reports->entries, reports->count, reports->allocated, 1) < 0) {
		gw_reported_free(report);
		return -ENOMEM;
	}
	reports_store(reports, entry, report, false);
	reports_announce(reports, report, news);
	reports_bound(reports);
	return 0;
}

int gw_reports_restore(struct gw_reports *reports, struct gw_reported *report)
{
	struct entry *entry = reports_entry(reports, report->id);

	if (!entry && gw_array_reserve(reports->entries, reports->count, reports->allocated, 1) < 0) {
		gw_reported_free(report);
		return -ENOMEM;
	}
	reports_store(reports, entry, report, false);
	return 0;
}

/* Returns whether it is news. There is room for it. */
static bool reports_take_listed(struct gw_reports *reports, struct gw_reported *report)
{
	struct entry *entry = reports_entry(reports, report->id);
	const struct gw_reported *known = entry ? entry->report : NULL;
	enum gw_news news = reports_news(known, report);
	bool is_news = known ? !reports_same(known, report) : reports_is_active(report);

	reports_store(reports, entry, report, true);
	if (is_news)
		reports_announce(reports, report, news);
	return is_news;
}

/* Returns the number of news or -ENOMEM. */
static int reports_resolve_unlisted(struct gw_reports *reports, enum gw_kind kind, uint64_t now_ns)
{
	int news = 0, r = 0;

	for (size_t i = 0; i < reports->count; i++) {
		struct gw_reported *report = reports->entries[i].report;

		if (report->kind != kind || reports->entries[i].listed || !reports_is_active(report))
			continue;
		if (gw_reported_resolve(report, now_ns) < 0) {
			r = -ENOMEM;
			continue;
		}
		reports_announce(reports, report, GW_NEWS_RESOLVED);
		news++;
	}
	return r < 0 ? r : news;
}

int gw_reports_put_all(struct gw_reports *reports, enum gw_kind kind, struct gw_reported **list, size_t count,
		       uint64_t now_ns)
{
	int news = 0, r = gw_array_reserve(reports->entries, reports->count, reports->allocated, count);

	for (size_t i = 0; i < reports->count && r >= 0; i++)
		if (reports->entries[i].report->kind == kind)
			reports->entries[i].listed = false;
	for (size_t i = 0; i < count; i++) {
		if (r < 0)
			gw_reported_free(list[i]);
		else
			news += reports_take_listed(reports, list[i]);
	}
	if (r >= 0)
		r = reports_resolve_unlisted(reports, kind, now_ns);
	reports_bound(reports);
	return r < 0 ? r : news + r;
}

/* ---- asking -------------------------------------------------------------------------------- */

const struct gw_reported *gw_reports_find(const struct gw_reports *reports, const char *id)
{
	const struct entry *entry = reports_entry(reports, id);

	return entry ? entry->report : NULL;
}

size_t gw_reports_active_of(const struct gw_reports *reports, enum gw_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < reports->count; i++)
		count += reports->entries[i].report->kind == kind && reports_is_active(reports->entries[i].report);
	return count;
}

size_t gw_reports_active(const struct gw_reports *reports)
{
	size_t count = 0;

	for (size_t i = 0; i < reports->count; i++)
		count += reports_is_active(reports->entries[i].report);
	return count;
}

static void reports_print(const struct gw_reports *reports, const enum gw_kind *kind, enum gw_state state, FILE *stream,
			  const char **separator)
{
	for (size_t i = reports->count; i-- > 0;) {
		const struct gw_reported *report = reports->entries[i].report;

		if (report->state != state || (kind && report->kind != *kind))
			continue;
		fprintf(stream, "%s%s", *separator, report->json);
		*separator = ",";
	}
}

char *gw_reports_json(const struct gw_reports *reports, const enum gw_kind *kind, bool include_resolved)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	putc('[', stream);
	reports_print(reports, kind, GW_STATE_ACTIVE, stream, &separator);
	if (include_resolved)
		reports_print(reports, kind, GW_STATE_RESOLVED, stream, &separator);
	putc(']', stream);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

int gw_reports_write(const struct gw_reports *reports, enum gw_kind kind, FILE *file)
{
	int r = 0;

	for (size_t i = 0; i < reports->count && r >= 0; i++)
		if (reports->entries[i].report->kind == kind)
			r = gw_reported_write(reports->entries[i].report, file);
	return r;
}
