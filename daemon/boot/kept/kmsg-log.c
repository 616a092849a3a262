/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log of this boot, kept in a file: each record ends with a NUL byte. */
#include "daemon/boot/kept/kmsg-log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/cleanup.h"

#define RECORD_MAX 8192 /* PRINTK_MESSAGE_MAX and its dictionary */

/* The file's first bytes. */
struct header {
	char boot_id[40];
	uint64_t overwritten;
	uint64_t full;
};

struct gw_kmsg_log {
	int fd;
	struct header header;
	uint64_t size; /* of the file, whole records */
	uint64_t next; /* number of the next record to keep */
	char *kmsg_path;
	struct gw_kmsg *kmsg; /* NULL: not open (yet) */
};

static int kmsg_log_write_header(struct gw_kmsg_log *log)
{
	return pwrite(log->fd, &log->header, sizeof(log->header), 0) == sizeof(log->header) ? 0 : -EIO;
}

/* The number in PRIORITY,NUMBER,... */
static bool kmsg_log_record_number(const char *text, size_t size, uint64_t *ret)
{
	char start[64];

	snprintf(start, sizeof(start), "%.*s", (int)(size < sizeof(start) ? size : sizeof(start) - 1), text);
	return sscanf(start, "%*u,%" SCNu64 ",", ret) == 1;
}

/* ---- keeping --------------------------------------------------------------------------- */

static int kmsg_log_keep(struct gw_kmsg_log *log, const char *text, size_t size)
{
	char record[RECORD_MAX + 1];

	if (log->size + size + 1 > GW_KMSG_LOG_MAX) {
		log->header.full = 1;
		return kmsg_log_write_header(log);
	}
	memcpy(record, text, size);
	record[size] = '\0';
	if (pwrite(log->fd, record, size + 1, (off_t)log->size) != (ssize_t)size + 1)
		return -EIO;
	log->size += size + 1;
	return 0;
}

static int kmsg_log_on_record(const char *text, size_t size, void *userdata)
{
	struct gw_kmsg_log *log = userdata;
	uint64_t number;
	int r = 0;

	if (size > RECORD_MAX || log->header.full || !kmsg_log_record_number(text, size, &number) || number < log->next)
		return 0;
	if (number > log->next) {
		log->header.overwritten += number - log->next;
		r = kmsg_log_write_header(log);
	}
	log->next = number + 1;
	return r < 0 ? r : kmsg_log_keep(log, text, size);
}

int gw_kmsg_log_update(struct gw_kmsg_log *log)
{
	int r = 0;

	if (log->header.full)
		return 0;
	if (!log->kmsg)
		r = gw_kmsg_open(&log->kmsg, log->kmsg_path);
	return r < 0 ? r : gw_kmsg_read(log->kmsg, kmsg_log_on_record, log);
}

/* ---- giving ------------------------------------------------------------------------------- */

/* Calls @record for each record of the file. @end: set to where the last whole one ends. */
static int kmsg_log_each(const struct gw_kmsg_log *log, gw_kmsg_record record, void *userdata, uint64_t *end)
{
	off_t size = lseek(log->fd, 0, SEEK_END);
	size_t at = sizeof(struct header);
	int r = 0;
	char *map;

	*end = at;
	if (size <= (off_t)at)
		return 0;
	map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, log->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	while (r >= 0 && at < (size_t)size) {
		const char *nul = memchr(map + at, '\0', (size_t)size - at);

		if (!nul)
			break;
		r = record(map + at, (size_t)(nul - map) - at, userdata);
		at = *end = (uint64_t)(nul - map) + 1;
	}
	munmap(map, (size_t)size);
	return r < 0 ? r : 0;
}

int gw_kmsg_log_each(const struct gw_kmsg_log *log, gw_kmsg_record record, void *userdata)
{
	uint64_t end;

	return kmsg_log_each(log, record, userdata, &end);
}

void gw_kmsg_log_info(const struct gw_kmsg_log *log, struct gw_kmsg_log_info *ret)
{
	*ret = (struct gw_kmsg_log_info){ .overwritten = log->header.overwritten, .full = log->header.full };
}

/* ---- life ------------------------------------------------------------------------------------ */

static int kmsg_log_see_number(const char *text, size_t size, void *userdata)
{
	struct gw_kmsg_log *log = userdata;
	uint64_t number;

	if (kmsg_log_record_number(text, size, &number))
		log->next = number + 1;
	return 0;
}

/* A record that its writer was killed over is read again. */
static int kmsg_log_resume(struct gw_kmsg_log *log)
{
	int r = kmsg_log_each(log, kmsg_log_see_number, log, &log->size);

	if (r >= 0 && ftruncate(log->fd, (off_t)log->size) < 0)
		r = -errno;
	return r;
}

static int kmsg_log_begin(struct gw_kmsg_log *log, const char *boot_id)
{
	if (ftruncate(log->fd, 0) < 0)
		return -errno;
	log->header = (struct header){ 0 };
	strncpy(log->header.boot_id, boot_id, sizeof(log->header.boot_id) - 1);
	log->size = sizeof(log->header);
	return kmsg_log_write_header(log);
}

int gw_kmsg_log_open(struct gw_kmsg_log **ret, const char *path, const char *boot_id, const char *kmsg)
{
	struct gw_kmsg_log *log = calloc(1, sizeof(*log));
	int r = 0;

	if (!log)
		return -ENOMEM;
	log->kmsg_path = kmsg ? strdup(kmsg) : NULL;
	log->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log->fd < 0)
		r = -errno;
	else if (pread(log->fd, &log->header, sizeof(log->header), 0) == sizeof(log->header) &&
		 strncmp(log->header.boot_id, boot_id, sizeof(log->header.boot_id)) == 0)
		r = kmsg_log_resume(log);
	else
		r = kmsg_log_begin(log, boot_id);
	if (r < 0 || (kmsg && !log->kmsg_path)) {
		gw_kmsg_log_close(log);
		return r < 0 ? r : -ENOMEM;
	}
	*ret = log;
	return 0;
}

void gw_kmsg_log_close(struct gw_kmsg_log *log)
{
	if (!log)
		return;
	gw_kmsg_close(log->kmsg);
	if (log->fd >= 0)
		close(log->fd);
	free(log->kmsg_path);
	free(log);
}
