/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder: the last snapshots, bounded, as a recording that others can read. */
#include "build-snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/watch/recorder.h"
#include "lib/analysis/record/recording.h"

#define TEST(name) static void name(void **state)

/* Adds the next snapshot as the watch does: HOST in front, which is not part of it. Returns its size with HOST. */
static size_t add(struct gw_recorder *recorder, struct world *w)
{
	struct bytes whole = { .data = NULL }, records = snapshot_bytes(w);

	put(&whole, &w->host, sizeof(w->host));
	put(&whole, records.data, records.size);
	free(records.data);
	gw_recorder_add(recorder, whole.data, whole.size, sizeof(w->host));
	w->now_ns += SECOND;
	return whole.size;
}

static struct gw_recorder *recorder_of(size_t limit)
{
	struct gw_recorder *recorder;

	assert_int_equal(gw_recorder_new(&recorder, limit), 0);
	return recorder;
}

/* The recording's snapshots must be numbered from @first on. */
static void assert_recorded(const struct gw_recorder *recorder, const struct world *w, uint64_t first, size_t expected)
{
	int fd = gw_recorder_write(recorder, &w->host);
	struct gw_snapshot **snapshots;
	size_t count, offset;
	struct stat st;
	char *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size); /* from its beginning */
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);			  /* sealed */
	assert_int_equal(gw_recording_parse(data, (size_t)st.st_size, &snapshots, &count, &offset), GW_PARSE_OK);
	assert_int_equal(count, expected);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(gw_snapshot_head(snapshots[i])->sequence, first + i);
	gw_snapshots_free(snapshots, count);
	free(data);
	close(fd);
}

TEST(recording_has_what_was_added_in_that_order)
{
	struct world *w = world_new();
	struct gw_recorder *recorder = recorder_of(1 << 20);

	present(w, 20, "idle");
	assert_recorded(recorder, w, 0, 0);
	for (int i = 0; i < 3; i++)
		add(recorder, w);
	assert_recorded(recorder, w, 0, 3);
	assert_recorded(recorder, w, 0, 3); /* as often as somebody asks */
	gw_recorder_free(recorder);
	world_free(w);
}

TEST(oldest_go_when_the_bytes_are_too_many)
{
	struct gw_recorder *recorder = recorder_of(6000);

	srand(1);
	for (int i = 0; i < 9; i++) {
		char *noise = malloc(1000); /* gets no smaller */

		for (size_t at = 0; at < 1000; at++)
			noise[at] = (char)rand();
		gw_recorder_add(recorder, noise, 1000, 0);
	}
	assert_int_equal(gw_recorder_count(recorder), 6);
	gw_recorder_set_limit(recorder, 5000);
	assert_int_equal(gw_recorder_count(recorder), 5);
	gw_recorder_free(recorder);
}

TEST(tasks_that_are_alike_take_a_tenth_of_their_bytes)
{
	struct world *w = world_new();
	struct gw_recorder *recorder = recorder_of(1 << 20);
	size_t size;

	for (uint32_t pid = 20; pid < 220; pid++)
		user_task(w, pid, "reader");
	size = add(recorder, w);
	gw_recorder_set_limit(recorder, size);
	for (int i = 1; i < 10; i++)
		add(recorder, w);
	assert_recorded(recorder, w, 0, 10);
	gw_recorder_free(recorder);
	world_free(w);
}

/* What is saved can be read again: packed they take an eighth of it. */
TEST(recording_has_the_last_ones_that_can_be_read)
{
	struct world *w = world_new();
	struct gw_recorder *recorder = recorder_of(1 << 30);
	size_t size, fit;

	for (uint32_t pid = 20; pid < 220; pid++)
		user_task(w, pid, "reader");
	size = add(recorder, w) - sizeof(w->host);
	fit = (GW_RECORDING_MOST - sizeof(struct gw_recording_header) - sizeof(w->host) -
	       sizeof(struct gw_end_record)) /
	      size;
	for (size_t i = 1; i < fit; i++)
		add(recorder, w);
	assert_recorded(recorder, w, 0, fit);
	add(recorder, w);
	add(recorder, w);
	assert_int_equal(gw_recorder_count(recorder), fit + 2);
	assert_recorded(recorder, w, 2, fit);
	gw_recorder_free(recorder);
	world_free(w);
}

/* Two prove a loop and two show its end: one snapshot of a huge machine must not push them out. */
TEST(four_are_kept_whatever_their_size)
{
	struct world *w = world_new();
	struct gw_recorder *recorder = recorder_of(1);

	for (int i = 0; i < 10; i++)
		add(recorder, w);
	assert_int_equal(gw_recorder_count(recorder), 4);
	assert_recorded(recorder, w, 6, 4);
	gw_recorder_free(recorder);
	world_free(w);
}

TEST(ring_goes_round_when_small_ones_are_many)
{
	struct world *w = world_new();
	struct gw_recorder *recorder = recorder_of(1 << 30);

	for (int i = 0; i < 2500; i++)
		add(recorder, w);
	assert_int_equal(gw_recorder_count(recorder), 1024);
	assert_recorded(recorder, w, 2500 - 1024, 1024);
	gw_recorder_set_limit(recorder, 0); /* across the place where it goes round */
	assert_recorded(recorder, w, 2496, 4);
	add(recorder, w);
	assert_recorded(recorder, w, 2497, 4);
	gw_recorder_free(recorder);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recording_has_what_was_added_in_that_order),
		cmocka_unit_test(oldest_go_when_the_bytes_are_too_many),
		cmocka_unit_test(tasks_that_are_alike_take_a_tenth_of_their_bytes),
		cmocka_unit_test(recording_has_the_last_ones_that_can_be_read),
		cmocka_unit_test(four_are_kept_whatever_their_size),
		cmocka_unit_test(ring_goes_round_when_small_ones_are_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
