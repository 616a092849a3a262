/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of 512 bytes, contents filled up to as much, two empty blocks at the end; then zlib. */
#include "cli/bundle/archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cli/lib/error.h"
#include "lib/base/array.h"

#define BLOCK 512
#define GZIP_WINDOW (15 + 16) /* zlib's: the largest, with gzip's header */

/* POSIX.1-1988, ustar. */
struct archive_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], padding[12];
};
_Static_assert(sizeof(struct archive_header) == BLOCK, "a header is a block");

static void archive_append(struct archive *archive, const void *data, size_t size)
{
	if (gw_array_reserve(archive->data, archive->size, archive->allocated, size) < 0)
		out_of_memory();
	memcpy(archive->data + archive->size, data, size);
	archive->size += size;
}

static void archive_fill(struct archive *archive, size_t size)
{
	static const char zeros[2 * BLOCK];

	archive_append(archive, zeros, size);
}

/* The sum is over the header with blanks in the sum's place. */
static void archive_sum(struct archive_header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	snprintf(header->checksum, sizeof(header->checksum), "%06o", sum & 0777777);
}

void archive_add(struct archive *archive, const char *name, uint64_t time, const void *data, size_t size)
{
	struct archive_header header = { .type = '0', .magic = "ustar", .version = { '0', '0' } };

	snprintf(header.name, sizeof(header.name), "%s", name);
	snprintf(header.mode, sizeof(header.mode), "%07o", 0644);
	snprintf(header.uid, sizeof(header.uid), "%07o", 0);
	snprintf(header.gid, sizeof(header.gid), "%07o", 0);
	snprintf(header.size, sizeof(header.size), "%011" PRIo64, (uint64_t)size & 077777777777);
	snprintf(header.mtime, sizeof(header.mtime), "%011" PRIo64, time & 077777777777);
	archive_sum(&header);
	archive_append(archive, &header, sizeof(header));
	archive_append(archive, data, size);
	archive_fill(archive, (BLOCK - size % BLOCK) % BLOCK);
}

unsigned char *archive_pack(struct archive *archive, size_t *size)
{
	z_stream stream = { .zalloc = Z_NULL };
	unsigned char *packed;
	uLong most;

	archive_fill(archive, 2 * BLOCK);
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		out_of_memory();
	most = deflateBound(&stream, archive->size);
	packed = malloc(most);
	if (!packed)
		out_of_memory();
	stream.next_in = archive->data;
	stream.avail_in = (uInt)archive->size;
	stream.next_out = packed;
	stream.avail_out = (uInt)most;
	/* All at once, into as much as it can need. */
	deflate(&stream, Z_FINISH);
	*size = stream.total_out;
	deflateEnd(&stream);
	return packed;
}

void archive_clear(struct archive *archive)
{
	free(archive->data);
	archive->data = NULL;
}
