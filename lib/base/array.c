/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing array. */
#include "lib/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int gw_list_add(struct gw_list *list, uint32_t item)
{
	if (list->count == list->allocated) {
		uint32_t allocated = list->allocated ? list->allocated * 2 : 16;
		uint32_t *items = reallocarray(list->items, allocated, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->allocated = allocated;
	}
	list->items[list->count++] = item;
	return 0;
}

void gw_list_reverse(struct gw_list *list)
{
	for (uint32_t i = 0; i < list->count / 2; i++) {
		uint32_t other = list->count - 1 - i, item = list->items[i];

		list->items[i] = list->items[other];
		list->items[other] = item;
	}
}

int gw_list_rotate(struct gw_list *list, uint32_t first)
{
	uint32_t *items = malloc((list->count ? list->count : 1) * sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->count; i++)
		items[i] = list->items[(first + i) % list->count];
	free(list->items);
	list->items = items;
	list->allocated = list->count;
	return 0;
}

void gw_list_deinit(struct gw_list *list)
{
	free(list->items);
	*list = (struct gw_list){ .count = 0 };
}
