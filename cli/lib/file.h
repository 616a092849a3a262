/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole files in and out: bounded reading, writing that leaves the old file or the new one, never half. */
#ifndef GPUWATCH_CLI_LIB_FILE_H
#define GPUWATCH_CLI_LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * file_read - read a whole file ("-" = standard input)
 * @limit: more bytes than this are refused with -EFBIG
 *
 * Returns 0 and a NUL-terminated buffer owned by the caller, or -errno.
 */
int file_read(const char *path, size_t limit, char **ret, size_t *size);

/* The same from a file descriptor, from its beginning if it can be rewound. */
int file_read_fd(int fd, size_t limit, char **ret, size_t *size);

/* Whether a plain file of this name would be replaced. */
bool file_is_there(const char *path);

/*
 * file_write - write a whole file ("-" = standard output)
 * @replace: false gives -EEXIST when there is such a file
 *
 * Written beside it under a temporary name, synced, then renamed. Returns 0 or -errno.
 */
int file_write(const char *path, bool replace, const void *data, size_t size);

#endif
