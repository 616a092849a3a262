/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines for whoever reads standard output: nobody waits for a reader that has stopped, and no line is torn. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/serve/output.h"

#define LINE_LENGTH 9999

static char line[LINE_LENGTH + 1];

/* Reads until there is nothing more for the moment. Returns the number of lines, all of which must be whole. */
static size_t read_lines(int fd, sd_event *event)
{
	static char data[8 << 20];
	size_t size = 0, count = 0;
	ssize_t part;

	do {
		while ((part = read(fd, data + size, sizeof(data) - size)) > 0)
			size += (size_t)part;
	} while (sd_event_run(event, 0) > 0);
	for (char *at = data, *end; at < data + size; at = end + 1, count++) {
		end = memchr(at, '\n', (size_t)(data + size - at));
		assert_non_null(end);
		assert_int_equal(end - at, LINE_LENGTH);
	}
	return count;
}

static void test_full_pipe_keeps_nobody_waiting(void **state)
{
	struct gw_output *output;
	sd_event *event;
	int ends[2];
	size_t lines;

	memset(line, 'x', LINE_LENGTH);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(gw_output_new(&output, event, ends[1]), 0);
	for (size_t i = 0; i < 1000; i++) /* ten megabytes: more than the pipe and what may wait */
		gw_output_line(output, line);
	assert_true(gw_output_lost(output) > 0);
	lines = read_lines(ends[0], event);
	assert_int_equal(lines + gw_output_lost(output), 1000);
	assert_true(lines > 100);
	gw_output_line(output, line); /* it reads again, and gets what is new */
	assert_int_equal(read_lines(ends[0], event), 1);
	close(ends[0]);
	gw_output_line(output, line); /* it is gone */
	gw_output_line(output, line);
	assert_int_equal(gw_output_lost(output) + lines, 1001);
	gw_output_free(output);
	close(ends[1]);
	sd_event_unref(event);
}

static void test_file_gets_everything(void **state)
{
	char path[] = "/tmp/test-output.XXXXXX";
	struct gw_output *output;
	sd_event *event;
	int fd = mkstemp(path);

	assert_true(fd >= 0 && unlink(path) == 0);
	memset(line, 'x', LINE_LENGTH);
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(gw_output_new(&output, event, fd), 0);
	for (size_t i = 0; i < 1000; i++)
		gw_output_line(output, line);
	assert_int_equal(gw_output_lost(output), 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 1000 * (LINE_LENGTH + 1));
	gw_output_free(output);
	close(fd);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_pipe_keeps_nobody_waiting),
		cmocka_unit_test(test_file_gets_everything),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
