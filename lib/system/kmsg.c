/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel log, record by record. */
#include "lib/system/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* PRINTKRB_RECORD_MAX of the kernel is smaller; a record that does not fit gives EINVAL, and the kernel skips it. */
#define RECORD_SIZE 16384

struct gw_kmsg {
	int fd;
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

int gw_kmsg_read(struct gw_kmsg *kmsg, gw_kmsg_record record, void *userdata)
{
	for (unsigned int i = 0; i < GW_KMSG_MAX; i++) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record));
		int r;

		if (n == 0 || (n < 0 && errno == EAGAIN))
			return 0;
		/* EPIPE: the record that was to come has been written over. */
		if (n < 0 && (errno == EINVAL || errno == EPIPE || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		r = record(kmsg->record, (size_t)n, userdata);
		if (r < 0)
			return r;
	}
	return 1;
}
