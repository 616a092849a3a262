/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens perf events, or asks the opener for them. */
#include "daemon/perf/perf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/units.h"

#define PATIENCE_SEC 5
#define PAUSE_NS (60 * GW_NSEC_PER_SEC)

struct gw_perf {
	const char *socket;
	int connection;	   /* negative: none */
	uint64_t pause_ns; /* CLOCK_MONOTONIC: until then the opener is not asked */
};

int gw_perf_new(struct gw_perf **ret, const char *socket)
{
	struct gw_perf *perf = calloc(1, sizeof(*perf));

	if (!perf)
		return -ENOMEM;
	perf->socket = socket;
	perf->connection = -1;
	*ret = perf;
	return 0;
}

static void perf_disconnect(struct gw_perf *perf)
{
	if (perf->connection >= 0)
		close(perf->connection);
	perf->connection = -1;
}

void gw_perf_free(struct gw_perf *perf)
{
	if (!perf)
		return;
	perf_disconnect(perf);
	free(perf);
}

static int perf_connect(struct gw_perf *perf)
{
	const struct timeval patience = { .tv_sec = PATIENCE_SEC };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = -1;

	if (perf->connection >= 0)
		return 0;
	if (strlen(perf->socket) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, perf->socket);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	perf->connection = gw_steal_fd(&fd);
	return 0;
}

/* Returns the file descriptor or what the opener has to answer; -EBADMSG: it answered something else. */
static int perf_take(const struct msghdr *message, int error)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd;

	if (error < 0 || !header)
		return error < 0 ? error : -EBADMSG;
	if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* Returns 0 when the opener answered, with the answer in @ret; -EAGAIN: not in time; -ECONNRESET: it is gone; -errno. */
static int perf_exchange(const struct gw_perf *perf, const struct gw_perf_event *event, int *ret)
{
	int error = 0;
	struct iovec part = { &error, sizeof(error) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t size;

	if (send(perf->connection, event, sizeof(*event), MSG_NOSIGNAL) < 0)
		return errno == EPIPE ? -ECONNRESET : -errno;
	size = recvmsg(perf->connection, &message, MSG_CMSG_CLOEXEC);
	if (size != sizeof(error))
		return size < 0 ? -errno : -ECONNRESET;
	*ret = perf_take(&message, error);
	return 0;
}

static int perf_try(struct gw_perf *perf, const struct gw_perf_event *event, int *ret)
{
	int r = perf_connect(perf);

	if (r < 0)
		return r;
	r = perf_exchange(perf, event, ret);
	if (r < 0)
		perf_disconnect(perf);
	return r;
}

static int perf_ask(struct gw_perf *perf, const struct gw_perf_event *event)
{
	const bool kept = perf->connection >= 0;
	int answer, r;

	if (gw_now_mono_ns() < perf->pause_ns)
		return -EACCES;
	r = perf_try(perf, event, &answer);
	/* One that ended since the last time is started anew by whoever listens. */
	if (r == -ECONNRESET && kept)
		r = perf_try(perf, event, &answer);
	if (r >= 0)
		return answer;
	if (r == -EAGAIN)
		perf->pause_ns = gw_now_mono_ns() + PAUSE_NS;
	return -EACCES;
}

int gw_perf_open(struct gw_perf *perf, const struct gw_perf_event *event)
{
	int fd = gw_perf_event_open(event);

	return fd == -EACCES || fd == -EPERM ? perf_ask(perf, event) : fd;
}
