/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How arrays grow, and are sorted. */
#include "lib/base/array.h"

#include <stdlib.h>

#define FIRST_ITEMS 16

void *gw_array_grow(void *items, size_t size, size_t count, size_t *allocated, size_t more)
{
	size_t wanted, doubled = count > FIRST_ITEMS / 2 ? count * 2 : FIRST_ITEMS;

	if (__builtin_add_overflow(count, more, &wanted))
		return NULL;
	if (items && wanted <= *allocated)
		return items;
	if (wanted < doubled)
		wanted = doubled;
	items = reallocarray(items, wanted, size);
	if (items)
		*allocated = wanted;
	return items;
}

void gw_array_sort(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
	const char *item = items;

	for (size_t i = 1; i < count; i++, item += size) {
		if (compare(item, item + size) > 0) {
			qsort(items, count, size, compare);
			return;
		}
	}
}
