/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a command was given: bounded reading, and writing that leaves
 * the old file or the new one, never half. One that cannot be used is reported
 * in one line on stderr, and is EXIT_FILE.
 */
#ifndef GPUWATCH_CLI_LIB_FILE_H
#define GPUWATCH_CLI_LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * file_read - read a whole file ("-" = standard input)
 * @limit: more bytes than this are refused
 *
 * Returns EXIT_NOTHING and a NUL-terminated buffer owned by the caller, or EXIT_FILE.
 */
int file_read(const char *path, size_t limit, char **ret, size_t *size);

/* The same from a file descriptor, from its beginning if it can be rewound. Returns 0 or -errno, and prints nothing. */
int file_read_fd(int fd, size_t limit, char **ret, size_t *size);

/* A file that could be read and not understood: prints why, and returns EXIT_FILE. */
int file_reject(const char *path, const char *why);

/*
 * Before the work begins: EXIT_FILE when there is such a file and it must not be
 * replaced. @replace: --force was given.
 */
int file_check_free(const char *path, bool replace);

/*
 * file_write - write a whole file ("-" = standard output)
 * @replace: false refuses when there is such a file
 *
 * Written beside it under a temporary name, synced, then renamed. Only its owner may read it: recordings and evidence have
 * addresses of the kernel, and what its log says. Returns EXIT_NOTHING or EXIT_FILE.
 */
int file_write(const char *path, bool replace, const void *data, size_t size);

/* The same with what the umask leaves, for what shows neither. */
int file_write_public(const char *path, bool replace, const void *data, size_t size);

#endif
