/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One clock for all sources. BPF's times are CLOCK_MONOTONIC. The kernel log
 * and trace buffers have sched_clock(): it begins a little earlier or later,
 * may jump when it is found to be unstable, and its records come in the order
 * of their numbers, whatever their times say.
 */
#include "lib/boot/model/clock.h"
#include "lib/base/array.h"

#include <errno.h>
#include <stdlib.h>

/* Records of different CPUs may be this much out of order without anything being wrong. */
#define DISORDER_NS 10000000ULL
/* What is later than the moment when the state was looked at by more than this cannot be. */
#define FUTURE_NS 5000000000ULL
/* Two clocks whose beginnings are further apart than this are not believed on few witnesses. */
#define BIG_OFFSET_NS 5000000000LL
#define FEW_WITNESSES 3

static int clock_by_source(const void *a, const void *b)
{
	const struct gw_boot_fact *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->sequence != y->sequence)
		return x->sequence < y->sequence ? -1 : 1;
	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

static int clock_by_time(const void *a, const void *b)
{
	const struct gw_boot_fact *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return clock_by_source(a, b);
}

static bool clock_same_fact(const struct gw_boot_fact *a, const struct gw_boot_fact *b)
{
	return a->source == b->source && a->sequence == b->sequence && a->time_ns == b->time_ns && a->type == b->type &&
	       a->subject == b->subject;
}

/* The same evidence given twice, e.g. a file and the log itself, counts once. */
static void clock_drop_duplicates(struct gw_boot_model *model)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->n_facts; i++)
		if (kept == 0 || !clock_same_fact(&model->facts[kept - 1], &model->facts[i]))
			model->facts[kept++] = model->facts[i];
	model->n_facts = kept;
}

/* From 0 to GW_BOOT_TIME_MAX, as times are. */
static uint64_t clock_shift(uint64_t time_ns, int64_t offset_ns)
{
	int64_t shifted;

	if (__builtin_add_overflow((int64_t)time_ns, offset_ns, &shifted))
		return GW_BOOT_TIME_MAX;
	return shifted < 0 ? 0 : (uint64_t)shifted;
}

/* Times of one source, in the order of its numbers, without jumps. */
static void clock_remove_jumps(struct gw_boot_model *model, size_t from, size_t to)
{
	uint64_t taken = model->evidence->host.taken_mono_ns, last = 0;
	int64_t shift = 0;

	for (size_t i = from; i < to; i++) {
		uint64_t *time = &model->facts[i].time_ns;
		uint64_t now = clock_shift(*time, shift);

		if (now + DISORDER_NS < last || (taken && now > taken + FUTURE_NS && last <= taken)) {
			shift = (int64_t)last - (int64_t)*time;
			now = last;
			model->clock_jumped = true;
		}
		*time = now;
		last = now > last ? now : last;
	}
}

/* ---- the distance of two clocks -------------------------------------------------------------- */

/* When a device was bound, by each source; seen more than once it is no witness. */
struct witness {
	uint64_t time_ns[GW_BOOT_SOURCES];
	uint32_t count[GW_BOOT_SOURCES];
};

/* One probe may leave several lines in the log. */
static void clock_add_witness(struct witness *witness, const struct gw_boot_fact *fact)
{
	if (witness->count[fact->source] && fact->time_ns - witness->time_ns[fact->source] < DISORDER_NS)
		witness->count[fact->source]--;
	witness->time_ns[fact->source] = fact->time_ns;
	witness->count[fact->source]++;
}

static int clock_compare_offsets(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The median of what the witnesses say; false if they say nothing or nothing that can be believed. */
static bool clock_find_offset(const struct witness *witnesses, size_t count, enum gw_boot_source source,
			      int64_t *offsets, int64_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (witnesses[i].count[GW_BOOT_FROM_BPF] == 1 && witnesses[i].count[source] == 1)
			offsets[n++] =
				(int64_t)witnesses[i].time_ns[GW_BOOT_FROM_BPF] - (int64_t)witnesses[i].time_ns[source];
	if (n == 0)
		return false;
	qsort(offsets, n, sizeof(*offsets), clock_compare_offsets);
	*ret = offsets[n / 2];
	return n >= FEW_WITNESSES || llabs(*ret) <= BIG_OFFSET_NS;
}

static void clock_shift_source(struct gw_boot_model *model, enum gw_boot_source source, int64_t offset)
{
	for (size_t i = 0; i < model->n_facts; i++) {
		struct gw_boot_fact *fact = &model->facts[i];

		if (fact->source == source)
			fact->time_ns = clock_shift(fact->time_ns, offset);
	}
}

/* Without witnesses: what the two clocks said when the state was looked at. They run at nearly the same speed. */
static bool clock_offset_by_state(const struct gw_boot_model *model, int source, int64_t *ret)
{
	const json_t *offset = json_object_get(model->evidence->state, "log_offset_ns");

	*ret = json_integer_value(offset);
	return source == GW_BOOT_FROM_KMSG && json_is_integer(offset);
}

static int clock_align_sources(struct gw_boot_model *model)
{
	size_t size = model->evidence->names.count + 1, seen[GW_BOOT_SOURCES] = { 0 };
	struct witness *witnesses = calloc(size, sizeof(*witnesses));
	int64_t *offsets = calloc(size, sizeof(*offsets)), offset;

	if (!witnesses || !offsets) {
		free(witnesses);
		free(offsets);
		return -ENOMEM;
	}
	for (size_t i = 0; i < model->n_facts; i++) {
		seen[model->facts[i].source]++;
		if (model->facts[i].type == GW_BOOT_PROBE_END && model->facts[i].result == 0)
			clock_add_witness(&witnesses[model->facts[i].subject], &model->facts[i]);
	}
	model->aligned = true;
	for (int source = GW_BOOT_FROM_BPF + 1; source < GW_BOOT_SOURCES; source++) {
		if (!seen[GW_BOOT_FROM_BPF] || !seen[source])
			continue;
		if (!clock_find_offset(witnesses, size, (enum gw_boot_source)source, offsets, &offset) &&
		    !clock_offset_by_state(model, source, &offset)) {
			model->aligned = false;
			continue;
		}
		clock_shift_source(model, (enum gw_boot_source)source, offset);
	}
	free(witnesses);
	free(offsets);
	return 0;
}

/* ---- what is missing in the kernel log --------------------------------------------------------- */

static int clock_by_sequence(const void *a, const void *b)
{
	const struct gw_boot_kmsg_mark *x = a, *y = b;

	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void clock_find_gaps(struct gw_boot_model *model)
{
	const struct gw_boot_kmsg_mark *marks = model->evidence->marks;

	model->kmsg_gap_from_ns = GW_BOOT_UNKNOWN;
	if (model->evidence->n_marks == 0)
		return;
	qsort(model->evidence->marks, model->evidence->n_marks, sizeof(*marks), clock_by_sequence);
	for (size_t i = 1; i < model->evidence->n_marks; i++) {
		if (marks[i].sequence - marks[i - 1].sequence <= 1)
			continue;
		model->kmsg_missing += marks[i].sequence - marks[i - 1].sequence - 1;
		if (model->kmsg_gap_from_ns == GW_BOOT_UNKNOWN)
			model->kmsg_gap_from_ns = marks[i - 1].time_ns;
		model->kmsg_gap_to_ns = marks[i].time_ns;
	}
	model->kmsg_first = marks[0].sequence;
	model->kmsg_first_ns = marks[0].time_ns;
}

int gw_boot_clock_align(struct gw_boot_model *model)
{
	gw_array_sort(model->facts, model->n_facts, sizeof(*model->facts), clock_by_source);
	clock_drop_duplicates(model);
	for (size_t from = 0, to; from < model->n_facts; from = to) {
		for (to = from; to < model->n_facts && model->facts[to].source == model->facts[from].source; to++)
			;
		if (model->facts[from].source != GW_BOOT_FROM_BPF)
			clock_remove_jumps(model, from, to);
	}
	if (clock_align_sources(model) < 0)
		return -ENOMEM;
	clock_find_gaps(model);
	gw_array_sort(model->facts, model->n_facts, sizeof(*model->facts), clock_by_time);
	return 0;
}
