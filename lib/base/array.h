/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing array of node or edge indexes. */
#ifndef GPUWATCH_LIB_BASE_ARRAY_H
#define GPUWATCH_LIB_BASE_ARRAY_H

#include <stdint.h>

struct gw_list {
	uint32_t *items;
	uint32_t count, allocated;
};

/* Returns 0 or -ENOMEM. */
int gw_list_add(struct gw_list *list, uint32_t item);
void gw_list_reverse(struct gw_list *list);
/* Makes the item at @first the first one, as in a circle. Returns 0 or -ENOMEM. */
int gw_list_rotate(struct gw_list *list, uint32_t first);
void gw_list_deinit(struct gw_list *list);

#endif
