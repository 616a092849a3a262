/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files, links and directories of the kernel's file systems, by directory file descriptor. */
#include "lib/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/array.h"

#define FILE_FIRST 4096 /* bytes that are read at first */

static ssize_t read_all(int fd, char *ret, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, ret + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t gw_file_read(int directory, const char *path, void *ret, size_t size)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? -errno : read_all(fd, ret, size);
}

ssize_t gw_file_text(int directory, const char *path, char *ret, size_t size)
{
	ssize_t length = gw_file_read(directory, path, ret, size - 1);

	if (length < 0)
		return length;
	while (length > 0 && (ret[length - 1] == '\n' || ret[length - 1] == '\0'))
		length--;
	ret[length] = '\0';
	return length;
}

int gw_fd_whole(int fd, size_t most, char **ret, size_t *size)
{
	_cleanup_free_ char *text = NULL;
	size_t room = 0, got = 0;
	ssize_t n;

	do {
		if (gw_array_reserve(text, got, room, got < FILE_FIRST ? FILE_FIRST : 2) < 0)
			return -ENOMEM;
		n = read_all(fd, text + got, room - got - 1);
		if (n < 0)
			return (int)n;
		got += (size_t)n;
		if (got > most)
			return -EFBIG;
	} while (got == room - 1);
	text[got] = '\0';
	*ret = gw_steal(text);
	*size = got;
	return 0;
}

int gw_file_whole(int directory, const char *path, size_t most, char **ret, size_t *size)
{
	_cleanup_close_ int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? -errno : gw_fd_whole(fd, most, ret, size);
}

int gw_fd_write(int fd, const void *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data = (const char *)data + n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t gw_link_read(int directory, const char *path, char *ret, size_t size)
{
	ssize_t length = readlinkat(directory, path, ret, size);

	if (length < 0)
		return -errno;
	if ((size_t)length >= size)
		return -ENAMETOOLONG;
	ret[length] = '\0';
	return length;
}

ssize_t gw_link_name(int directory, const char *path, char *ret, size_t size)
{
	char target[PATH_MAX];
	ssize_t length = gw_link_read(directory, path, target, sizeof(target));
	const char *slash, *name;

	if (length < 0)
		return length;
	slash = strrchr(target, '/');
	name = slash ? slash + 1 : target;
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	strcpy(ret, name);
	return (ssize_t)strlen(name);
}

bool gw_path_exists(int directory, const char *path)
{
	struct stat st;

	return fstatat(directory, path, &st, 0) == 0;
}

int gw_directory_open(int directory, const char *path)
{
	int fd = openat(directory, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

DIR *gw_directory_list(int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

struct dirent *gw_directory_next(DIR *stream)
{
	struct dirent *entry;

	do
		entry = readdir(stream);
	while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry;
}
