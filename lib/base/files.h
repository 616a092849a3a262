/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files, links and directories of the kernel's file systems, by directory file descriptor. */
#ifndef GPUWATCH_LIB_BASE_FILES_H
#define GPUWATCH_LIB_BASE_FILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/base/cleanup.h"

/*
 * gw_file_read - bytes of a file, as many as fit
 *
 * Does not wait for FIFOs and devices. Returns the number of bytes, or -errno.
 */
ssize_t gw_file_read(int directory, const char *path, void *ret, size_t size);

/* The same as text: terminated, without the newlines at its end. Returns its length, or -errno. */
ssize_t gw_file_text(int directory, const char *path, char *ret, size_t size);

/* A whole file, malloc()ed, terminated behind @size. Returns 0, -EFBIG if it has more than @most bytes, or -errno. */
int gw_file_whole(int directory, const char *path, size_t most, char **ret, size_t *size);

/* The same from where an open one, a pipe or a terminal is read next. */
int gw_fd_whole(int fd, size_t most, char **ret, size_t *size);

/* All bytes, however often write() has to be called. Returns 0 or -errno, with any part of them written. */
int gw_fd_write(int fd, const void *data, size_t size);

/* Where a link points to. Returns its length, or -errno (-ENAMETOOLONG if it does not fit). */
ssize_t gw_link_read(int directory, const char *path, char *ret, size_t size);

/* The last part of where it points to, the same way. */
ssize_t gw_link_name(int directory, const char *path, char *ret, size_t size);

bool gw_path_exists(int directory, const char *path);

/* O_PATH is enough for *at(). Returns a file descriptor or -errno. */
int gw_directory_open(int directory, const char *path);

/* A stream of its entries, NULL with errno set. */
DIR *gw_directory_list(int directory, const char *path);

/* The next entry that is not "." or "..", or NULL. */
struct dirent *gw_directory_next(DIR *stream);

#endif
