/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays that grow, as a pointer, how many items are in use, and how many fit; and sorting what mostly is in order. */
#ifndef GPUWATCH_LIB_BASE_ARRAY_H
#define GPUWATCH_LIB_BASE_ARRAY_H

#include <errno.h>
#include <stddef.h>

/*
 * gw_array_reserve - make room for further items
 * @items: pointer to the first item, malloc()ed, NULL while @allocated is 0
 * @count: items in use
 * @allocated: variable of any unsigned type, how many fit
 * @more: how many are to be added; even for none there is an array afterwards
 *
 * Doubles, so that adding one by one costs as much as adding all at once. A
 * macro, as @items has a type and @allocated has several: both are changed.
 * Returns 0, or -ENOMEM and everything as it was.
 */
#define gw_array_reserve(items, count, allocated, more)                                                                \
	({                                                                                                             \
		size_t _allocated = (allocated);                                                                       \
		void *_items = gw_array_grow((items), sizeof(*(items)), (count), &_allocated, (more));                 \
                                                                                                                       \
		if (_items) {                                                                                          \
			(items) = _items;                                                                              \
			(allocated) = (__typeof__(allocated))_allocated;                                               \
		}                                                                                                      \
		_items ? 0 : -ENOMEM;                                                                                  \
	})

/* The items, moved if they had to be; NULL when memory ran out. Items of @size bytes. */
void *gw_array_grow(void *items, size_t size, size_t count, size_t *allocated, size_t more);

/* As qsort(), for items that mostly are in order already: then it only compares neighbours. */
void gw_array_sort(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b));

#endif
