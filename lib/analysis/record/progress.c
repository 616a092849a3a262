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

/* ---- timeout handlers ------------------------------------------------------------------- */

/* A timer's time is read in ticks, anew in each snapshot. */
#define TICKS_NS 50000000ULL

static const struct gw_progress_handler *progress_handler(const struct gw_progress *progress, uint64_t scheduler)
{
	for (size_t i = 0; i < progress->n_handlers; i++)
		if (progress->handlers[i].scheduler == scheduler)
			return &progress->handlers[i];
	return NULL;
}

/* The timeline of what the scheduler's jobs have on the hardware; NULL: no snapshot has a job that is there. */
static const struct gw_timeline *progress_hardware(const struct gw_snapshot *snapshot, uint64_t scheduler)
{
	struct gw_index_range fences = gw_snapshot_fences(snapshot);

	for (size_t i = 0; i < fences.count; i++) {
		const struct gw_fence_record *fence = fences.members[i].record, *hardware = NULL;
		const struct gw_timeline_record *timeline;

		if (fence->kind == GW_FENCE_SCHED_FINISHED && fence->scheduler == scheduler && fence->member_count)
			hardware = gw_snapshot_fence(snapshot, fence->members[0]);
		timeline = hardware ? gw_snapshot_timeline(snapshot, hardware->context) : NULL;
		if (timeline)
			return &timeline->timeline;
	}
	return NULL;
}

/*
 * A timer that was armed after its time had passed has fired: jobs that come or go arm it before. While the handler runs, it has
 * no timer, and may have taken its job off the hardware.
 */
static void progress_handler_go_on(struct gw_progress_handler *handler, const struct gw_snapshot *snapshot,
				   const struct gw_reset_record *reset)
{
	const struct gw_timeline *hardware = progress_hardware(snapshot, reset->scheduler);

	if (hardware && (handler->context != hardware->context || handler->signals != progress_signals(hardware))) {
		handler->context = hardware->context;
		handler->signals = progress_signals(hardware);
		handler->runs = 0;
	}
	if (!reset->expires_ns || !reset->timeout_ns || reset->timeout_ns == GW_TIMEOUT_NEVER)
		return;
	if (handler->expires_ns && reset->expires_ns + TICKS_NS >= handler->expires_ns + reset->timeout_ns)
		handler->runs++;
	handler->expires_ns = reset->expires_ns;
}

static int progress_update_handlers(struct gw_progress *progress, const struct gw_snapshot *snapshot)
{
	struct gw_index_range resets = gw_snapshot_resets(snapshot);
	struct gw_progress_handler *next = calloc(resets.count ? resets.count : 1, sizeof(*next));

	if (!next)
		return -ENOMEM;
	for (size_t i = 0; i < resets.count; i++) {
		const struct gw_reset_record *reset = resets.members[i].record;
		const struct gw_progress_handler *then = progress_handler(progress, reset->scheduler);

		next[i] = then ? *then : (struct gw_progress_handler){ .scheduler = reset->scheduler };
		progress_handler_go_on(&next[i], snapshot, reset);
	}
	free(progress->handlers);
	progress->handlers = next;
	progress->n_handlers = resets.count;
	return 0;
}

/* ---- items that arm themselves again ------------------------------------------------------- */

/* So many snapshots in a row may miss a timer that is about to run, or has just run. */
#define POLLS_MISSED_MAX 2

static int progress_compare_polls(const void *a, const void *b)
{
	const struct gw_poll *x = a, *y = b;

	if (x->work != y->work)
		return x->work < y->work ? -1 : 1;
	return x->function < y->function ? -1 : x->function > y->function;
}

/* @polls: sorted */
static const struct gw_poll *progress_poll_at(const struct gw_poll *polls, size_t count, uint64_t work,
					      uint64_t function)
{
	const struct gw_poll wanted = { .work = work, .function = function };

	return count ? bsearch(&wanted, polls, count, sizeof(wanted), progress_compare_polls) : NULL;
}

/* Sorts them, and leaves each once. Returns how many. */
static size_t progress_sort_polls(struct gw_poll *polls, size_t count)
{
	size_t kept = 0;

	qsort(polls, count, sizeof(*polls), progress_compare_polls);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || progress_compare_polls(&polls[kept - 1], &polls[i]) != 0)
			polls[kept++] = polls[i];
	return kept;
}

static struct gw_poll progress_poll_go_on(const struct gw_poll *then, const struct gw_timer_record *timer,
					  uint64_t now_ns)
{
	struct gw_poll poll = {
		.work = timer->work,
		.function = timer->function,
		.since_ns = now_ns,
	};

	if (then)
		poll = *then;
	if (then && then->expires != timer->expires) {
		poll.times++;
		poll.renewed_ns = now_ns;
	}
	poll.expires = timer->expires;
	poll.missed = 0;
	return poll;
}

static int progress_update_polls(struct gw_progress *progress, const struct gw_snapshot *snapshot)
{
	const struct gw_timer_record *const *timers;
	size_t n_timers = gw_snapshot_timers(snapshot, &timers), count = 0, found;
	struct gw_poll *next = calloc(n_timers + progress->n_polls + 1, sizeof(*next));

	if (!next)
		return -ENOMEM;
	for (size_t i = 0; i < n_timers; i++)
		if (timers[i]->work)
			next[count++] = progress_poll_go_on(progress_poll_at(progress->polls, progress->n_polls,
									     timers[i]->work, timers[i]->function),
							    timers[i], gw_snapshot_head(snapshot)->mono_ns);
	count = found = progress_sort_polls(next, count);
	for (size_t i = 0; i < progress->n_polls; i++) {
		struct gw_poll *poll = &progress->polls[i];

		if (poll->missed++ < POLLS_MISSED_MAX && !progress_poll_at(next, found, poll->work, poll->function))
			next[count++] = *poll;
	}
	count = progress_sort_polls(next, count);
	free(progress->polls);
	progress->polls = next;
	progress->n_polls = count;
	return 0;
}

int gw_progress_update(struct gw_progress *progress, const struct gw_snapshot *snapshot)
{
	int r = progress_update_timelines(&progress->timelines, snapshot);

	r = r ?: progress_update_timers(&progress->timers, snapshot);
	r = r ?: progress_update_left(&progress->left, snapshot);
	r = r ?: progress_update_handlers(progress, snapshot);
	return r ?: progress_update_polls(progress, snapshot);
}

void gw_progress_deinit(struct gw_progress *progress)
{
	free(progress->timelines.entries);
	free(progress->timers.entries);
	free(progress->left.entries);
	free(progress->handlers);
	free(progress->polls);
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

uint64_t gw_progress_armed_since(const struct gw_progress *progress, uint64_t timer)
{
	const struct gw_progress_entry *armed = progress ? progress_find(&progress->timers, timer) : NULL;

	return armed ? armed->since_ns : 0;
}

bool gw_progress_armed_before_left(const struct gw_progress *progress, uint64_t timer, uint64_t lock)
{
	const struct gw_progress_entry *armed = progress ? progress_find(&progress->timers, timer) : NULL;
	const struct gw_progress_entry *left = progress ? progress_find(&progress->left, lock) : NULL;

	return !armed || !left || armed->since_ns <= left->since_ns;
}

uint32_t gw_progress_timeouts(const struct gw_progress *progress, uint64_t scheduler, uint64_t context)
{
	const struct gw_progress_handler *handler = progress ? progress_handler(progress, scheduler) : NULL;

	return handler && handler->context == context ? handler->runs : 0;
}

const struct gw_poll *gw_progress_poll(const struct gw_progress *progress, uint64_t work, uint64_t function)
{
	const struct gw_poll *poll =
		progress ? progress_poll_at(progress->polls, progress->n_polls, work, function) : NULL;

	return poll && poll->times >= GW_POLL_LOOKS ? poll : NULL;
}
