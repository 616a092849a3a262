/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private socket: D-Bus peer to peer. */
#include "private-socket.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <systemd/sd-id128.h>

#include "cleanup.h"
#include "log.h"

#define PEERS_MAX 32
#define GROUPS_MAX 1024

struct gw_private_socket {
	struct sockaddr_un address;
	int fd;
	sd_event *event;
	sd_event_source *source;
	struct gw_bus_api *api;
	sd_bus *peers[PEERS_MAX]; /* NULL = free */
};

/* ---- who may ------------------------------------------------------------------------------ */

static bool in_group(int fd, gid_t gid)
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

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		return false;
	if (peer.uid == 0 || peer.uid == geteuid() || peer.gid == getegid() || in_group(fd, getegid()))
		return true;
	log_notice("Refused process %d of user %u on the private socket: not root, and not of the daemon's group.",
		   (int)peer.pid, (unsigned)peer.uid);
	return false;
}

/* ---- peers --------------------------------------------------------------------------------- */

static void drop_peer(struct gw_private_socket *server, sd_bus **peer)
{
	gw_bus_api_detach(server->api, *peer);
	*peer = sd_bus_close_unref(*peer);
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_private_socket *server = userdata;
	sd_bus *bus = sd_bus_message_get_bus(message);

	for (size_t i = 0; i < PEERS_MAX; i++)
		if (server->peers[i] == bus)
			drop_peer(server, &server->peers[i]);
	return 0;
}

/* Takes @fd over. */
static int start_peer(struct gw_private_socket *server, sd_bus *bus, int fd)
{
	sd_id128_t id;
	int r;

	r = sd_bus_set_fd(bus, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_set_server(bus, true, id);
	if (r >= 0)
		r = sd_bus_set_description(bus, "private");
	if (r >= 0)
		r = sd_bus_negotiate_fds(bus, true);
	if (r >= 0) /* there is no bus to say who sends */
		r = sd_bus_set_sender(bus, GW_BUS_NAME);
	if (r >= 0)
		r = sd_bus_match_signal_async(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
					      "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL,
					      server);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus, server->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static int add_peer(struct gw_private_socket *server, sd_bus **peer, int fd)
{
	int r;

	r = sd_bus_new(peer);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = start_peer(server, *peer, fd);
	if (r >= 0)
		r = gw_bus_api_attach(server->api, *peer);
	if (r < 0)
		drop_peer(server, peer);
	return r;
}

static sd_bus **free_place(struct gw_private_socket *server)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (!server->peers[i])
			return &server->peers[i];
	return NULL;
}

static int on_connection(sd_event_source *source, int listening, uint32_t revents, void *userdata)
{
	_cleanup_close_ int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct gw_private_socket *server = userdata;
	sd_bus **place = free_place(server);
	int r;

	if (fd < 0 || !may_ask(fd))
		return 0;
	if (!place) {
		log_warning("Refused a connection to the private socket: there are %d already.", PEERS_MAX);
		return 0;
	}
	r = add_peer(server, place, gw_steal_fd(&fd));
	if (r < 0)
		log_warning("Serving a connection to the private socket failed: %s", strerror(-r));
	return 0;
}

/* ---- the path -------------------------------------------------------------------------------- */

/* Returns -EADDRINUSE when somebody listens there, 0 when the path is free (now). */
static int clear_path(const struct sockaddr_un *address)
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

static int bind_path(int fd, const struct sockaddr_un *address)
{
	mode_t mask = umask(0117); /* the socket is 0660 from its first moment */
	int r;

	r = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	umask(mask);
	return r;
}

/* The unit has a RuntimeDirectory=; without systemd the directory is made here. */
static void make_parent(const char *path)
{
	char copy[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

	snprintf(copy, sizeof(copy), "%s", path);
	mkdir(dirname(copy), 0755);
}

static int open_path(struct gw_private_socket *server)
{
	int r;

	make_parent(server->address.sun_path);
	r = clear_path(&server->address);
	if (r < 0)
		return r;
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return -errno;
	r = bind_path(server->fd, &server->address);
	if (r < 0) {
		close(gw_steal_fd(&server->fd)); /* the path is not ours to remove */
		return r;
	}
	return listen(server->fd, SOMAXCONN) < 0 ? -errno : 0;
}

static void explain(int error, const char *path, char *message, size_t size)
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
		r = open_path(server);
	}
	if (r < 0) {
		explain(r, path, message, size);
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
	return sd_event_add_io(event, &server->source, server->fd, EPOLLIN, on_connection, server);
}

void gw_private_socket_free(struct gw_private_socket *server)
{
	if (!server)
		return;
	sd_event_source_disable_unref(server->source);
	for (size_t i = 0; i < PEERS_MAX; i++)
		if (server->peers[i])
			drop_peer(server, &server->peers[i]);
	sd_event_unref(server->event);
	if (server->fd >= 0) {
		unlink(server->address.sun_path);
		close(server->fd);
	}
	free(server);
}
