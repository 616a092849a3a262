/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing list of indexes. */
#include "lib/analysis/graph/index-list.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/array.h"

int gw_index_list_add(struct gw_index_list *list, uint32_t item)
{
	if (gw_array_reserve(list->items, list->count, list->allocated, 1) < 0)
		return -ENOMEM;
	list->items[list->count++] = item;
	return 0;
}

void gw_index_list_reverse(struct gw_index_list *list)
{
	for (uint32_t i = 0; i < list->count / 2; i++) {
		uint32_t other = list->count - 1 - i, item = list->items[i];

		list->items[i] = list->items[other];
		list->items[other] = item;
	}
}

int gw_index_list_rotate(struct gw_index_list *list, uint32_t first)
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

void gw_index_list_deinit(struct gw_index_list *list)
{
	free(list->items);
	*list = (struct gw_index_list){ .count = 0 };
}
