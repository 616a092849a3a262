/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of one object from several passes: which one stays, and in what order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/abi/records.h"
#include "daemon/kernel/dedupe.h"

#define TASK_A 0xffff888000001000ULL
#define TASK_B 0xffff888000002000ULL
#define OBJECT 0xffff888000003000ULL

/* Room for what a test puts there; aligned as the reader's buffer is. */
struct stream {
	uint64_t words[65536];
	size_t size;
};

static void *add(struct stream *stream, uint32_t type, size_t size)
{
	struct gw_record *record = (struct gw_record *)((char *)stream->words + stream->size);

	assert_true(size % 8 == 0 && stream->size + size <= sizeof(stream->words));
	memset(record, 0, size);
	record->type = type;
	record->size = (uint32_t)size;
	stream->size += size;
	return record;
}

/* Each record carries a number, by which a test recognises it. */
static void task(struct stream *stream, uint64_t address, uint32_t number)
{
	struct gw_task_record *record = add(stream, GW_RECORD_TASK, sizeof(*record));

	record->address = address;
	record->pid = number;
}

static void present(struct stream *stream, uint64_t address, uint32_t number)
{
	struct gw_present_record *record = add(stream, GW_RECORD_PRESENT, sizeof(*record));

	record->address = address;
	record->pid = number;
}

static void activity(struct stream *stream, uint64_t address, uint32_t number)
{
	struct gw_activity_record *record = add(stream, GW_RECORD_ACTIVITY, sizeof(*record));

	record->task = address;
	record->activity.pid = number;
}

static void fence(struct stream *stream, uint64_t address, uint32_t number)
{
	struct gw_fence_record *record = add(stream, GW_RECORD_FENCE, sizeof(*record));

	record->address = address;
	record->seqno = number;
}

static void lock(struct stream *stream, uint64_t address, uint32_t kind, uint32_t number)
{
	struct gw_lock_record *record = add(stream, GW_RECORD_LOCK, sizeof(*record));

	record->address = address;
	record->kind = kind;
	record->owner_pid = number;
}

static void work(struct stream *stream, uint64_t address, uint32_t place, uint32_t number)
{
	struct gw_work_record *record = add(stream, GW_RECORD_WORK, sizeof(*record));

	record->work = address;
	record->place = place;
	record->position = number;
}

static uint32_t number_of(const struct gw_record *record)
{
	switch (record->type) {
	case GW_RECORD_TASK:
		return ((const struct gw_task_record *)record)->pid;
	case GW_RECORD_PRESENT:
		return ((const struct gw_present_record *)record)->pid;
	case GW_RECORD_ACTIVITY:
		return ((const struct gw_activity_record *)record)->activity.pid;
	case GW_RECORD_FENCE:
		return (uint32_t)((const struct gw_fence_record *)record)->seqno;
	case GW_RECORD_LOCK:
		return ((const struct gw_lock_record *)record)->owner_pid;
	case GW_RECORD_WORK:
		return ((const struct gw_work_record *)record)->position;
	}
	return 0;
}

/* Removes duplicates, and compares the numbers of what is left, in order; 0 ends them. */
static void assert_left(struct stream *stream, const uint32_t *numbers)
{
	const struct gw_record *record;
	size_t left = SIZE_MAX, offset;

	assert_int_equal(gw_dedupe(stream->words, stream->size, &left), 0);
	for (offset = 0; offset < left; offset += record->size) {
		record = (const struct gw_record *)((char *)stream->words + offset);
		assert_int_equal(number_of(record), *numbers);
		assert_int_not_equal(*numbers++, 0);
	}
	assert_int_equal(offset, left);
	assert_int_equal(*numbers, 0);
}

#define LEFT(stream, ...) assert_left(stream, (const uint32_t[]){ __VA_ARGS__, 0 })

static struct stream *stream_new(void)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	assert_non_null(stream);
	return stream;
}

static void test_nothing(void **state)
{
	struct stream *stream = stream_new();

	assert_left(stream, (const uint32_t[]){ 0 });
	free(stream);
}

static void test_first_stays(void **state)
{
	struct stream *stream = stream_new();

	task(stream, TASK_A, 1);
	activity(stream, TASK_A, 2);
	fence(stream, OBJECT, 3);
	task(stream, TASK_B, 4);
	fence(stream, OBJECT, 5);
	task(stream, TASK_A, 6);
	activity(stream, TASK_A, 7);
	task(stream, TASK_A, 8);
	LEFT(stream, 1, 2, 3, 4);
	free(stream);
}

/* The passes meet objects in the order of what points to them, not of their addresses. */
static void test_order_is_kept(void **state)
{
	struct stream *stream = stream_new();

	task(stream, TASK_B, 1);
	fence(stream, OBJECT + 64, 2);
	task(stream, TASK_A, 3);
	fence(stream, OBJECT, 4);
	LEFT(stream, 1, 2, 3, 4);
	free(stream);
}

/* An address may be a task's, and that of a lock inside of something else. */
static void test_kinds_are_apart(void **state)
{
	struct stream *stream = stream_new();

	task(stream, OBJECT, 1);
	fence(stream, OBJECT, 2);
	lock(stream, OBJECT, GW_LOCK_MUTEX, 3);
	work(stream, OBJECT, GW_WORK_QUEUED, 4);
	LEFT(stream, 1, 2, 3, 4);
	free(stream);
}

static void test_present_gives_way(void **state)
{
	struct stream *stream = stream_new();

	present(stream, TASK_A, 1);
	present(stream, TASK_B, 2);
	task(stream, TASK_A, 3);
	LEFT(stream, 2, 3);
	free(stream);
}

/* Whoever met the lock first may have been a task of which the kernel says only that it is blocked. */
static void test_known_lock_stays(void **state)
{
	struct stream *stream = stream_new();

	lock(stream, OBJECT, GW_LOCK_UNKNOWN, 1);
	lock(stream, OBJECT, GW_LOCK_RWSEM, 2);
	lock(stream, OBJECT, GW_LOCK_UNKNOWN, 3);
	lock(stream, OBJECT, GW_LOCK_RWSEM, 4);
	LEFT(stream, 2);
	free(stream);
}

static void test_unknown_lock_alone_stays(void **state)
{
	struct stream *stream = stream_new();

	lock(stream, OBJECT, GW_LOCK_UNKNOWN, 1);
	lock(stream, OBJECT, GW_LOCK_UNKNOWN, 2);
	LEFT(stream, 1);
	free(stream);
}

/* An item that runs and is queued again is in two places. */
static void test_work_in_two_places(void **state)
{
	struct stream *stream = stream_new();

	work(stream, OBJECT, GW_WORK_QUEUED, 1);
	work(stream, OBJECT, GW_WORK_EXECUTING, 2);
	work(stream, OBJECT, GW_WORK_QUEUED, 3);
	LEFT(stream, 1, 2);
	free(stream);
}

/* Who flushes an item finds it idle while a worker runs it: the worker's record is the better one. */
static void test_idle_work_gives_way(void **state)
{
	struct stream *stream = stream_new();

	work(stream, OBJECT, GW_WORK_IDLE, 1);
	work(stream, OBJECT + 64, GW_WORK_IDLE, 2);
	work(stream, OBJECT, GW_WORK_EXECUTING, 3);
	work(stream, OBJECT + 64, GW_WORK_IDLE, 4);
	LEFT(stream, 2, 3);
	free(stream);
}

/* What is no object stays: user space adds it once. */
static void test_others_stay(void **state)
{
	struct stream *stream = stream_new();
	size_t left;

	add(stream, GW_RECORD_SNAPSHOT, sizeof(struct gw_snapshot_record));
	add(stream, GW_RECORD_HAZARD, sizeof(struct gw_hazard_record));
	add(stream, GW_RECORD_HAZARD, sizeof(struct gw_hazard_record));
	assert_int_equal(gw_dedupe(stream->words, stream->size, &left), 0);
	assert_int_equal(left, stream->size);
	free(stream);
}

/* More records than the first allocation holds, of several sizes, each three times. */
static void test_many(void **state)
{
	struct stream *stream = stream_new();
	size_t left, expected = 0;

	for (uint32_t pass = 0; pass < 3; pass++) {
		for (uint32_t i = 1; i <= 2000; i++) {
			present(stream, TASK_A + i * 64, i);
			if (i % 10 == 0)
				lock(stream, OBJECT + i, GW_LOCK_MUTEX, i);
		}
		if (!pass)
			expected = stream->size;
	}
	assert_int_equal(gw_dedupe(stream->words, stream->size, &left), 0);
	assert_int_equal(left, expected);
	free(stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_first_stays),
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_kinds_are_apart),
		cmocka_unit_test(test_present_gives_way),
		cmocka_unit_test(test_known_lock_stays),
		cmocka_unit_test(test_unknown_lock_alone_stays),
		cmocka_unit_test(test_work_in_two_places),
		cmocka_unit_test(test_idle_work_gives_way),
		cmocka_unit_test(test_others_stay),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
