/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a kernel log comes from: a file, packed or not, or standard input. */
#ifndef GPUWATCH_CLI_LOG_SOURCE_H
#define GPUWATCH_CLI_LOG_SOURCE_H

#include <stddef.h>

/* Bytes of a log that are read at most, for which explain takes up to 5 s; and of one that is packed, of which a few bytes make as many. */
#define LOG_LIMIT ((size_t)128 << 20)
#define LOG_UNPACKED_LIMIT ((size_t)64 << 20)

/*
 * log_source_file - the text of a file ("-" = standard input), unpacked if it is gzip, xz or zstd
 *
 * Returns 0 and a buffer owned by the caller, or the exit code after a line on stderr.
 */
int log_source_file(const char *path, char **ret, size_t *size);

/* The same of whatever is in the file: at most @limit bytes, packed, and unpacked, too. */
int log_source_bytes(const char *path, size_t limit, char **ret, size_t *size);

#endif
