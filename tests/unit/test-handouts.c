/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that clients were given: few at a time, and their memory comes back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/serve/handouts.h"

static int new_file(void)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "evidence", 8), 8);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE), 0);
	return fd;
}

/* A file of its own for a client; the daemon's own descriptor is closed, as after an answer. */
static int give(struct gw_handouts *handouts, uint64_t now_usec)
{
	int file = new_file(), fd = gw_handouts_give(handouts, file, now_usec);

	close(file);
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

static void test_client_can_only_read(void **state)
{
	struct gw_handouts handouts = { 0 };
	char text[8];
	int fd = give(&handouts, 1);

	assert_int_equal(read(fd, text, sizeof(text)), 8);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	close(fd);
	gw_handouts_deinit(&handouts);
}

static void test_one_file_for_many_counts_once(void **state)
{
	struct gw_handouts handouts = { 0 };
	int file = new_file(), fds[GW_HANDOUTS_MAX * 2];

	for (size_t i = 0; i < GW_HANDOUTS_MAX * 2; i++) {
		fds[i] = gw_handouts_give(&handouts, file, 1);
		assert_true(fds[i] >= 0);
	}
	for (size_t i = 0; i < GW_HANDOUTS_MAX * 2; i++)
		close(fds[i]);
	close(file);
	gw_handouts_deinit(&handouts);
}

static void test_oldest_is_emptied_when_its_time_is_over(void **state)
{
	struct gw_handouts handouts = { 0 };
	int fds[GW_HANDOUTS_MAX], fd;

	for (uint64_t i = 0; i < GW_HANDOUTS_MAX; i++)
		fds[i] = give(&handouts, 1 + i);
	assert_int_equal(give(&handouts, GW_HANDOUT_USEC), -EBUSY);
	assert_int_equal(size_of(fds[0]), 8);
	fd = give(&handouts, GW_HANDOUT_USEC + 1);
	assert_int_equal(size_of(fd), 8);
	assert_int_equal(size_of(fds[0]), 0);
	assert_int_equal(size_of(fds[1]), 8);
	assert_int_equal(give(&handouts, GW_HANDOUT_USEC + 1), -EBUSY);
	close(fd);
	for (size_t i = 0; i < GW_HANDOUTS_MAX; i++)
		close(fds[i]);
	gw_handouts_deinit(&handouts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_client_can_only_read),
		cmocka_unit_test(test_one_file_for_many_counts_once),
		cmocka_unit_test(test_oldest_is_emptied_when_its_time_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
