/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log, record by record. */
#include "lib/system/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

/* PRINTKRB_RECORD_MAX of the kernel is smaller; a record that does not fit is told by EINVAL and skipped by the kernel. */
#define RECORD_SIZE 16384

struct gw_kmsg {
	int fd;
	uint64_t expected; /* sequence number of the next record */
	struct gw_kmsg_seen seen;
	char record[RECORD_SIZE];
};

int gw_kmsg_open(struct gw_kmsg **ret, const char *path)
{
	struct gw_kmsg *kmsg = calloc(1, sizeof(*kmsg));

	if (!kmsg)
		return -ENOMEM;
	kmsg->fd = open(path ? path : "/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (kmsg->fd < 0) {
		int error = -errno;

		free(kmsg);
		return error;
	}
	*ret = kmsg;
	return 0;
}

void gw_kmsg_close(struct gw_kmsg *kmsg)
{
	if (!kmsg)
		return;
	close(kmsg->fd);
	free(kmsg);
}

int gw_kmsg_fd(const struct gw_kmsg *kmsg)
{
	return kmsg->fd;
}

const struct gw_kmsg_seen *gw_kmsg_seen(const struct gw_kmsg *kmsg)
{
	return &kmsg->seen;
}

/* The second number of "PRIORITY,SEQUENCE,..."; false if there is none. */
static bool parse_sequence(const char *text, size_t size, uint64_t *ret)
{
	const char *end = text + size, *s = memchr(text, ',', size);
	uint64_t value = 0;
	size_t digits = 0;

	for (s = s ? s + 1 : end; s < end && *s >= '0' && *s <= '9' && digits < 19; s++, digits++)
		value = value * 10 + (uint64_t)(*s - '0');
	*ret = value;
	return digits > 0 && s < end && *s == ',';
}

static void count(struct gw_kmsg *kmsg, size_t size)
{
	uint64_t sequence;

	if (parse_sequence(kmsg->record, size, &sequence)) {
		if (!kmsg->seen.records)
			kmsg->seen.first = sequence;
		if (sequence > kmsg->expected)
			kmsg->seen.overwritten += sequence - kmsg->expected;
		kmsg->seen.last = sequence;
		kmsg->expected = sequence + 1;
	}
	kmsg->seen.records++;
}

int gw_kmsg_read(struct gw_kmsg *kmsg, gw_kmsg_record record, void *userdata)
{
	for (unsigned int i = 0; i < GW_KMSG_MAX; i++) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record));
		int r;

		if (n == 0 || (n < 0 && errno == EAGAIN))
			return 0;
		if (n < 0 && errno == EINVAL) {
			kmsg->seen.too_long++;
			kmsg->expected++;
			continue;
		}
		/* EPIPE: the record that was to come has been written over; the gap in the numbers tells how many. */
		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		count(kmsg, (size_t)n);
		r = record(kmsg->record, (size_t)n, userdata);
		if (r < 0)
			return r;
	}
	return 1;
}
