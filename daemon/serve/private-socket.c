/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private socket: D-Bus peer to peer. */
#include "daemon/serve/private-socket.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <systemd/sd-id128.h>

#include "lib/base/bus-names.h"
#include "lib/base/cleanup.h"
#include "lib/base/log.h"

#define PEERS_MAX 32
#define GROUPS_MAX 1024

struct peer {
	struct gw_private_socket *server;
	sd_bus *bus; /* NULL = free */
	sd_event_source *kick;
};

struct gw_private_socket {
	struct sockaddr_un address;
	int fd;
	sd_event *event;
	sd_event_source *source;
	struct gw_bus_api *api;
	struct peer peers[PEERS_MAX];
};

/* ---- who may ------------------------------------------------------------------------------ */

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

static bool socket_peer_may_ask(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid() || socket_in_group(fd, getegid()))
		return true;
	log_notice("Refused process %d of user %u on the private socket: not root, and not of the daemon's group.",
		   (int)peer.pid, (unsigned)peer.uid);
	return false;
}

/* ---- peers --------------------------------------------------------------------------------- */

static void peer_drop(struct peer *peer)
{
	gw_bus_api_detach(peer->server->api, peer->bus);
	peer->kick = sd_event_source_disable_unref(peer->kick);
	peer->bus = sd_bus_close_unref(peer->bus);
}

static int peer_on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	peer_drop(userdata);
	return 0;
}

static int peer_on_kick(sd_event_source *source, void *userdata)
{
	struct peer *peer = userdata;

	while (peer->bus && sd_bus_process(peer->bus, NULL) > 0)
		;
	return 0;
}

/*
 * A client may send its first call in one piece with the end of the
 * authentication (libdbus does). sd-bus has read it then, but waits for more to
 * read before it looks at it: have it look once.
 */
static int peer_on_authenticated(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct peer *peer = userdata;

	sd_event_source_set_enabled(peer->kick, SD_EVENT_ONESHOT);
	return 0;
}

/* Clients made for a bus (busctl, gdbus) first ask it for a name of their own. */
static int peer_on_hello(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(call, "s", ":0.1");
}

static const sd_bus_vtable bus_vtable[] = {
	SD_BUS_VTABLE_START(SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Hello", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", unique_name), peer_on_hello,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int peer_match_local(struct peer *peer, const char *member, sd_bus_message_handler_t handler)
{
	return sd_bus_match_signal_async(peer->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
					 "org.freedesktop.DBus.Local", member, handler, NULL, peer);
}

static int peer_configure(struct peer *peer)
{
	sd_id128_t id;
	int r;

	r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_set_server(peer->bus, true, id);
	if (r >= 0)
		r = sd_bus_set_description(peer->bus, "private");
	if (r >= 0)
		r = sd_bus_negotiate_fds(peer->bus, true);
	if (r >= 0) /* there is no bus to say who sends */
		r = sd_bus_set_sender(peer->bus, GW_BUS_NAME);
	if (r >= 0)
		r = sd_bus_set_connected_signal(peer->bus, true);
	return r;
}

static int peer_start(struct peer *peer, sd_event *event)
{
	int r;

	r = peer_configure(peer);
	if (r >= 0)
		r = peer_match_local(peer, "Connected", peer_on_authenticated);
	if (r >= 0)
		r = peer_match_local(peer, "Disconnected", peer_on_disconnected);
	if (r >= 0)
		r = sd_bus_add_object_vtable(peer->bus, NULL, "/org/freedesktop/DBus", "org.freedesktop.DBus",
					     bus_vtable, peer);
	if (r >= 0)
		r = gw_bus_api_attach(peer->server->api, peer->bus);
	if (r >= 0)
		r = sd_event_add_defer(event, &peer->kick, peer_on_kick, peer);
	if (r >= 0)
		r = sd_event_source_set_enabled(peer->kick, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_bus_start(peer->bus);
	if (r >= 0)
		r = sd_bus_attach_event(peer->bus, event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

/* Takes @fd over. */
static int peer_add(struct peer *peer, sd_event *event, int fd)
{
	int r;

	r = sd_bus_new(&peer->bus);
	if (r >= 0)
		r = sd_bus_set_fd(peer->bus, fd, fd);
	if (r < 0)
		close(fd);
	else
		r = peer_start(peer, event);
	if (r < 0)
		peer_drop(peer);
	return r;
}

static struct peer *socket_free_place(struct gw_private_socket *server)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (!server->peers[i].bus) {
			server->peers[i].server = server;
			return &server->peers[i];
		}
	return NULL;
}

static int socket_on_connection(sd_event_source *source, int listening, uint32_t revents, void *userdata)
{
	_cleanup_close_ int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct gw_private_socket *server = userdata;
	struct peer *place = socket_free_place(server);
	int r;

	if (fd < 0 || !socket_peer_may_ask(fd))
		return 0;
	if (!place) {
		log_warning("Refused a connection to the private socket: there are %d already.", PEERS_MAX);
		return 0;
	}
	r = peer_add(place, server->event, gw_steal_fd(&fd));
	if (r < 0)
		log_warning("Serving a connection to the private socket failed: %s", strerror(-r));
	return 0;
}

/* ---- the path -------------------------------------------------------------------------------- */

/* Returns -EADDRINUSE when somebody listens there, 0 when the path is free (now). */
static int socket_clear_path(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) >= 0 || errno == EAGAIN)
		return -EADDRINUSE;
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

static int socket_open_path(struct gw_private_socket *server)
{
	int r;

	socket_make_parent(server->address.sun_path);
	r = socket_clear_path(&server->address);
	if (r < 0)
		return r;
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return -errno;
	r = socket_bind_path(server->fd, &server->address);
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

int gw_private_socket_new(struct gw_private_socket **ret, const char *path, char *message, size_t size)
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
		r = socket_open_path(server);
	}
	if (r < 0) {
		socket_explain_error(r, path, message, size);
		gw_private_socket_free(server);
		return r;
	}
	*ret = server;
	return 0;
}

int gw_private_socket_serve(struct gw_private_socket *server, sd_event *event, struct gw_bus_api *api)
{
	server->event = sd_event_ref(event);
	server->api = api;
	return sd_event_add_io(event, &server->source, server->fd, EPOLLIN, socket_on_connection, server);
}

void gw_private_socket_free(struct gw_private_socket *server)
{
	if (!server)
		return;
	sd_event_source_disable_unref(server->source);
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (server->peers[i].bus)
			peer_drop(&server->peers[i]);
	sd_event_unref(server->event);
	if (server->fd >= 0) {
		unlink(server->address.sun_path);
		close(server->fd);
	}
	free(server);
}
