/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing list of indexes of nodes or edges. */
#ifndef GPUWATCH_LIB_ANALYSIS_GRAPH_INDEX_LIST_H
#define GPUWATCH_LIB_ANALYSIS_GRAPH_INDEX_LIST_H

#include <stdint.h>

/* All zeroes is the empty list; ends with gw_index_list_deinit(). */
struct gw_index_list {
	uint32_t *items;
	uint32_t count, allocated;
};

/* Returns 0 or -ENOMEM; the list is unchanged then. */
int gw_index_list_add(struct gw_index_list *list, uint32_t item);
void gw_index_list_reverse(struct gw_index_list *list);
/* Makes the item at @first the first one, as in a circle. Returns 0 or -ENOMEM. */
int gw_index_list_rotate(struct gw_index_list *list, uint32_t first);
/* Frees the items: the list is empty again. */
void gw_index_list_deinit(struct gw_index_list *list);

#endif
