/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted array and two binary searches. */
#include "lib/analysis/record/index.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"

int gw_index_add(struct gw_index *index, uint64_t key, const void *record)
{
	if (key == 0)
		return 0;
	if (gw_array_reserve(index->entries, index->count, index->allocated, 1) < 0)
		return -ENOMEM;
	index->entries[index->count] = (struct gw_index_entry){ key, index->count, record };
	index->count++;
	return 0;
}

static int index_compare(const void *a, const void *b)
{
	const struct gw_index_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void gw_index_sort(struct gw_index *index)
{
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), index_compare);
}

/* The first entry whose key is not below @key. */
static size_t index_lower_bound(const struct gw_index *index, uint64_t key)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->entries[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const void *gw_index_first(const struct gw_index *index, uint64_t key)
{
	size_t first = index_lower_bound(index, key);

	return first < index->count && index->entries[first].key == key ? index->entries[first].record : NULL;
}

struct gw_index_range gw_index_find(const struct gw_index *index, uint64_t key)
{
	size_t first = index_lower_bound(index, key);
	size_t end = key == UINT64_MAX ? index->count : index_lower_bound(index, key + 1);

	if (key == 0 || first == end)
		return (struct gw_index_range){ .count = 0 };
	return (struct gw_index_range){ .members = &index->entries[first], .count = end - first };
}

void gw_index_deinit(struct gw_index *index)
{
	free(index->entries);
	*index = (struct gw_index){ .entries = NULL };
}
