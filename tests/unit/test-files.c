/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, links and directories, read and written whole. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/files.h"

static int setup(void **state)
{
	char name[] = "/tmp/gpuwatch-test-XXXXXX";
	int *root = malloc(sizeof(*root));

	assert_non_null(root);
	assert_non_null(mkdtemp(name));
	*root = gw_directory_open(AT_FDCWD, name);
	assert_true(*root >= 0);
	*state = root;
	return 0;
}

static int teardown(void **state)
{
	int *root = *state;
	char path[64], command[128];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", *root);
	assert_true(gw_link_read(AT_FDCWD, path, command + 7, sizeof(command) - 7) > 0);
	memcpy(command, "rm -rf ", 7);
	close(*root);
	free(root);
	return system(command);
}

static void put(int root, const char *name, const void *data, size_t size)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(gw_fd_write(fd, data, size), 0);
	close(fd);
}

static void text_ends_where_its_lines_do(void **state)
{
	int root = *(int *)*state;
	char text[8];

	put(root, "a", "amdgpu\n\n", 8);
	assert_int_equal(gw_file_text(root, "a", text, sizeof(text)), 6);
	assert_string_equal(text, "amdgpu");
	assert_int_equal(gw_file_text(root, "a", text, 4), 3);
	assert_string_equal(text, "amd");
	put(root, "empty", "", 0);
	assert_int_equal(gw_file_text(root, "empty", text, sizeof(text)), 0);
	assert_int_equal(gw_file_text(root, "none", text, sizeof(text)), -ENOENT);
	assert_int_equal(gw_file_text(root, ".", text, sizeof(text)), -EISDIR);
}

/* Around the sizes at which the buffer grows. */
static void whole_file_of_any_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 4094, 4095, 4096, 4097, 8190, 8191, 8192, 1000000 };
	int root = *(int *)*state;
	char *data = malloc(1000000);

	assert_non_null(data);
	for (size_t i = 0; i < 1000000; i++)
		data[i] = (char)(i * 31 >> 3);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *text;
		size_t size;

		put(root, "a", data, sizes[i]);
		assert_int_equal(gw_file_whole(root, "a", sizes[i], &text, &size), 0);
		assert_int_equal(size, sizes[i]);
		assert_memory_equal(text, data, size);
		assert_int_equal(text[size], '\0');
		free(text);
		if (sizes[i])
			assert_int_equal(gw_file_whole(root, "a", sizes[i] - 1, &text, &size), -EFBIG);
	}
	free(data);
}

/* A pipe gives what it has in pieces, and takes so, too. */
static void pipe_is_read_and_written_to_its_end(void **state)
{
	char *data = calloc(1, 300000), *text;
	int fds[2], status;
	size_t size;
	pid_t pid;

	assert_non_null(data);
	memset(data, 'x', 299999);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		_exit(gw_fd_write(fds[1], data, 300000) != 0);
	}
	close(fds[1]);
	assert_int_equal(gw_fd_whole(fds[0], 300000, &text, &size), 0);
	assert_int_equal(size, 300000);
	assert_memory_equal(text, data, size);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(text);
	free(data);
}

static void what_cannot_be_written_is_an_error(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(gw_fd_write(fd, "x", 1), -ENOSPC);
	assert_int_equal(gw_fd_write(fd, "", 0), 0);
	close(fd);
}

static void link_has_a_target_and_its_last_part(void **state)
{
	int root = *(int *)*state;
	char text[16];

	assert_int_equal(symlinkat("../../bus/pci", root, "subsystem"), 0);
	assert_int_equal(gw_link_read(root, "subsystem", text, sizeof(text)), 13);
	assert_string_equal(text, "../../bus/pci");
	assert_int_equal(gw_link_read(root, "subsystem", text, 13), -ENAMETOOLONG);
	assert_int_equal(gw_link_name(root, "subsystem", text, 4), 3);
	assert_string_equal(text, "pci");
	assert_int_equal(gw_link_name(root, "subsystem", text, 3), -ENAMETOOLONG);
	assert_int_equal(gw_link_name(root, "none", text, sizeof(text)), -ENOENT);
	assert_false(gw_path_exists(root, "subsystem")); /* it is followed */
}

static void directory_lists_what_is_in_it(void **state)
{
	int root = *(int *)*state;
	struct dirent *entry;
	DIR *stream;

	put(root, "only", "", 0);
	assert_true(gw_path_exists(root, "only"));
	stream = gw_directory_list(root, ".");
	assert_non_null(stream);
	entry = gw_directory_next(stream);
	assert_non_null(entry);
	assert_string_equal(entry->d_name, "only");
	assert_null(gw_directory_next(stream));
	closedir(stream);
	assert_null(gw_directory_list(root, "only"));
	assert_int_equal(gw_directory_open(root, "only"), -ENOTDIR);
}

#define with_root(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_root(text_ends_where_its_lines_do),
		with_root(whole_file_of_any_size),
		cmocka_unit_test(pipe_is_read_and_written_to_its_end),
		cmocka_unit_test(what_cannot_be_written_is_an_error),
		with_root(link_has_a_target_and_its_last_part),
		with_root(directory_lists_what_is_in_it),
	};

	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
