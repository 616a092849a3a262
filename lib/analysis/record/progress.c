/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted list of what each timeline had signalled, made anew from each snapshot. */
#include "lib/analysis/record/progress.h"

#include <errno.h>
#include <stdlib.h>

/* Jobs take long: one that advances now and then is slow, not silent. */
#define SILENT_NS 10000000000ULL

static int progress_compare(const void *a, const void *b)
{
	const struct gw_progress_entry *x = a, *y = b;

	return x->context < y->context ? -1 : x->context > y->context;
}

static const struct gw_progress_entry *progress_find(const struct gw_progress *progress, uint64_t context)
{
	const struct gw_progress_entry wanted = { .context = context };

	return progress->count ? bsearch(&wanted, progress->entries, progress->count, sizeof(wanted), progress_compare)
			       : NULL;
}

static uint64_t progress_signals(const struct gw_timeline *timeline)
{
	uint64_t signals = 0;

	for (size_t i = 0; i < GW_SIGNALLERS; i++)
		signals += timeline->signallers[i].count;
	return signals;
}

int gw_progress_update(struct gw_progress *progress, const struct gw_snapshot *snapshot)
{
	const struct gw_timeline_record *const *timelines;
	size_t count = gw_snapshot_timelines(snapshot, &timelines);
	struct gw_progress next = { .entries = calloc(count ? count : 1, sizeof(*next.entries)) };

	if (!next.entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct gw_progress_entry *entry = &next.entries[next.count++];
		const struct gw_progress_entry *before = progress_find(progress, timelines[i]->timeline.context);

		*entry = (struct gw_progress_entry){
			.context = timelines[i]->timeline.context,
			.signals = progress_signals(&timelines[i]->timeline),
			.since_ns = gw_snapshot_head(snapshot)->mono_ns,
			.advanced = before != NULL,
		};
		if (before && before->signals == entry->signals)
			*entry = *before;
	}
	qsort(next.entries, next.count, sizeof(*next.entries), progress_compare);
	gw_progress_deinit(progress);
	*progress = next;
	return 0;
}

void gw_progress_deinit(struct gw_progress *progress)
{
	free(progress->entries);
	*progress = (struct gw_progress){ .entries = NULL };
}

uint64_t gw_progress_quiet_since(const struct gw_progress *progress, uint64_t context, uint64_t now_ns)
{
	const struct gw_progress_entry *entry = progress ? progress_find(progress, context) : NULL;

	if (!entry || entry->since_ns >= now_ns)
		return 0;
	return entry->advanced && now_ns - entry->since_ns < SILENT_NS ? 0 : entry->since_ns;
}
