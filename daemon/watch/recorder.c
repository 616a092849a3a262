/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The recorder: a queue of the last analysed snapshots' bytes, packed, and the recording made of them. */
#include "daemon/watch/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <lz4.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/analysis/record/recording.h"
#include "lib/base/cleanup.h"
#include "lib/base/files.h"

#define KEEP_LEAST 4   /* two to prove a loop, and two to see its end */
#define KEEP_MOST 1024 /* slots */

struct kept {
	void *data;
	size_t size;	/* of data */
	size_t records; /* bytes of the snapshot's records; the same if they are not packed */
};

struct gw_recorder {
	size_t limit;
	size_t bytes;
	size_t first; /* of the ring */
	size_t count;
	struct kept ring[KEEP_MOST];
};

static void recorder_drop_oldest(struct gw_recorder *recorder)
{
	struct kept *kept = &recorder->ring[recorder->first];

	recorder->bytes -= kept->size;
	free(kept->data);
	recorder->first = (recorder->first + 1) % KEEP_MOST;
	recorder->count--;
}

static void recorder_shrink(struct gw_recorder *recorder)
{
	while (recorder->count > KEEP_LEAST && recorder->bytes > recorder->limit)
		recorder_drop_oldest(recorder);
}

/* What does not get smaller by half, or cannot be packed for want of memory, is kept as it is. */
static struct kept recorder_pack(void *data, size_t size, size_t skip)
{
	struct kept kept = { .data = data, .size = size - skip, .records = size - skip };
	int room = (int)(kept.records / 2), packed = 0;
	char *smaller = kept.records < LZ4_MAX_INPUT_SIZE ? malloc((size_t)room + 1) : NULL;
	void *fitting;

	if (smaller)
		packed = LZ4_compress_default((const char *)data + skip, smaller, (int)kept.records, room);
	if (packed <= 0) {
		free(smaller);
		memmove(data, (const char *)data + skip, kept.records);
		return kept;
	}
	free(data);
	fitting = realloc(smaller, (size_t)packed);
	kept.data = fitting ? fitting : smaller;
	kept.size = (size_t)packed;
	return kept;
}

void gw_recorder_add(struct gw_recorder *recorder, void *data, size_t size, size_t skip)
{
	struct kept kept = recorder_pack(data, size, skip);

	if (recorder->count == KEEP_MOST)
		recorder_drop_oldest(recorder);
	recorder->ring[(recorder->first + recorder->count++) % KEEP_MOST] = kept;
	recorder->bytes += kept.size;
	recorder_shrink(recorder);
}

void gw_recorder_set_limit(struct gw_recorder *recorder, size_t limit)
{
	recorder->limit = limit;
	recorder_shrink(recorder);
}

size_t gw_recorder_count(const struct gw_recorder *recorder)
{
	return recorder->count;
}

/* ---- the recording ------------------------------------------------------------------------ */

static int recorder_write_records(int fd, struct gw_recording_writer *writer, const void *records, size_t size)
{
	int r = gw_recording_add(writer, records, size);

	return r < 0 ? r : gw_fd_write(fd, records, size);
}

static int recorder_write_kept(int fd, struct gw_recording_writer *writer, const struct kept *kept)
{
	_cleanup_free_ char *records = NULL;

	if (kept->size == kept->records)
		return recorder_write_records(fd, writer, kept->data, kept->size);
	records = malloc(kept->records);
	if (!records)
		return -ENOMEM;
	if (LZ4_decompress_safe(kept->data, records, (int)kept->size, (int)kept->records) != (int)kept->records)
		return -EIO;
	return recorder_write_records(fd, writer, records, kept->records);
}

/* The oldest of the last ones that fit into a recording which can be read; it has the last one in any case. */
static size_t recorder_first_written(const struct gw_recorder *recorder, size_t host_size)
{
	size_t size = sizeof(struct gw_recording_header) + host_size + sizeof(struct gw_end_record);
	size_t i = recorder->count;

	while (i > 0) {
		size += recorder->ring[(recorder->first + i - 1) % KEEP_MOST].records;
		if (size > GW_RECORDING_MOST && i < recorder->count)
			break;
		i--;
	}
	return i;
}

static int recorder_write_all(int fd, const struct gw_recorder *recorder, const struct gw_host_record *host)
{
	struct gw_recording_header header;
	struct gw_recording_writer writer;
	struct gw_end_record end;
	int r;

	gw_recording_begin(&writer, &header);
	r = gw_fd_write(fd, &header, sizeof(header));
	if (r >= 0)
		r = recorder_write_records(fd, &writer, host, host->header.size);
	for (size_t i = recorder_first_written(recorder, host->header.size); r >= 0 && i < recorder->count; i++)
		r = recorder_write_kept(fd, &writer, &recorder->ring[(recorder->first + i) % KEEP_MOST]);
	if (r < 0)
		return r;
	gw_recording_end(&writer, &end);
	return gw_fd_write(fd, &end, sizeof(end));
}

int gw_recorder_write(const struct gw_recorder *recorder, const struct gw_host_record *host)
{
	_cleanup_close_ int fd = memfd_create("gpuwatch-recording", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = recorder_write_all(fd, recorder, host);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return gw_steal_fd(&fd);
}

/* ---- life ----------------------------------------------------------------------------------- */

int gw_recorder_new(struct gw_recorder **ret, size_t limit)
{
	struct gw_recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return -ENOMEM;
	recorder->limit = limit;
	*ret = recorder;
	return 0;
}

void gw_recorder_free(struct gw_recorder *recorder)
{
	if (!recorder)
		return;
	while (recorder->count > 0)
		recorder_drop_oldest(recorder);
	free(recorder);
}
