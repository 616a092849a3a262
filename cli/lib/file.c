/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files in and out. */
#include "cli/lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"
#include "lib/base/files.h"

int file_read_fd(int fd, size_t limit, char **ret, size_t *size)
{
	lseek(fd, 0, SEEK_SET);
	return gw_fd_whole(fd, limit, ret, size);
}

static bool file_is_standard(const char *path)
{
	return strcmp(path, "-") == 0;
}

static int file_read_path(const char *path, size_t limit, char **ret, size_t *size)
{
	int fd, r;

	if (file_is_standard(path))
		return file_read_fd(STDIN_FILENO, limit, ret, size);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	r = file_read_fd(fd, limit, ret, size);
	close(fd);
	return r;
}

int file_reject(const char *path, const char *why)
{
	complain("%s: %s", file_is_standard(path) ? "standard input" : path, why);
	return EXIT_FILE;
}

int file_read(const char *path, size_t limit, char **ret, size_t *size)
{
	int r = file_read_path(path, limit, ret, size);

	if (r == -ENOMEM)
		out_of_memory();
	if (r == -EFBIG)
		complain("cannot read %s: it is too large, over %zu MiB: give a part of it",
			 file_is_standard(path) ? "standard input" : path, limit >> 20);
	else if (r < 0)
		complain("cannot read %s: %s", file_is_standard(path) ? "standard input" : path, strerror(-r));
	return r < 0 ? EXIT_FILE : EXIT_NOTHING;
}

/* link() fails where the name is taken, rename() replaces it. */
static int file_put_in_place(const char *temporary, const char *path, bool replace)
{
	int r = replace ? rename(temporary, path) : link(temporary, path);

	/* Not every file system has hard links (vfat, some FUSE). */
	if (r < 0 && !replace && (errno == EPERM || errno == EOPNOTSUPP) && access(path, F_OK) < 0)
		r = rename(temporary, path);
	return r < 0 ? -errno : 0;
}

static int file_open_up(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0666 & ~mask) < 0 ? -errno : 0;
}

/* @fd: of mkostemp(), which nobody else may read. */
static int file_write_temporary(int fd, bool private, const void *data, size_t size)
{
	int r = gw_fd_write(fd, data, size);

	if (r == 0 && !private)
		r = file_open_up(fd);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	return r;
}

/* What is there and is no plain file (a device, a pipe) is written to, not replaced. */
static int file_write_through(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY), r;

	if (fd < 0)
		return -errno;
	r = gw_fd_write(fd, data, size);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static bool file_is_there(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode));
}

static int file_write_path(const char *path, bool replace, bool private, const void *data, size_t size)
{
	_cleanup_free_ char *temporary = NULL;
	struct stat status;
	int fd, r;

	if (file_is_standard(path))
		return gw_fd_write(STDOUT_FILENO, data, size);
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return S_ISDIR(status.st_mode) ? -EISDIR : file_write_through(path, data, size);
	if (!replace && file_is_there(path))
		return -EEXIST;
	temporary = text_format("%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = file_write_temporary(fd, private, data, size);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		r = file_put_in_place(temporary, path, replace);
	unlink(temporary); /* its second name; gone already after a rename */
	return r;
}

static int file_refuse(const char *path)
{
	complain("%s is there already: --force replaces it", path);
	return EXIT_FILE;
}

int file_check_free(const char *path, bool replace)
{
	return replace || file_is_standard(path) || !file_is_there(path) ? EXIT_NOTHING : file_refuse(path);
}

static int file_write_any(const char *path, bool replace, bool private, const void *data, size_t size)
{
	int r = file_write_path(path, replace, private, data, size);

	if (r == -EEXIST)
		return file_refuse(path);
	if (r < 0)
		complain("cannot write %s: %s", file_is_standard(path) ? "standard output" : path, strerror(-r));
	return r < 0 ? EXIT_FILE : EXIT_NOTHING;
}

int file_write(const char *path, bool replace, const void *data, size_t size)
{
	return file_write_any(path, replace, true, data, size);
}

int file_write_public(const char *path, bool replace, const void *data, size_t size)
{
	return file_write_any(path, replace, false, data, size);
}
