/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of boot events: each record once, whatever happens to the daemon, its file and its disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/boot/kept/log.h"

#define TEST(name) static void name(void **state)
#define BOOT "11111111-2222-3333-4444-555555555555"
#define RECORD sizeof(struct gw_boot_record)

static char directory[] = "/tmp/test-boot-log.XXXXXX", path[64];

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/boot.log", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(path);
	return rmdir(directory);
}

static int remove_file(void **state)
{
	unlink(path);
	return 0;
}

static struct gw_boot_log *open_log(const char *boot_id)
{
	struct gw_boot_log *log;

	assert_int_equal(gw_boot_log_open(&log, path, boot_id), 0);
	return log;
}

static int add(struct gw_boot_log *log, uint64_t sequence)
{
	struct gw_boot_record record = { .sequence = sequence, .time_ns = sequence * 1000, .subject = "gpu.0" };

	return gw_boot_log_add(log, &record);
}

static struct gw_boot_log_info info_of(const struct gw_boot_log *log)
{
	struct gw_boot_log_info info;

	gw_boot_log_info(log, &info);
	return info;
}

static off_t file_size(void)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

struct visit {
	char numbers[256];
	uint64_t count;
	int result;
};

static int visit_record(const struct gw_boot_record *record, void *userdata)
{
	struct visit *visit = userdata;
	size_t length = strlen(visit->numbers);

	if (visit->count++ < 20)
		snprintf(visit->numbers + length, sizeof(visit->numbers) - length, "%s%llu", length ? " " : "",
			 (unsigned long long)record->sequence);
	assert_int_equal(record->time_ns, record->sequence * 1000);
	assert_string_equal(record->subject, "gpu.0");
	return visit->result;
}

#define assert_records(log, expected)                                                                                  \
	do {                                                                                                           \
		struct visit all = { .numbers = "" };                                                                  \
		assert_int_equal(gw_boot_log_each(log, visit_record, &all), 0);                                        \
		assert_string_equal(all.numbers, expected);                                                            \
	} while (0)

TEST(new_log_has_nothing_and_gives_what_is_added)
{
	struct gw_boot_log *log = open_log(BOOT);

	assert_records(log, "");
	assert_int_equal(info_of(log).next, 0);
	assert_int_equal(add(log, 5), 1);
	assert_int_equal(add(log, 3), 1); /* CPUs overtake each other */
	assert_int_equal(add(log, 7), 1);
	assert_records(log, "5 3 7");
	assert_int_equal(info_of(log).records, 3);
	assert_int_equal(info_of(log).next, 8);
	gw_boot_log_close(log);
}

TEST(visitor_ends_the_reading)
{
	struct gw_boot_log *log = open_log(BOOT);
	struct visit visit = { .result = -ECANCELED };

	add(log, 1);
	add(log, 2);
	assert_int_equal(gw_boot_log_each(log, visit_record, &visit), -ECANCELED);
	assert_int_equal(visit.count, 1);
	gw_boot_log_close(log);
}

/* Killed after writing it here and before it was taken out of the ring buffer. */
TEST(record_that_comes_again_after_a_restart_is_there_once)
{
	struct gw_boot_log *log = open_log(BOOT);

	add(log, 1);
	add(log, 2);
	gw_boot_log_close(log);
	log = open_log(BOOT);
	assert_int_equal(info_of(log).next, 3);
	assert_int_equal(add(log, 2), 0);
	assert_int_equal(add(log, 3), 1);
	assert_records(log, "1 2 3");
	assert_int_equal(info_of(log).left_out, 0);
	gw_boot_log_close(log);
}

/* Killed in the middle of writing it: it is still in the ring buffer. */
TEST(half_a_record_at_the_end_is_written_anew)
{
	struct gw_boot_log *log = open_log(BOOT);
	off_t two;

	add(log, 1);
	add(log, 2);
	two = file_size();
	gw_boot_log_close(log);
	for (off_t cut = 1; cut <= (off_t)RECORD; cut += 50) {
		assert_int_equal(truncate(path, two - cut), 0);
		log = open_log(BOOT);
		assert_int_equal(file_size(), two - (off_t)RECORD);
		assert_records(log, "1");
		assert_int_equal(add(log, 2), 1);
		assert_records(log, "1 2");
		assert_int_equal(file_size(), two);
		gw_boot_log_close(log);
	}
}

TEST(file_that_is_cut_in_its_header_begins_anew)
{
	struct gw_boot_log *log = open_log(BOOT);

	add(log, 1);
	gw_boot_log_close(log);
	for (off_t size = 0; size < 60; size += 7) {
		assert_int_equal(truncate(path, size), 0);
		log = open_log(BOOT);
		assert_records(log, "");
		add(log, 1);
		gw_boot_log_close(log);
	}
}

TEST(log_of_another_boot_or_layout_is_thrown_away)
{
	struct gw_boot_log *log = open_log(BOOT);
	int fd;

	add(log, 1);
	gw_boot_log_add_dropped(log, 3);
	gw_boot_log_close(log);
	log = open_log("another-boot");
	assert_records(log, "");
	assert_int_equal(info_of(log).dropped, 0);
	add(log, 1);
	gw_boot_log_close(log);

	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, &(uint32_t){ GW_BOOT_LAYOUT_VERSION + 1 }, 4, 8), 4);
	close(fd);
	log = open_log("another-boot");
	assert_records(log, "");
	gw_boot_log_close(log);
}

/* A boot that never ends (a driver that is deferred for years) must not fill /run. */
TEST(full_log_counts_what_it_leaves_out_also_after_a_restart)
{
	struct gw_boot_log *log = open_log(BOOT);
	struct visit all = { .numbers = "" };
	off_t full;

	for (uint64_t i = 0; i < GW_BOOT_LOG_MAX; i++)
		assert_int_equal(add(log, i), 1);
	full = file_size();
	assert_int_equal(add(log, GW_BOOT_LOG_MAX), 0);
	assert_int_equal(add(log, GW_BOOT_LOG_MAX + 1), 0);
	gw_boot_log_close(log);
	log = open_log(BOOT);
	assert_int_equal(info_of(log).records, GW_BOOT_LOG_MAX);
	assert_int_equal(info_of(log).left_out, 2);
	assert_int_equal(add(log, GW_BOOT_LOG_MAX + 2), 0);
	assert_int_equal(info_of(log).left_out, 3);
	assert_int_equal(info_of(log).next, GW_BOOT_LOG_MAX + 3);
	assert_int_equal(file_size(), full);
	assert_int_equal(gw_boot_log_each(log, visit_record, &all), 0);
	assert_int_equal(all.count, GW_BOOT_LOG_MAX);
	gw_boot_log_close(log);
}

TEST(full_disk_leaves_records_out_and_no_half_ones_between_others)
{
	struct gw_boot_log *log = open_log(BOOT);
	struct rlimit limit, before;

	add(log, 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)file_size() + RECORD / 2;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(add(log, 2), -ENOSPC); /* half of it fits */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(info_of(log).left_out, 1);
	assert_int_equal(add(log, 3), 1);
	assert_records(log, "1 3");
	gw_boot_log_close(log);
}

TEST(another_daemon_cannot_have_the_same_log)
{
	struct gw_boot_log *log = open_log(BOOT), *second;

	add(log, 1);
	assert_int_equal(gw_boot_log_open(&second, path, BOOT), -EWOULDBLOCK);
	assert_int_equal(gw_boot_log_open(&second, path, "another-boot"), -EWOULDBLOCK);
	assert_records(log, "1");
	gw_boot_log_close(log);
}

TEST(link_in_place_of_the_log_is_not_followed)
{
	struct gw_boot_log *log;

	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(gw_boot_log_open(&log, path, BOOT), -ELOOP);
}

TEST(copy_of_a_log_gives_the_same_records_and_says_when_they_are_gone)
{
	struct gw_boot_log *log = open_log(BOOT);
	struct visit visit = { .numbers = "" };
	struct gw_boot_log *copy;

	for (uint64_t i = 0; i < 200; i++) /* more than are read at a time */
		add(log, i);
	gw_boot_log_set_started(log, 100);
	assert_int_equal(gw_boot_log_open_copy(&copy, path, "another-boot"), -ESTALE);
	assert_int_equal(gw_boot_log_open_copy(&copy, path, BOOT), 0);
	add(log, 200); /* later */
	assert_int_equal(info_of(copy).first_ns, 100);
	assert_int_equal(gw_boot_log_each(copy, visit_record, &visit), 0);
	assert_int_equal(visit.count, 200);
	assert_int_equal(truncate(path, file_size() - 11 * (off_t)RECORD), 0);
	assert_int_equal(gw_boot_log_each(copy, visit_record, &visit), -EIO);
	gw_boot_log_close(copy);
	gw_boot_log_close(log);
}

TEST(recording_that_began_anew_was_interrupted)
{
	struct gw_boot_log *log = open_log(BOOT);

	assert_int_equal(gw_boot_log_set_started(log, 100), 0);
	gw_boot_log_close(log);
	log = open_log(BOOT);
	gw_boot_log_set_started(log, 100); /* the same programs, adopted */
	assert_int_equal(info_of(log).interrupted_ns, 0);
	gw_boot_log_set_started(log, 500);
	gw_boot_log_add_dropped(log, 2);
	gw_boot_log_add_dropped(log, 5);
	gw_boot_log_close(log);
	log = open_log(BOOT);
	assert_int_equal(info_of(log).first_ns, 100);
	assert_int_equal(info_of(log).interrupted_ns, 500);
	assert_int_equal(info_of(log).dropped, 7);
	gw_boot_log_close(log);
}

#define T(name) cmocka_unit_test_setup(name, remove_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(new_log_has_nothing_and_gives_what_is_added),
		T(visitor_ends_the_reading),
		T(record_that_comes_again_after_a_restart_is_there_once),
		T(half_a_record_at_the_end_is_written_anew),
		T(file_that_is_cut_in_its_header_begins_anew),
		T(log_of_another_boot_or_layout_is_thrown_away),
		T(full_log_counts_what_it_leaves_out_also_after_a_restart),
		T(full_disk_leaves_records_out_and_no_half_ones_between_others),
		T(another_daemon_cannot_have_the_same_log),
		T(link_in_place_of_the_log_is_not_followed),
		T(copy_of_a_log_gives_the_same_records_and_says_when_they_are_gone),
		T(recording_that_began_anew_was_interrupted),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
