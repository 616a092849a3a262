/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table that is made once: entries in buckets, each of them sorted. */
#include "lib/analysis/record/index.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"

int gw_index_add(struct gw_index *index, uint64_t key, const void *record)
{
	if (key == 0)
		return 0;
	if (index->count == UINT32_MAX || gw_array_reserve(index->entries, index->count, index->allocated, 1) < 0)
		return -ENOMEM;
	index->entries[index->count] = (struct gw_index_entry){ key, index->count, record };
	index->count++;
	return 0;
}

/* Fibonacci hashing: the upper bits of the product. Addresses and counters differ in low bits, which reach all of these. */
static size_t index_bucket(const struct gw_index *index, uint64_t key)
{
	return (key * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (index->n_buckets - 1);
}

static int index_compare(const void *a, const void *b)
{
	const struct gw_index_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Moves the entries to @grouped, bucket after bucket, each in the order of adding. */
static void index_group(struct gw_index *index, struct gw_index_entry *grouped)
{
	uint32_t *starts = index->starts;

	for (size_t i = 0; i < index->count; i++)
		starts[index_bucket(index, index->entries[i].key)]++;
	/* To where each bucket ends, from which it is filled downwards. */
	for (size_t i = 1; i <= index->n_buckets; i++)
		starts[i] += starts[i - 1];
	for (size_t i = index->count; i-- > 0;)
		grouped[--starts[index_bucket(index, index->entries[i].key)]] = index->entries[i];
}

int gw_index_finish(struct gw_index *index)
{
	struct gw_index_entry *grouped;

	if (index->count == 0)
		return 0;
	for (index->n_buckets = 1; index->n_buckets < index->count;)
		index->n_buckets *= 2;
	index->starts = calloc(index->n_buckets + 1, sizeof(*index->starts));
	grouped = calloc(index->count, sizeof(*grouped));
	if (!index->starts || !grouped) {
		free(grouped);
		return -ENOMEM;
	}
	index_group(index, grouped);
	free(index->entries);
	index->entries = grouped;
	index->allocated = index->count;
	for (size_t i = 0; i < index->n_buckets; i++)
		gw_array_sort(&grouped[index->starts[i]], index->starts[i + 1] - index->starts[i], sizeof(*grouped),
			      index_compare);
	return 0;
}

/* The first entry from @first to before @end whose key is not below @key. */
static size_t index_lower_bound(const struct gw_index *index, size_t first, size_t end, uint64_t key)
{
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (index->entries[middle].key < key)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

struct gw_index_range gw_index_find(const struct gw_index *index, uint64_t key)
{
	size_t bucket, first, end;

	if (key == 0 || !index->starts)
		return (struct gw_index_range){ .count = 0 };
	bucket = index_bucket(index, key);
	end = index->starts[bucket + 1];
	first = index_lower_bound(index, index->starts[bucket], end, key);
	if (key != UINT64_MAX)
		end = index_lower_bound(index, first, end, key + 1);
	return (struct gw_index_range){ .members = &index->entries[first], .count = end - first };
}

const void *gw_index_first(const struct gw_index *index, uint64_t key)
{
	size_t bucket = index_bucket(index, key), first, end;

	if (!index->starts)
		return NULL;
	end = index->starts[bucket + 1];
	first = index_lower_bound(index, index->starts[bucket], end, key);
	return first < end && index->entries[first].key == key ? index->entries[first].record : NULL;
}

void gw_index_deinit(struct gw_index *index)
{
	free(index->entries);
	free(index->starts);
	*index = (struct gw_index){ .entries = NULL };
}
