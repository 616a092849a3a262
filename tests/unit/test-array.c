/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays grow by doubling, and stay as they are when memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/analysis/graph/index-list.h"
#include "lib/base/array.h"

/* Or ASan ends the program where malloc() would return NULL. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

struct numbers {
	uint64_t *items;
	size_t count, allocated;
};

static void items_stay_while_the_array_grows(void **state)
{
	struct numbers numbers = { .items = NULL };
	size_t moves = 0;

	for (uint64_t i = 0; i < 100000; i++) {
		size_t before = numbers.allocated;

		assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, 1), 0);
		moves += numbers.allocated != before;
		numbers.items[numbers.count++] = i;
	}
	for (uint64_t i = 0; i < 100000; i++)
		assert_int_equal(numbers.items[i], i);
	assert_in_range(moves, 1, 20);
	free(numbers.items);
}

static void room_for_many_at_once(void **state)
{
	struct numbers numbers = { .items = NULL };
	uint64_t *first;

	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, 1000), 0);
	assert_true(numbers.allocated >= 1000);
	first = numbers.items;
	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, 1000), 0);
	assert_ptr_equal(numbers.items, first);
	numbers.count = 1;
	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, numbers.allocated), 0);
	assert_true(numbers.allocated > 1000);
	free(numbers.items);
}

static void room_for_none_is_no_failure(void **state)
{
	struct numbers numbers = { .items = NULL };

	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, 0), 0);
	assert_non_null(numbers.items);
	free(numbers.items);
}

static void what_no_memory_holds_is_refused(void **state)
{
	struct numbers numbers = { .items = NULL };
	uint64_t *first;

	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, 1), 0);
	numbers.items[numbers.count++] = 7;
	first = numbers.items;
	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, SIZE_MAX), -ENOMEM);
	assert_int_equal(gw_array_reserve(numbers.items, numbers.count, numbers.allocated, SIZE_MAX / 8), -ENOMEM);
	assert_ptr_equal(numbers.items, first);
	assert_int_equal(numbers.items[0], 7);
	free(numbers.items);
}

/* A counter that is too small for what is allocated makes it ask again, never write beyond. */
static void small_counters_are_never_too_large(void **state)
{
	uint8_t *items = NULL, allocated = 0;
	size_t count = 0;

	for (; count < 300; count++) {
		assert_int_equal(gw_array_reserve(items, count, allocated, 1), 0);
		items[count] = 1; /* under ASan: room is there */
	}
	free(items);
}

static unsigned compared;

static int compare_and_count(const void *a, const void *b)
{
	const int *x = a, *y = b;

	compared++;
	return *x < *y ? -1 : *x > *y;
}

static void what_is_in_order_is_only_read(void **state)
{
	int ordered[] = { 1, 2, 2, 5, 9 }, mixed[] = { 1, 2, 9, 5, 2 };

	compared = 0;
	gw_array_sort(ordered, 5, sizeof(*ordered), compare_and_count);
	assert_int_equal(compared, 4);
	gw_array_sort(mixed, 5, sizeof(*mixed), compare_and_count);
	assert_memory_equal(mixed, ordered, sizeof(ordered));
	gw_array_sort(mixed, 0, sizeof(*mixed), compare_and_count);
	gw_array_sort(NULL, 0, sizeof(*mixed), compare_and_count);
}

static void list_turns_and_reverses(void **state)
{
	struct gw_index_list list = { .count = 0 };

	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(gw_index_list_add(&list, i), 0);
	assert_int_equal(gw_index_list_rotate(&list, 30), 0);
	assert_int_equal(list.items[0], 30);
	assert_int_equal(list.items[39], 29);
	gw_index_list_reverse(&list);
	assert_int_equal(list.items[0], 29);
	assert_int_equal(list.items[39], 30);
	assert_int_equal(gw_index_list_add(&list, 99), 0);
	assert_int_equal(list.items[40], 99);
	gw_index_list_deinit(&list);
	assert_int_equal(list.count, 0);
	assert_int_equal(gw_index_list_rotate(&list, 0), 0);
	assert_int_equal(gw_index_list_add(&list, 1), 0);
	gw_index_list_deinit(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_stay_while_the_array_grows),   cmocka_unit_test(room_for_many_at_once),
		cmocka_unit_test(room_for_none_is_no_failure),	      cmocka_unit_test(what_no_memory_holds_is_refused),
		cmocka_unit_test(small_counters_are_never_too_large), cmocka_unit_test(list_turns_and_reverses),
		cmocka_unit_test(what_is_in_order_is_only_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
