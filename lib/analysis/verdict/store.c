/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of findings: candidate, active, resolved. */
#include "lib/analysis/verdict/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/abi/shared.h"
#include "lib/analysis/verdict/render.h"
#include "lib/analysis/words/kernel-log.h"
#include "lib/base/array.h"
#include "lib/base/hash.h"

/* A task that a finding names, participant or victim. */
struct named {
	uint64_t task, start_ns;
};

struct entry {
	struct gw_report *report; /* NULL: a candidate */
	enum gw_kind kind;
	uint64_t number;	   /* entries of findings are counted from 1 */
	uint64_t key, fingerprint; /* differs when the report would, too */
	uint64_t detected_real_ns, detected_mono_ns;
	uint64_t mature_ns;	 /* not reported before: its youngest wait must be as old as the policy's min_wait_ns */
	uint64_t offered_at;	 /* step of the last sighting */
	enum gw_confidence seen; /* then */
	uint64_t proven_at;	 /* step of the last sighting that proved it, if from another side */
	uint32_t unproven;	 /* complete looks in a row without one */
	struct gw_wait_identity *participants;
	size_t n_participants;
	struct named *named; /* sorted */
	size_t n_named;
};

struct gw_store {
	struct gw_policy policy;
	struct entry **entries; /* oldest first */
	size_t count, allocated;
	const struct gw_report **listing; /* as big as entries */
	size_t n_listing;
	bool listed; /* the listing is of now */
	size_t n_hazards;
	size_t left_out, most_left_out; /* hazards without room: of this step, and of the step with most */
	uint64_t step, n_begun;
};

/* Looks in a row: in a single one a task may just have been woken up in vain. */
#define UNPROVEN_LOOKS 2

static bool store_is_active(const struct entry *entry)
{
	return entry->report && entry->report->state == GW_STATE_ACTIVE;
}

static bool store_is_resolved(const struct entry *entry)
{
	return entry->report && entry->report->state == GW_STATE_RESOLVED;
}

static void store_entry_free(struct entry *entry)
{
	gw_report_free(entry->report);
	free(entry->participants);
	free(entry->named);
	free(entry);
}

int gw_store_new(struct gw_store **ret, const struct gw_policy *policy)
{
	struct gw_store *store = calloc(1, sizeof(*store));

	if (!store)
		return -ENOMEM;
	store->policy = *policy;
	*ret = store;
	return 0;
}

void gw_store_free(struct gw_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->count; i++)
		store_entry_free(store->entries[i]);
	free(store->entries);
	free(store->listing);
	free(store);
}

void gw_store_set_policy(struct gw_store *store, const struct gw_policy *policy)
{
	store->policy = *policy;
}

/* Active ones first, then resolved ones, each newest first. */
static void store_list_reports(struct gw_store *store)
{
	store->n_listing = 0;
	for (size_t i = store->count; i-- > 0;)
		if (store_is_active(store->entries[i]))
			store->listing[store->n_listing++] = store->entries[i]->report;
	for (size_t i = store->count; i-- > 0;)
		if (store_is_resolved(store->entries[i]))
			store->listing[store->n_listing++] = store->entries[i]->report;
	store->listed = true;
}

size_t gw_store_reports(struct gw_store *store, const struct gw_report *const **ret)
{
	if (!store->listed)
		store_list_reports(store);
	*ret = store->listing;
	return store->n_listing;
}

bool gw_store_wants_more(const struct gw_store *store)
{
	for (size_t i = 0; i < store->count; i++)
		if (!store_is_resolved(store->entries[i]) && store->entries[i]->kind != GW_KIND_HAZARD)
			return true;
	return false;
}

bool gw_store_wants_sleepers(const struct gw_store *store, uint64_t now_ns)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->entries[i]->kind == GW_KIND_DEADLOCK && !store_is_resolved(store->entries[i]) &&
		    now_ns < store->entries[i]->detected_mono_ns + GW_CHECK_PATIENCE_NS)
			return true;
	return false;
}

uint64_t gw_store_newest_candidate(const struct gw_store *store)
{
	for (size_t i = store->count; i-- > 0;)
		if (!store->entries[i]->report)
			return store->entries[i]->number;
	return 0;
}

uint64_t gw_store_confirm_ns(const struct gw_store *store)
{
	uint64_t soonest_ns = 0;

	for (size_t i = 0; i < store->count; i++) {
		const struct entry *entry = store->entries[i];

		if (!entry->report && entry->offered_at == store->step &&
		    (!soonest_ns || entry->mature_ns < soonest_ns))
			soonest_ns = entry->mature_ns;
	}
	return soonest_ns;
}

/* ---- ends -------------------------------------------------------------------------- */

static bool store_has_ended(const struct entry *entry, const struct gw_snapshot *now)
{
	for (size_t i = 0; i < entry->n_participants; i++)
		if (!gw_wait_unbroken(&entry->participants[i], now))
			return true;
	return false;
}

static void store_resolve(struct entry *entry, uint64_t now_ns, gw_report_changed changed, void *userdata)
{
	entry->report->state = GW_STATE_RESOLVED;
	entry->report->resolved_mono_ns = now_ns;
	if (changed)
		changed(entry->report, userdata);
}

static void store_remove_entry(struct gw_store *store, size_t at)
{
	store_entry_free(store->entries[at]);
	store->count--;
	memmove(&store->entries[at], &store->entries[at + 1], (store->count - at) * sizeof(*store->entries));
}

/* Forgets the oldest of the resolved ones that are too many. */
static void store_bound_resolved(struct gw_store *store)
{
	size_t resolved = 0;

	for (size_t i = 0; i < store->count; i++)
		resolved += store_is_resolved(store->entries[i]);
	for (size_t i = 0; resolved > store->policy.keep_resolved;) {
		if (store_is_resolved(store->entries[i])) {
			store_remove_entry(store, i);
			resolved--;
		} else {
			i++;
		}
	}
}

void gw_store_expire(struct gw_store *store, const struct gw_snapshot *now, gw_report_changed changed, void *userdata)
{
	const struct gw_snapshot_record *head = gw_snapshot_head(now);

	store->step++;
	store->left_out = 0;
	store_bound_resolved(store);
	for (size_t i = 0; i < store->count && !head->incomplete;) {
		struct entry *entry = store->entries[i];

		if (store_is_resolved(entry) || !store_has_ended(entry, now)) {
			i++;
		} else if (entry->report) {
			store_resolve(entry, head->mono_ns, changed, userdata);
			i++;
		} else {
			store_remove_entry(store, i);
		}
	}
	store->listed = false;
}

/* ---- beginnings ---------------------------------------------------------------------- */

static int store_compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

/* Everyone in the finding, so that stalls of the same tasks are known to be explained. */
static int store_name_tasks(struct entry *entry, const struct gw_graph *graph, const struct gw_finding *finding)
{
	const struct gw_index_list *lists[] = { &finding->chain, &finding->victims };
	struct named *named = calloc(finding->chain.count + finding->victims.count + 1, sizeof(*named));
	size_t count = 0;

	if (!named)
		return -ENOMEM;
	for (size_t l = 0; l < 2; l++) {
		for (uint32_t i = 0; i < lists[l]->count; i++) {
			const struct gw_node *node = &graph->nodes[lists[l]->items[i]];

			if (node->type == GW_NODE_TASK)
				named[count++] = (struct named){ node->address, node->extra };
		}
	}
	qsort(named, count, sizeof(*named), store_compare_named);
	free(entry->named);
	entry->named = named;
	entry->n_named = count;
	return 0;
}

static bool store_entry_names(const struct entry *entry, const struct gw_wait_identity *wait)
{
	const struct named wanted = { wait->task, wait->start_ns };

	return entry->n_named && bsearch(&wanted, entry->named, entry->n_named, sizeof(wanted), store_compare_named);
}

/* Then another action is left. */
static bool store_is_killed(const struct gw_node *node)
{
	return node->type == GW_NODE_TASK && node->task && node->task->flags & GW_TASK_F_KILLED;
}

static uint64_t store_sum_nodes(const struct gw_graph *graph, const struct gw_index_list *nodes)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < nodes->count; i++) {
		const struct gw_node *node = &graph->nodes[nodes->items[i]];

		sum += gw_hash_spread(node->address ^ node->extra);
		sum += store_is_killed(node);
	}
	return sum;
}

/* 0, 1, 2, 4, ... are different ones. */
static uint64_t store_magnitude(uint32_t number)
{
	return number ? 64 - (uint64_t)__builtin_clzll(number) : 0;
}

/* Changes when there is something new to say. Of a stall's many victims, or of resets in vain, only their magnitude is. */
static uint64_t store_fingerprint(const struct gw_graph *graph, const struct gw_finding *finding)
{
	const struct gw_node *root = &graph->nodes[finding->root];
	uint64_t sum = root->address * 31 + root->type + gw_kernel_log_fingerprint(graph, finding);

	if (finding->kind != GW_KIND_DEADLOCK)
		return sum + store_is_killed(root) + store_magnitude(finding->n_victims) +
		       (store_magnitude(root->timeouts) << 8);
	return sum + store_sum_nodes(graph, &finding->chain) + store_sum_nodes(graph, &finding->victims) +
	       finding->n_victims;
}

static int store_reserve(struct gw_store *store)
{
	size_t listed = store->allocated; /* the listing has room for as many */

	if (gw_array_reserve(store->listing, store->count, listed, 1) < 0)
		return -ENOMEM;
	return gw_array_reserve(store->entries, store->count, store->allocated, 1);
}

static int store_add_entry(struct gw_store *store, const struct gw_graph *graph, const struct gw_finding *finding,
			   struct entry **ret)
{
	const struct gw_snapshot_record *head = gw_snapshot_head(graph->snapshot);
	size_t size = finding->n_participants * sizeof(*finding->participants);
	struct entry *entry;

	if (store_reserve(store) < 0)
		return -ENOMEM;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->kind = finding->kind;
	entry->key = finding->key;
	entry->seen = finding->confidence;
	entry->mature_ns = finding->formed_ns + store->policy.min_wait_ns;
	entry->offered_at = store->step;
	entry->detected_real_ns = head->real_ns;
	entry->detected_mono_ns = head->mono_ns;
	entry->participants = malloc(size);
	if (!entry->participants || store_name_tasks(entry, graph, finding) < 0) {
		store_entry_free(entry);
		return -ENOMEM;
	}
	memcpy(entry->participants, finding->participants, size);
	entry->n_participants = finding->n_participants;
	entry->number = ++store->n_begun;
	store->entries[store->count++] = entry;
	*ret = entry;
	return 0;
}

/* ---- reports --------------------------------------------------------------------------- */

/* Makes or renews the entry's report. */
static int store_report(struct gw_store *store, struct entry *entry, const struct gw_graph *graph,
			const struct gw_finding *finding, enum gw_confidence confidence, gw_report_changed changed,
			void *userdata)
{
	struct gw_report *rendered;

	if (store_name_tasks(entry, graph, finding) < 0 || gw_render(&rendered, graph, finding) < 0)
		return -ENOMEM;
	rendered->confidence = confidence;
	rendered->detected_real_ns = entry->detected_real_ns;
	rendered->detected_mono_ns = entry->detected_mono_ns;
	gw_report_identify(rendered);
	gw_report_free(entry->report);
	entry->report = rendered;
	entry->fingerprint = store_fingerprint(graph, finding);
	store->listed = false;
	if (changed)
		changed(rendered, userdata);
	return 0;
}

static struct entry *store_find_key(const struct gw_store *store, const struct gw_finding *finding)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->entries[i]->key == finding->key && store->entries[i]->kind == finding->kind)
			return store->entries[i];
	return NULL;
}

static bool store_same_wait(const struct gw_wait_identity *a, const struct gw_wait_identity *b)
{
	return a->task == b->task && a->start_ns == b->start_ns && a->kind == b->kind && a->object == b->object &&
	       a->since_ns == b->since_ns;
}

/* An active deadlock that one of the finding's waits belongs to: the same cause, seen from another side. Or NULL. */
static struct entry *store_find_otherwise(const struct gw_store *store, const struct gw_finding *finding)
{
	for (size_t i = 0; i < store->count; i++) {
		struct entry *entry = store->entries[i];

		if (!store_is_active(entry) || entry->kind != GW_KIND_DEADLOCK)
			continue;
		for (size_t a = 0; a < entry->n_participants; a++)
			for (size_t b = 0; b < finding->n_participants; b++)
				if (store_same_wait(&entry->participants[a], &finding->participants[b]))
					return entry;
	}
	return NULL;
}

static void store_resolve_explained_stalls(struct gw_store *store, const struct entry *explanation, uint64_t now_ns,
					   gw_report_changed changed, void *userdata)
{
	for (size_t i = 0; i < store->count; i++) {
		struct entry *entry = store->entries[i];

		if (entry->kind == GW_KIND_STALL && store_is_active(entry) &&
		    store_entry_names(explanation, &entry->participants[0]))
			store_resolve(entry, now_ns, changed, userdata);
	}
	store->listed = false;
}

static void store_note_proof(const struct gw_store *store, struct entry *entry, const struct gw_finding *finding)
{
	if (finding->confidence == GW_CONFIDENCE_PROVEN)
		entry->proven_at = store->step;
}

static int store_offer_again(struct gw_store *store, struct entry *entry, const struct gw_graph *graph,
			     const struct gw_finding *finding, gw_report_changed changed, void *userdata)
{
	uint64_t now_ns = gw_snapshot_head(graph->snapshot)->mono_ns;
	enum gw_confidence confidence;
	bool candidate = !entry->report, anew;
	int r;

	store_note_proof(store, entry, finding);
	if (entry->offered_at == store->step)
		return 0;
	anew = entry->offered_at + UNPROVEN_LOOKS < store->step;
	entry->mature_ns = finding->formed_ns + store->policy.min_wait_ns;
	entry->offered_at = store->step;
	/* As strong as the weaker of the last two looks; what was proven stays so until two of them do not prove it. */
	confidence = finding->confidence < entry->seen ? finding->confidence : entry->seen;
	if (anew && confidence > GW_CONFIDENCE_PROBABLE)
		confidence = GW_CONFIDENCE_PROBABLE;
	entry->seen = finding->confidence;
	/* One that nothing proves comes and goes with the short waits that it is made of. */
	anew = anew && finding->confidence > GW_CONFIDENCE_PROBABLE;
	if (candidate && (anew || entry->mature_ns > now_ns))
		return 0;
	if (store_is_active(entry) && entry->report->confidence > confidence)
		confidence = entry->report->confidence;
	if (store_is_active(entry) && entry->report->confidence == confidence &&
	    entry->fingerprint == store_fingerprint(graph, finding))
		return 0;
	r = store_report(store, entry, graph, finding, confidence, changed, userdata);
	if (r == 0 && candidate)
		store_resolve_explained_stalls(store, entry, now_ns, changed, userdata);
	return r;
}

static int store_offer_deadlock(struct gw_store *store, const struct gw_graph *graph, const struct gw_finding *finding,
				gw_report_changed changed, void *userdata)
{
	struct entry *entry = store_find_key(store, finding);

	if (entry)
		return store_offer_again(store, entry, graph, finding, changed, userdata);
	entry = store_find_otherwise(store, finding);
	if (!entry)
		return store_add_entry(store, graph, finding, &entry);
	store_note_proof(store, entry, finding);
	return 0;
}

/* A livelock explains a stall of the same tasks, but not another livelock. */
static bool store_is_livelock_of(const struct entry *entry, const struct gw_finding *stall)
{
	return entry->kind == GW_KIND_LIVELOCK && store_is_active(entry) && stall->kind == GW_KIND_STALL;
}

static bool store_is_explained(const struct gw_store *store, const struct gw_finding *stall)
{
	for (size_t i = 0; i < store->count; i++)
		if ((store->entries[i]->kind == GW_KIND_DEADLOCK || store_is_livelock_of(store->entries[i], stall)) &&
		    !store_is_resolved(store->entries[i]) &&
		    store_entry_names(store->entries[i], &stall->participants[0]))
			return true;
	return false;
}

static int store_offer_stall(struct gw_store *store, const struct gw_graph *graph, const struct gw_finding *finding,
			     gw_report_changed changed, void *userdata)
{
	struct entry *entry = store_find_key(store, finding);
	int r;

	if (store_is_explained(store, finding))
		return 0;
	if (!entry) {
		if (store_add_entry(store, graph, finding, &entry) < 0)
			return -ENOMEM;
		/* That a wait is long is known from its beginning; without one, from its task not having run since. */
		if (finding->participants[0].since_ns == 0)
			return 0;
	}
	if (store_is_active(entry) && entry->fingerprint == store_fingerprint(graph, finding))
		return 0;
	r = store_report(store, entry, graph, finding, finding->confidence, changed, userdata);
	if (r == 0 && finding->kind == GW_KIND_LIVELOCK)
		store_resolve_explained_stalls(store, entry, gw_snapshot_head(graph->snapshot)->mono_ns, changed,
					       userdata);
	return r;
}

int gw_store_offer(struct gw_store *store, const struct gw_graph *graph, const struct gw_finding *finding,
		   gw_report_changed changed, void *userdata)
{
	if (finding->kind != GW_KIND_DEADLOCK)
		return store_offer_stall(store, graph, finding, changed, userdata);
	return store_offer_deadlock(store, graph, finding, changed, userdata);
}

/* ---- proofs that do not last ----------------------------------------------------------- */

int gw_store_settle(struct gw_store *store, const struct gw_snapshot *now, gw_report_changed changed, void *userdata)
{
	for (size_t i = 0; i < store->count && !gw_snapshot_head(now)->incomplete; i++) {
		struct entry *entry = store->entries[i];

		entry->unproven = entry->proven_at == store->step ? 0 : entry->unproven + 1;
		if (entry->kind != GW_KIND_DEADLOCK || entry->unproven < UNPROVEN_LOOKS || !store_is_active(entry) ||
		    entry->report->confidence < GW_CONFIDENCE_PROVEN)
			continue;
		if (gw_render_unproven(entry->report) < 0)
			return -ENOMEM;
		if (changed)
			changed(entry->report, userdata);
	}
	return 0;
}

/* ---- hazards ------------------------------------------------------------------------- */

/* Code paths with one, which stay for good; more are only counted. The kernel's table has GW_HAZARDS_MAX at a time. */
#define HAZARDS_MOST ((size_t)4 * GW_HAZARDS_MAX)

static struct entry *store_find_hazard(const struct gw_store *store, uint64_t key)
{
	for (size_t i = 0; i < store->count; i++)
		if (store->entries[i]->kind == GW_KIND_HAZARD && store->entries[i]->key == key)
			return store->entries[i];
	return NULL;
}

static int store_add_hazard(struct gw_store *store, const struct gw_snapshot *snapshot,
			    const struct gw_hazard_finding *hazard, struct entry **ret)
{
	struct entry *entry;

	if (store_reserve(store) < 0)
		return -ENOMEM;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOMEM;
	entry->kind = GW_KIND_HAZARD;
	entry->key = hazard->key;
	entry->detected_real_ns = gw_snapshot_head(snapshot)->real_ns;
	entry->detected_mono_ns = gw_snapshot_head(snapshot)->mono_ns;
	store->entries[store->count++] = entry;
	store->n_hazards++;
	*ret = entry;
	return 0;
}

int gw_store_hazard(struct gw_store *store, const struct gw_snapshot *snapshot, const struct gw_hazard_finding *hazard,
		    gw_report_changed changed, void *userdata)
{
	struct entry *entry = store_find_hazard(store, hazard->key);
	uint64_t magnitude = 64 - (uint64_t)__builtin_clzll(hazard->count | 1);
	struct gw_report *rendered;

	if (entry && entry->fingerprint == magnitude)
		return 0;
	if (!entry && store->n_hazards == HAZARDS_MOST) {
		if (++store->left_out > store->most_left_out)
			store->most_left_out = store->left_out;
		return 0;
	}
	if (!entry && store_add_hazard(store, snapshot, hazard, &entry) < 0)
		return -ENOMEM;
	if (gw_hazard_render(&rendered, snapshot, hazard) < 0)
		return -ENOMEM;
	rendered->detected_real_ns = entry->detected_real_ns;
	rendered->detected_mono_ns = entry->detected_mono_ns;
	gw_report_identify(rendered);
	gw_report_free(entry->report);
	entry->report = rendered;
	entry->fingerprint = magnitude;
	store->listed = false;
	if (changed)
		changed(rendered, userdata);
	return 0;
}

size_t gw_store_left_out_hazards(const struct gw_store *store)
{
	return store->most_left_out;
}
