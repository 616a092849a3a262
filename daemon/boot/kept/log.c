/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of boot events: a file to which records are appended. */
#include "daemon/boot/kept/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"

#define MAGIC "gwboot1"
#define BATCH 64 /* records read at a time */

/* The file's first bytes; all else is records. */
struct header {
	char magic[8];
	uint32_t layout; /* GW_BOOT_LAYOUT_VERSION */
	uint32_t record_size;
	char boot_id[40];
	uint64_t dropped;
	uint64_t left_out;
	uint64_t first_ns;
	uint64_t started_ns; /* when recording began for the last time */
	uint64_t interrupted_ns;
};

struct gw_boot_log {
	int fd;
	struct header header;
	uint64_t records;
	uint64_t next;
	uint64_t last; /* number of the last record, if there is one */
};

static int boot_log_write_header(struct gw_boot_log *log)
{
	ssize_t n = pwrite(log->fd, &log->header, sizeof(log->header), 0);

	return n == sizeof(log->header) ? 0 : n < 0 ? -errno : -EIO;
}

static off_t boot_log_offset_of(uint64_t record)
{
	return (off_t)(sizeof(struct header) + record * sizeof(struct gw_boot_record));
}

static int boot_log_see_number(const struct gw_boot_record *record, void *userdata)
{
	struct gw_boot_log *log = userdata;

	log->last = record->sequence;
	if (record->sequence >= log->next)
		log->next = record->sequence + 1;
	return 0;
}

static bool boot_log_is_ours(const struct header *header, const char *boot_id)
{
	return memcmp(header->magic, MAGIC, sizeof(MAGIC)) == 0 && header->layout == GW_BOOT_LAYOUT_VERSION &&
	       header->record_size == sizeof(struct gw_boot_record) &&
	       strncmp(header->boot_id, boot_id, sizeof(header->boot_id)) == 0;
}

static int boot_log_begin(struct gw_boot_log *log, const char *boot_id)
{
	if (ftruncate(log->fd, 0) < 0)
		return -errno;
	log->header = (struct header){
		.magic = MAGIC,
		.layout = GW_BOOT_LAYOUT_VERSION,
		.record_size = sizeof(struct gw_boot_record),
	};
	strncpy(log->header.boot_id, boot_id, sizeof(log->header.boot_id) - 1);
	return boot_log_write_header(log);
}

static uint64_t boot_log_records(const struct stat *st)
{
	return ((uint64_t)st->st_size - sizeof(struct header)) / sizeof(struct gw_boot_record);
}

/* The last record may be half there, if its writer was killed; then it is still in the ring buffer. */
static int boot_log_resume(struct gw_boot_log *log)
{
	struct stat st;

	if (fstat(log->fd, &st) < 0)
		return -errno;
	log->records = boot_log_records(&st);
	if (ftruncate(log->fd, boot_log_offset_of(log->records)) < 0)
		return -errno;
	return gw_boot_log_each(log, boot_log_see_number, log);
}

int gw_boot_log_open(struct gw_boot_log **ret, const char *path, const char *boot_id)
{
	struct gw_boot_log *log = calloc(1, sizeof(*log));
	int r;

	if (!log)
		return -ENOMEM;
	log->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = log->fd < 0 || flock(log->fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (r >= 0 && pread(log->fd, &log->header, sizeof(log->header), 0) == sizeof(log->header) &&
	    boot_log_is_ours(&log->header, boot_id))
		r = boot_log_resume(log);
	else if (r >= 0)
		r = boot_log_begin(log, boot_id);
	if (r < 0) {
		gw_boot_log_close(log);
		return r;
	}
	*ret = log;
	return 0;
}

void gw_boot_log_close(struct gw_boot_log *log)
{
	if (!log)
		return;
	if (log->fd >= 0)
		close(log->fd);
	free(log);
}

int gw_boot_log_open_copy(struct gw_boot_log **ret, const char *path, const char *boot_id)
{
	struct gw_boot_log *log = calloc(1, sizeof(*log));
	struct stat st;
	int r = 0;

	if (!log)
		return -ENOMEM;
	log->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (log->fd < 0 || fstat(log->fd, &st) < 0)
		r = -errno;
	else if (pread(log->fd, &log->header, sizeof(log->header), 0) != sizeof(log->header) ||
		 !boot_log_is_ours(&log->header, boot_id))
		r = -ESTALE;
	else
		log->records = boot_log_records(&st);
	if (r < 0) {
		gw_boot_log_close(log);
		return r;
	}
	*ret = log;
	return 0;
}

int gw_boot_log_add(struct gw_boot_log *log, const struct gw_boot_record *record)
{
	ssize_t n;

	/* Killed between writing it here and taking it out of the ring buffer. */
	if (log->records > 0 && record->sequence == log->last)
		return 0;
	if (record->sequence >= log->next)
		log->next = record->sequence + 1;
	if (log->records == GW_BOOT_LOG_MAX) {
		log->header.left_out++;
		return boot_log_write_header(log);
	}
	n = pwrite(log->fd, record, sizeof(*record), boot_log_offset_of(log->records));
	if (n != sizeof(*record)) {
		log->header.left_out++;
		return n < 0 ? -errno : -ENOSPC;
	}
	log->records++;
	log->last = record->sequence;
	return 1;
}

int gw_boot_log_set_started(struct gw_boot_log *log, uint64_t started_ns)
{
	if (log->header.started_ns == started_ns)
		return 0;
	if (log->header.started_ns)
		log->header.interrupted_ns = started_ns;
	else
		log->header.first_ns = started_ns;
	log->header.started_ns = started_ns;
	return boot_log_write_header(log);
}

int gw_boot_log_add_dropped(struct gw_boot_log *log, uint64_t dropped)
{
	log->header.dropped += dropped;
	return dropped ? boot_log_write_header(log) : 0;
}

void gw_boot_log_info(const struct gw_boot_log *log, struct gw_boot_log_info *ret)
{
	*ret = (struct gw_boot_log_info){
		.records = log->records,
		.next = log->next,
		.dropped = log->header.dropped,
		.left_out = log->header.left_out,
		.first_ns = log->header.first_ns,
		.interrupted_ns = log->header.interrupted_ns,
	};
}

int gw_boot_log_each(const struct gw_boot_log *log, gw_boot_log_visit visit, void *userdata)
{
	struct gw_boot_record batch[BATCH];
	int r = 0;

	for (uint64_t done = 0; r >= 0 && done < log->records;) {
		size_t wanted = log->records - done < BATCH ? (size_t)(log->records - done) : BATCH;
		ssize_t n = pread(log->fd, batch, wanted * sizeof(*batch), boot_log_offset_of(done));

		if (n < (ssize_t)sizeof(*batch))
			return n < 0 ? -errno : -EIO;
		for (size_t i = 0; r >= 0 && i < (size_t)n / sizeof(*batch); i++)
			r = visit(&batch[i], userdata);
		done += (size_t)n / sizeof(*batch);
	}
	return r < 0 ? r : 0;
}
