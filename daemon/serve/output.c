/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines on standard output, for --standalone. */
#include "daemon/serve/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/log.h"

#define WAITING_MOST (4U << 20) /* bytes */

struct gw_output {
	int fd;
	sd_event_source *writable; /* NULL: a file, which always is; else enabled while something waits */
	char *data;
	size_t size, room;
	bool broken; /* nobody will ever read it */
	uint64_t lost;
};

static bool output_is_writable(const struct gw_output *output)
{
	struct pollfd fd = { .fd = output->fd, .events = POLLOUT };

	return poll(&fd, 1, 0) > 0;
}

/* A pipe that can be written to takes PIPE_BUF bytes without waiting. */
static void output_flush(struct gw_output *output)
{
	size_t done = 0;

	while (done < output->size && !output->broken && output_is_writable(output)) {
		size_t part = output->size - done < PIPE_BUF ? output->size - done : PIPE_BUF;
		ssize_t written = write(output->fd, output->data + done, part);

		if (written < 0 && errno != EINTR && errno != EAGAIN)
			output->broken = true;
		if (written < 0 && errno == EAGAIN)
			break;
		done += written > 0 ? (size_t)written : 0;
	}
	output->size -= done;
	memmove(output->data, output->data + done, output->size);
	if (output->broken)
		output->size = 0;
	if (output->writable)
		sd_event_source_set_enabled(output->writable, output->size ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int output_on_writable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	output_flush(userdata);
	return 0;
}

void gw_output_line(struct gw_output *output, const char *line)
{
	size_t length = strlen(line);

	if (output->broken || length + 1 > WAITING_MOST - output->size ||
	    gw_array_reserve(output->data, output->size, output->room, length + 1) < 0) {
		if (output->lost++ == 0)
			log_warning("Standard output is not read: reports are missing there from now on.");
		return;
	}
	memcpy(output->data + output->size, line, length);
	output->data[output->size + length] = '\n';
	output->size += length + 1;
	output_flush(output);
}

uint64_t gw_output_lost(const struct gw_output *output)
{
	return output->lost;
}

int gw_output_new(struct gw_output **ret, sd_event *event, int fd)
{
	struct gw_output *output = calloc(1, sizeof(*output));
	int r;

	if (!output)
		return -ENOMEM;
	output->fd = fd;
	r = sd_event_add_io(event, &output->writable, fd, EPOLLOUT, output_on_writable, output);
	if (r >= 0)
		r = sd_event_source_set_enabled(output->writable, SD_EVENT_OFF);
	if (r < 0 && r != -EPERM && r != -EBADF) { /* a file; closed */
		gw_output_free(output);
		return r;
	}
	output->broken = r == -EBADF;
	*ret = output;
	return 0;
}

void gw_output_free(struct gw_output *output)
{
	if (!output)
		return;
	output_flush(output);
	sd_event_source_disable_unref(output->writable);
	free(output->data);
	free(output);
}
