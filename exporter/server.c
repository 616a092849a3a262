/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP by libmicrohttpd: a thread for each connection, as an answer may have to wait for the daemon. */
#include "exporter/server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <microhttpd.h>

#include "exporter/answer.h"
#include "exporter/deadline.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define SOCKETS_MAX 8
#define IDLE_SEC 10U
#define HEADERS_MAX ((size_t)16 << 10) /* bytes of a connection's request, and of the answer's head */
#define STACK_SIZE ((size_t)256 << 10)

/* Pages have a style of their own, and a script for which the server vouches; nothing comes from elsewhere. */
#define POLICY                                                                                                         \
	"default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

struct gw_server {
	struct gw_source *source;
	struct gw_deadlines deadlines;
	struct MHD_Daemon *sockets[SOCKETS_MAX];
	size_t count;
};

static uint64_t server_now_usec(void)
{
	return gw_now_mono_ns() / GW_NSEC_PER_USEC;
}

/* ---- requests -------------------------------------------------------------------------- */

/* One request for each connection: whoever leaves it open keeps a place from others. */
static enum MHD_Result server_send(struct MHD_Connection *connection, struct gw_answer *answer)
{
	size_t size = answer->body ? strlen(answer->body) : 0;
	struct MHD_Response *response;
	enum MHD_Result result;

	response = MHD_create_response_from_buffer(size, answer->body, MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(answer->body);
		return MHD_NO;
	}
	if (answer->type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	if (*answer->etag)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, answer->etag);
	if (answer->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Content-Security-Policy", POLICY);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result server_on_request(void *userdata, struct MHD_Connection *connection, const char *path,
					 const char *method, const char *version, const char *upload,
					 size_t *upload_size, void **state)
{
	struct gw_server *server = userdata;
	struct gw_request request = { .path = path };
	struct gw_answer answer = { .status = MHD_HTTP_METHOD_NOT_ALLOWED };

	/* A body that nobody asked for is read and dropped, so that the answer arrives. */
	if (*upload_size > 0) {
		*upload_size = 0;
		return MHD_YES;
	}
	/* The first call has the head alone. */
	if (!*state) {
		*state = server;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) == 0 || strcmp(method, MHD_HTTP_METHOD_HEAD) == 0) {
		request.accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
		request.if_none_match =
			MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
		request.since = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "since");
		gw_answer_make(&answer, &request, server->source);
	}
	return server_send(connection, &answer);
}

static void server_on_connection(void *userdata, struct MHD_Connection *connection, void **state,
				 enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct gw_server *server = userdata;

	if (!info)
		return;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		gw_deadlines_add(&server->deadlines, info->connect_fd, server_now_usec());
	else
		gw_deadlines_remove(&server->deadlines, info->connect_fd);
}

/* ---- life -------------------------------------------------------------------------------- */

int gw_server_add(struct gw_server *server, int fd)
{
	struct MHD_Daemon *daemon = NULL;

	if (server->count < SOCKETS_MAX)
		daemon = MHD_start_daemon(
			MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC, 0,
			NULL, NULL, server_on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
			MHD_OPTION_CONNECTION_LIMIT, (unsigned int)GW_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
			IDLE_SEC, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX, MHD_OPTION_THREAD_STACK_SIZE,
			STACK_SIZE, MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, server, MHD_OPTION_END);
	if (!daemon) {
		close(fd);
		return -EIO;
	}
	server->sockets[server->count++] = daemon;
	return 0;
}

static int server_timeout_msec(uint64_t next_usec, uint64_t now_usec)
{
	if (next_usec == UINT64_MAX)
		return -1;
	return next_usec > now_usec ? (int)((next_usec - now_usec) / GW_USEC_PER_MSEC) + 1 : 0;
}

/* Sleeps for good while nobody is connected. */
int gw_server_run(struct gw_server *server)
{
	_cleanup_close_ int signals = -1;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return -errno;
	for (;;) {
		uint64_t now = server_now_usec(), next = gw_deadlines_enforce(&server->deadlines, now), woken;
		struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
					{ .fd = server->deadlines.wake_fd, .events = POLLIN } };

		if (poll(fds, 2, server_timeout_msec(next, now)) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			return 0;
		if (fds[1].revents && read(server->deadlines.wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
			return -errno;
	}
}

int gw_server_new(struct gw_server **ret, struct gw_source *source)
{
	struct gw_server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->source = source;
	r = gw_deadlines_init(&server->deadlines);
	if (r < 0) {
		free(server);
		return r;
	}
	*ret = server;
	return 0;
}

/* Waits for the answers that are being made: each has a limit of time. */
void gw_server_free(struct gw_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->count; i++)
		MHD_stop_daemon(server->sockets[i]);
	gw_deadlines_deinit(&server->deadlines);
	free(server);
}
