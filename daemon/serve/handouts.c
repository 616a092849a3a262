/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files in memory that clients were given. */
#include "daemon/serve/handouts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/log.h"

static bool handout_is(const struct gw_handout *handout, int memfd)
{
	struct stat left, right;

	return handout->since_usec && fstat(handout->fd, &left) == 0 && fstat(memfd, &right) == 0 &&
	       left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

/* The one of this file, a free one, or the oldest. */
static struct gw_handout *handouts_place(struct gw_handouts *handouts, int memfd)
{
	struct gw_handout *place = &handouts->list[0];

	for (size_t i = 0; i < GW_HANDOUTS_MAX; i++) {
		struct gw_handout *handout = &handouts->list[i];

		if (handout_is(handout, memfd))
			return handout;
		if (handout->since_usec < place->since_usec)
			place = handout;
	}
	return place;
}

/* Whoever still has it open has an empty file. */
static void handout_take_back(struct gw_handout *handout)
{
	if (!handout->since_usec)
		return;
	if (ftruncate(handout->fd, 0) < 0)
		log_warning("A file that a client was given cannot be emptied: %s", strerror(errno));
	close(handout->fd);
	*handout = (struct gw_handout){ 0 };
}

int gw_handouts_give(struct gw_handouts *handouts, int memfd, uint64_t now_usec)
{
	struct gw_handout *place = handouts_place(handouts, memfd);
	_cleanup_close_ int kept = -1;
	char path[32];
	int fd;

	if (!handout_is(place, memfd)) {
		if (place->since_usec && now_usec - place->since_usec < GW_HANDOUT_USEC)
			return -EBUSY;
		kept = fcntl(memfd, F_DUPFD_CLOEXEC, 3);
		if (kept < 0)
			return -errno;
		handout_take_back(place);
		*place = (struct gw_handout){ .fd = gw_steal_fd(&kept), .since_usec = now_usec };
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void gw_handouts_deinit(struct gw_handouts *handouts)
{
	for (size_t i = 0; i < GW_HANDOUTS_MAX; i++)
		if (handouts->list[i].since_usec)
			close(handouts->list[i].fd);
	*handouts = (struct gw_handouts){ 0 };
}
