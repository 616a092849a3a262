/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The opener of perf events: one message, one answer, until the daemon is gone. */
#include "daemon/perf/opener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/cleanup.h"

static int opener_open(const struct gw_perf_event *event, ssize_t size, gw_perf_allowed allowed)
{
	if (size != sizeof(*event) || !memchr(event->function, '\0', sizeof(event->function)))
		return -EBADMSG;
	return allowed(event) ? gw_perf_event_open(event) : -EPERM;
}

/* @fd: -errno: there is none. */
static int opener_answer(int connection, int fd)
{
	int error = fd < 0 ? fd : 0;
	struct iovec part = { &error, sizeof(error) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		};
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(connection, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int gw_perf_serve(int connection, gw_perf_allowed allowed)
{
	struct gw_perf_event event;
	ssize_t size;
	int r = 0;

	while (r >= 0 && (size = recv(connection, &event, sizeof(event), MSG_TRUNC)) > 0) {
		_cleanup_close_ int fd = opener_open(&event, size, allowed);

		r = opener_answer(connection, fd);
	}
	if (r < 0)
		return r == -EPIPE ? 0 : r;
	return size < 0 && errno != ECONNRESET ? -errno : 0;
}
