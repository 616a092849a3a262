/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An archive of a few files in memory: tar (POSIX ustar), packed by gzip. The same files give the same bytes. */
#ifndef GPUWATCH_CLI_BUNDLE_ARCHIVE_H
#define GPUWATCH_CLI_BUNDLE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"

struct archive {
	unsigned char *data; /* malloc()ed, unpacked */
	size_t size, allocated;
};

/* @name: at most 99 bytes; @time: seconds since the epoch. Running out of memory ends the program. */
void archive_add(struct archive *archive, const char *name, uint64_t time, const void *data, size_t size);

/* Ends and packs it: malloc()ed, owned by the caller. */
unsigned char *archive_pack(struct archive *archive, size_t *size);

void archive_clear(struct archive *archive);
#define _cleanup_archive_ _cleanup_(archive_clear)

#endif
