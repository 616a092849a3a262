/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sorted array and two binary searches. */
#include "lib/analysis/record/index.h"

#include <errno.h>
#include <stdlib.h>

int gw_groups_add(struct gw_groups *groups, uint64_t key, const void *record)
{
	if (key == 0)
		return 0;
	if (groups->count == groups->allocated) {
		size_t allocated = groups->allocated ? groups->allocated * 2 : 64;
		struct gw_group_entry *entries = reallocarray(groups->entries, allocated, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		groups->entries = entries;
		groups->allocated = allocated;
	}
	groups->entries[groups->count] = (struct gw_group_entry){ key, groups->count, record };
	groups->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct gw_group_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void gw_groups_sort(struct gw_groups *groups)
{
	if (groups->count)
		qsort(groups->entries, groups->count, sizeof(*groups->entries), compare);
}

/* The first entry whose key is not below @key. */
static size_t lower_bound(const struct gw_groups *groups, uint64_t key)
{
	size_t low = 0, high = groups->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (groups->entries[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct gw_group gw_groups_find(const struct gw_groups *groups, uint64_t key)
{
	size_t first = lower_bound(groups, key);
	size_t end = key == UINT64_MAX ? groups->count : lower_bound(groups, key + 1);

	if (key == 0 || first == end)
		return (struct gw_group){ .count = 0 };
	return (struct gw_group){ .members = &groups->entries[first], .count = end - first };
}

void gw_groups_deinit(struct gw_groups *groups)
{
	free(groups->entries);
	*groups = (struct gw_groups){ .entries = NULL };
}
