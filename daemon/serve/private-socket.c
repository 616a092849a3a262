/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private socket: D-Bus peer to peer. */
#include "daemon/serve/private-socket.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/memory.h"
#include "daemon/serve/peer.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#define PEERS_MAX 32
#define PEERS_OF_USERS_MAX 24 /* root always finds a place */
#define PEERS_OF_USER_MAX 8
#define CALLS_OF_PEER_MAX 4  /* that wait for their answer */
#define BEHIND_OF_USER_MAX 2 /* connections of one user whose answers lie unread: memory of the daemon */
#define GROUPS_MAX 1024
#define ACCEPTED_MAX                                                                                                   \
	64 /* at once: whoever connects as often as it can does not keep the others in the queue for long */
#define TICK_USEC (5 * GW_USEC_PER_SEC)
#define IDLE_USEC (300 * GW_USEC_PER_SEC) /* longer than any answer takes */
#define COMPLAINT_USEC (60 * GW_USEC_PER_SEC)

struct gw_private_socket {
	struct sockaddr_un address;
	int fd;
	struct stat bound; /* our socket: a successor's may be at the path later */
	sd_event *event;
	sd_event_source *connections;
	sd_event_source *round; /* after each round of the loop */
	sd_event_source *tick;	/* while there are peers */
	struct gw_bus_api *api;
	const struct gw_memory *memory;
	struct gw_peer *peers[PEERS_MAX]; /* NULL = free */
	uint64_t complained_usec;	  /* last line in the log about somebody who was refused; 0 = none yet */
};

static uint64_t socket_now_usec(void)
{
	return gw_now_mono_ns() / GW_NSEC_PER_USEC;
}

/* ---- who may ------------------------------------------------------------------------------ */

/* One line a minute: who is refused may try as often as it likes. */
_printf_(2, 3) static void socket_complain(struct gw_private_socket *server, const char *format, ...)
{
	uint64_t now = socket_now_usec();
	va_list arguments;
	char line[256];

	if (server->complained_usec && now - server->complained_usec < COMPLAINT_USEC)
		return;
	server->complained_usec = now;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	log_notice("%s", line);
}

static bool socket_in_group(int fd, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return false;
	for (size_t i = 0; i < size / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool socket_peer_may_ask(struct gw_private_socket *server, int fd, struct ucred *peer)
{
	socklen_t size = sizeof(*peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &size) < 0)
		return false;
	if (peer->uid == 0 || peer->uid == geteuid() || peer->gid == getegid() || socket_in_group(fd, getegid()))
		return true;
	socket_complain(server,
			"Refused process %d of user %u on the private socket: not root, and not of the daemon's group.",
			(int)peer->pid, (unsigned)peer->uid);
	return false;
}

/* ---- peers --------------------------------------------------------------------------------- */

/* Those of this user; @behind: only those that leave answers unread. */
static unsigned int socket_count(const struct gw_private_socket *server, uid_t uid, bool behind)
{
	unsigned int count = 0;

	for (size_t i = 0; i < PEERS_MAX; i++)
		if (server->peers[i] && gw_peer_uid(server->peers[i]) == uid)
			count += !behind || gw_peer_is_behind(server->peers[i]);
	return count;
}

static unsigned int socket_count_all(const struct gw_private_socket *server)
{
	unsigned int count = 0;

	for (size_t i = 0; i < PEERS_MAX; i++)
		count += server->peers[i] != NULL;
	return count;
}

/* What was allocated for it goes back to the system, as far as it lies at the heap's end. */
static void socket_drop_peer(const struct gw_private_socket *server, struct gw_peer **place)
{
	gw_peer_free(*place);
	*place = NULL;
	gw_memory_give_back(server->memory);
}

/* Whether this user has as many connections as it may, and whether all users together have. */
static bool socket_user_is_full(const struct gw_private_socket *server, uid_t uid)
{
	return uid != 0 && socket_count(server, uid, false) >= PEERS_OF_USER_MAX;
}

static bool socket_is_full(const struct gw_private_socket *server, uid_t uid)
{
	return uid != 0 && socket_count_all(server) - socket_count(server, 0, false) >= PEERS_OF_USERS_MAX;
}

/* The one that has asked nothing for the longest time, if that is long; of one user, or of all but root. */
static struct gw_peer **socket_idlest(struct gw_private_socket *server, const uid_t *uid)
{
	uint64_t now = socket_now_usec(), longest = IDLE_USEC;
	struct gw_peer **idlest = NULL;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct gw_peer *peer = server->peers[i];

		if (!peer || (uid ? gw_peer_uid(peer) != *uid : gw_peer_uid(peer) == 0) ||
		    gw_peer_idle_usec(peer, now) < longest)
			continue;
		longest = gw_peer_idle_usec(peer, now);
		idlest = &server->peers[i];
	}
	return idlest;
}

/* Who only listens may stay, until somebody else needs its place. */
static void socket_make_room(struct gw_private_socket *server, uid_t uid)
{
	bool user = socket_user_is_full(server, uid);
	struct gw_peer **idlest =
		user || socket_is_full(server, uid) ? socket_idlest(server, user ? &uid : NULL) : NULL;

	if (!idlest)
		return;
	socket_complain(
		server,
		"Closed a connection of user %u to the private socket: it is idle, and another one needs its place.",
		(unsigned)gw_peer_uid(*idlest));
	socket_drop_peer(server, idlest);
}

static struct gw_peer **socket_free_place(struct gw_private_socket *server, uid_t uid)
{
	socket_make_room(server, uid);
	if (socket_user_is_full(server, uid) || socket_is_full(server, uid))
		return NULL;
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (!server->peers[i])
			return &server->peers[i];
	return NULL;
}

static void socket_drop_those_over(struct gw_private_socket *server)
{
	uint64_t now = socket_now_usec();
	const char *why;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (!server->peers[i] || !gw_peer_is_over(server->peers[i], now, &why))
			continue;
		if (why)
			socket_complain(server, "Closed a connection of user %u to the private socket: %s.",
					(unsigned)gw_peer_uid(server->peers[i]), why);
		socket_drop_peer(server, &server->peers[i]);
	}
}

/* Nothing is freed or passed on from inside of a handler of a bus. */
static int socket_on_round(sd_event_source *source, void *userdata)
{
	struct gw_private_socket *server = userdata;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct gw_peer *peer = server->peers[i];
		uid_t uid = peer ? gw_peer_uid(peer) : 0;

		if (peer)
			gw_peer_go_on(peer, uid == 0 || socket_count(server, uid, true) < BEHIND_OF_USER_MAX);
	}
	socket_drop_those_over(server);
	return 0;
}

/* The round that follows does it. */
static int socket_on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_private_socket *server = userdata;

	if (socket_count_all(server) == 0)
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return sd_event_source_set_time_relative(source, TICK_USEC);
}

static int socket_start_tick(struct gw_private_socket *server)
{
	int enabled;

	if (sd_event_source_get_enabled(server->tick, &enabled) > 0)
		return 0;
	sd_event_source_set_time_relative(server->tick, TICK_USEC);
	return sd_event_source_set_enabled(server->tick, SD_EVENT_ON);
}

/* Takes the connection over, or refuses it. */
static void socket_admit(struct gw_private_socket *server, int connection)
{
	_cleanup_close_ int fd = connection;
	struct gw_peer **place;
	struct ucred peer;
	int r;

	if (!socket_peer_may_ask(server, fd, &peer))
		return;
	place = socket_free_place(server, peer.uid);
	if (!place) {
		socket_complain(server, "Refused a connection of user %u to the private socket: there are %u already.",
				(unsigned)peer.uid, socket_count_all(server));
		return;
	}
	r = gw_peer_new(place, server->event, server->api, gw_steal_fd(&fd), peer.uid, CALLS_OF_PEER_MAX);
	if (r < 0)
		log_warning("Serving a connection to the private socket failed: %s", strerror(-r));
	else
		socket_start_tick(server);
}

static int socket_on_connection(sd_event_source *source, int listening, uint32_t revents, void *userdata)
{
	struct gw_private_socket *server = userdata;
	int fd = 0;

	for (unsigned int i = 0; i < ACCEPTED_MAX && fd >= 0; i++) {
		fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			socket_admit(server, fd);
	}
	return 0;
}

/* ---- the path -------------------------------------------------------------------------------- */

/*
 * Whether the daemon that listens there still lives: one that hangs in the kernel cannot be killed and keeps its socket, but
 * answers nothing. Any answer to the authentication will do.
 */
static bool socket_owner_answers(int fd, int patience_msec)
{
	static const char hello[] = "\0AUTH EXTERNAL\r\nDATA\r\n";
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	int r;

	if (send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) < 0)
		return errno != EPIPE && errno != ECONNRESET;
	do
		r = poll(&answer, 1, patience_msec);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

static int socket_take_over(int fd, const char *path)
{
	struct ucred owner = { 0 };
	socklen_t size = sizeof(owner);

	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &size);
	log_warning("The gpuwatchd of process %d does not answer on %s: taking it over.", (int)owner.pid, path);
	return unlink(path) < 0 ? -errno : 0;
}

/* Returns -EADDRINUSE when somebody listens there, 0 when the path is free (now). */
static int socket_clear_path(const struct sockaddr_un *address, int patience_msec)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) >= 0)
		return socket_owner_answers(fd, patience_msec) ? -EADDRINUSE : socket_take_over(fd, address->sun_path);
	if (errno == EAGAIN) /* so many wait for its answer already */
		return socket_take_over(fd, address->sun_path);
	if (errno != ECONNREFUSED)
		return -errno;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static int socket_bind_path(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0117); /* the socket is 0660 from its first moment */
	int r;

	r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	umask(mask);
	return r;
}

/* The unit has a RuntimeDirectory=; without systemd the directory is made here. */
static void socket_make_parent(const char *path)
{
	char copy[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	snprintf(copy, sizeof(copy), "%s", path);
	mkdir(dirname(copy), 0755);
}

static int socket_open_path(struct gw_private_socket *server, int patience_msec)
{
	int r;

	socket_make_parent(server->address.sun_path);
	r = socket_clear_path(&server->address, patience_msec);
	if (r < 0)
		return r;
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return -errno;
	r = socket_bind_path(server->fd, &server->address);
	if (r >= 0 && lstat(server->address.sun_path, &server->bound) < 0)
		r = -errno;
	if (r < 0) {
		close(gw_steal_fd(&server->fd)); /* the path is not ours to remove */
		return r;
	}
	return listen(server->fd, SOMAXCONN) < 0 ? -errno : 0;
}

static void socket_explain_error(int error, const char *path, char *message, size_t size)
{
	if (error == -EADDRINUSE)
		snprintf(message, size, "%s is served by another gpuwatchd: stop that one first", path);
	else if (error == -EEXIST)
		snprintf(message, size, "%s exists and is not a socket: remove it, or give --private-socket=", path);
	else
		snprintf(message, size, "Listening on %s failed: %s", path, strerror(-error));
}

/* ---- life -------------------------------------------------------------------------------------- */

int gw_private_socket_new(struct gw_private_socket **ret, const char *path, int patience_msec, char *message,
			  size_t size)
{
	struct gw_private_socket *server = calloc(1, sizeof(*server));
	int r;

	if (!server) {
		snprintf(message, size, "Out of memory");
		return -ENOMEM;
	}
	server->fd = -1;
	server->address.sun_family = AF_UNIX;
	r = strlen(path) < sizeof(server->address.sun_path) ? 0 : -ENAMETOOLONG;
	if (r >= 0) {
		strcpy(server->address.sun_path, path);
		r = socket_open_path(server, patience_msec);
	}
	if (r < 0) {
		socket_explain_error(r, path, message, size);
		gw_private_socket_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

int gw_private_socket_serve(struct gw_private_socket *server, sd_event *event, struct gw_bus_api *api,
			    const struct gw_memory *memory)
{
	int r;

	server->event = sd_event_ref(event);
	server->api = api;
	server->memory = memory;
	r = sd_event_add_post(event, &server->round, socket_on_round, server);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &server->tick, CLOCK_MONOTONIC, TICK_USEC, TICK_USEC / 2,
					       socket_on_tick, server);
	if (r >= 0)
		r = sd_event_source_set_enabled(server->tick, SD_EVENT_OFF);
	return r < 0 ? r
		     : sd_event_add_io(event, &server->connections, server->fd, EPOLLIN, socket_on_connection, server);
}

static void socket_remove_path(const struct gw_private_socket *server)
{
	struct stat st;

	if (lstat(server->address.sun_path, &st) == 0 && st.st_dev == server->bound.st_dev &&
	    st.st_ino == server->bound.st_ino)
		unlink(server->address.sun_path);
}

void gw_private_socket_free(struct gw_private_socket *server)
{
	if (!server)
		return;
	sd_event_source_disable_unref(server->connections);
	sd_event_source_disable_unref(server->round);
	sd_event_source_disable_unref(server->tick);
	for (size_t i = 0; i < PEERS_MAX; i++)
		gw_peer_free(server->peers[i]);
	sd_event_unref(server->event);
	if (server->fd >= 0) {
		socket_remove_path(server);
		close(server->fd);
	}
	free(server);
}
