/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorted lists of what each of them was, made anew from each snapshot. */
#include "lib/analysis/record/progress.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/analysis/record/left.h"

static int progress_compare(const void *a, const void *b)
{
	const struct gw_progress_entry *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static const struct gw_progress_entry *progress_find(const struct gw_progress_list *list, uint64_t key)
{
	const struct gw_progress_entry wanted = { .key = key };

	return list->count ? bsearch(&wanted, list->entries, list->count, sizeof(wanted), progress_compare) : NULL;
}

static uint64_t progress_signals(const struct gw_timeline *timeline)
{
	uint64_t signals = 0;

	for (size_t i = 0; i < GW_SIGNALLERS; i++)
		signals += timeline->signallers[i].count;
	return signals;
}

/* ---- lists -------------------------------------------------------------------------- */

static int progress_list_init(struct gw_progress_list *list, size_t room)
{
	*list = (struct gw_progress_list){ .entries = calloc(room ? room : 1, sizeof(*list->entries)) };
	return list->entries ? 0 : -ENOMEM;
}

static void progress_add(struct gw_progress_list *next, const struct gw_progress_list *before, uint64_t key,
			 uint64_t value, uint64_t now_ns)
{
	const struct gw_progress_entry *then = progress_find(before, key);

	next->entries[next->count++] = then && then->value == value ? *then
								    : (struct gw_progress_entry){
									      .key = key,
									      .value = value,
									      .since_ns = now_ns,
									      .advanced = then != NULL,
								      };
}

static void progress_replace(struct gw_progress_list *list, const struct gw_progress_list *next)
{
	qsort(next->entries, next->count, sizeof(*next->entries), progress_compare);
	free(list->entries);
	*list = *next;
}

/* ---- what a snapshot shows ------------------------------------------------------------ */

static int progress_update_timelines(struct gw_progress_list *list, const struct gw_snapshot *snapshot)
{
	const struct gw_timeline_record *const *timelines;
	size_t count = gw_snapshot_timelines(snapshot, &timelines);
	struct gw_progress_list next;

	if (progress_list_init(&next, count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		progress_add(&next, list, timelines[i]->timeline.context, progress_signals(&timelines[i]->timeline),
			     gw_snapshot_head(snapshot)->mono_ns);
	progress_replace(list, &next);
	return 0;
}

static int progress_update_timers(struct gw_progress_list *list, const struct gw_snapshot *snapshot)
{
	const struct gw_timer_record *const *timers;
	size_t count = gw_snapshot_timers(snapshot, &timers);
	struct gw_progress_list next;

	if (progress_list_init(&next, count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		progress_add(&next, list, timers[i]->timer, timers[i]->expires, gw_snapshot_head(snapshot)->mono_ns);
	progress_replace(list, &next);
	return 0;
}

static int progress_update_left(struct gw_progress_list *list, const struct gw_snapshot *snapshot)
{
	const struct gw_lock_record *const *locks;
	size_t count = gw_snapshot_locks(snapshot, &locks);
	struct gw_progress_list next;

	if (progress_list_init(&next, count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (gw_left_lock(snapshot, locks[i]))
			progress_add(&next, list, locks[i]->address, locks[i]->owner,
				     gw_snapshot_head(snapshot)->mono_ns);
	progress_replace(list, &next);
	return 0;
}

int gw_progress_update(struct gw_progress *progress, const struct gw_snapshot *snapshot)
{
	int r = progress_update_timelines(&progress->timelines, snapshot);

	r = r ?: progress_update_timers(&progress->timers, snapshot);
	return r ?: progress_update_left(&progress->left, snapshot);
}

void gw_progress_deinit(struct gw_progress *progress)
{
	free(progress->timelines.entries);
	free(progress->timers.entries);
	free(progress->left.entries);
	*progress = (struct gw_progress){ .timelines = { NULL, 0 } };
}

/* ---- answers ---------------------------------------------------------------------------- */

uint64_t gw_progress_quiet_since(const struct gw_progress *progress, uint64_t context, uint64_t now_ns)
{
	const struct gw_progress_entry *entry = progress ? progress_find(&progress->timelines, context) : NULL;

	if (!entry || entry->since_ns >= now_ns)
		return 0;
	return entry->advanced && now_ns - entry->since_ns < GW_SILENT_NS ? 0 : entry->since_ns;
}

bool gw_progress_armed_before_left(const struct gw_progress *progress, uint64_t timer, uint64_t lock)
{
	const struct gw_progress_entry *armed = progress ? progress_find(&progress->timers, timer) : NULL;
	const struct gw_progress_entry *left = progress ? progress_find(&progress->left, lock) : NULL;

	return !armed || !left || armed->since_ns <= left->since_ns;
}
