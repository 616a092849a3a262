/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A peer of the private socket. */
#include "daemon/serve/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-id128.h>

#include "daemon/serve/intake.h"
#include "lib/base/bus-names.h"
#include "lib/base/cleanup.h"
#include "lib/base/clock.h"

#define AUTHENTICATION_USEC (10 * GW_USEC_PER_SEC)
#define UNREAD_USEC (30 * GW_USEC_PER_SEC)

/*
 * sd-bus makes room for a message as soon as it has read how long it is, up to
 * 128 MiB. So it does not read from the connection, but from a pair of sockets
 * through which comes what gw_intake_next() lets pass. It writes to the connection
 * itself, as only so it can send files.
 */
struct gw_peer {
	struct gw_bus_api *api;
	sd_bus *bus;
	uid_t uid;
	int socket; /* the connection */
	int feed;   /* our end of the pair */
	sd_event_source *readable;
	struct gw_intake intake;
	char data[GW_INTAKE_MAX]; /* not passed on yet */
	size_t size;
	bool authenticated; /* for sd-bus, too */
	bool gone;
	int error;	      /* rule that it broke, see gw_intake_next(); 0 = none */
	uint64_t since_usec;  /* it is connected */
	uint64_t asked_usec;  /* it last sent something */
	uint64_t unread_usec; /* since when it has not read all; 0 = it has */
};

/* ---- what sd-bus says of it ----------------------------------------------------------------- */

static int peer_on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_peer *peer = userdata;

	peer->gone = true;
	return 0;
}

static int peer_on_authenticated(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_peer *peer = userdata;

	peer->authenticated = true;
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

/* ---- from the connection to sd-bus ----------------------------------------------------------- */

/* sd-bus has taken what it was given, and the peer what sd-bus had for it. */
static bool peer_is_served(const struct gw_peer *peer)
{
	uint64_t unread = 0, unsent = 0;
	int waiting = 0;

	return ioctl(peer->feed, SIOCOUTQ, &waiting) == 0 && waiting == 0 &&
	       sd_bus_get_n_queued_read(peer->bus, &unread) >= 0 && unread == 0 &&
	       sd_bus_get_n_queued_write(peer->bus, &unsent) >= 0 && unsent == 0;
}

/* What passes is less than a socket always has room for. */
static void peer_pass(struct gw_peer *peer)
{
	long size = gw_intake_next(&peer->intake, peer->data, peer->size);

	if (size > 0 && send(peer->feed, peer->data, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) != size)
		size = -EPROTO;
	if (size < 0) {
		peer->error = (int)size;
		return;
	}
	if (size > 0)
		peer->asked_usec = gw_now_mono_ns() / GW_NSEC_PER_USEC;
	peer->size -= (size_t)size;
	memmove(peer->data, peer->data + size, peer->size);
}

/* Files that it sends along are dropped. */
static int peer_on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct gw_peer *peer = userdata;
	ssize_t size = read(fd, peer->data + peer->size, sizeof(peer->data) - peer->size);

	if (size > 0)
		peer->size += (size_t)size;
	else if (size == 0 || (errno != EAGAIN && errno != EINTR))
		peer->gone = true;
	if (peer->gone || peer->size == sizeof(peer->data))
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
	return 0;
}

void gw_peer_go_on(struct gw_peer *peer, bool may_call)
{
	bool waits_for_bus = peer->intake.running && !peer->authenticated;

	if (peer->gone || peer->error)
		return;
	if (peer->size && may_call && !waits_for_bus && peer_is_served(peer))
		peer_pass(peer);
	if (peer->size < sizeof(peer->data))
		sd_event_source_set_enabled(peer->readable, SD_EVENT_ON);
}

/* ---- asking --------------------------------------------------------------------------------- */

uint64_t gw_peer_idle_usec(const struct gw_peer *peer, uint64_t now_usec)
{
	return now_usec > peer->asked_usec ? now_usec - peer->asked_usec : 0;
}

uid_t gw_peer_uid(const struct gw_peer *peer)
{
	return peer->uid;
}

bool gw_peer_is_behind(const struct gw_peer *peer)
{
	uint64_t unsent;

	return sd_bus_get_n_queued_write(peer->bus, &unsent) >= 0 && unsent > 0;
}

bool gw_peer_is_over(struct gw_peer *peer, uint64_t now_usec, const char **why)
{
	if (!gw_peer_is_behind(peer))
		peer->unread_usec = 0;
	else if (!peer->unread_usec)
		peer->unread_usec = now_usec;
	*why = NULL;
	if (peer->error)
		*why = peer->error == -EMSGSIZE ? "a message is longer than any call" : "it does not speak D-Bus";
	else if (!peer->authenticated && now_usec - peer->since_usec > AUTHENTICATION_USEC)
		*why = "it does not authenticate";
	else if (peer->unread_usec && now_usec - peer->unread_usec > UNREAD_USEC)
		*why = "it does not read its answers";
	return peer->gone || *why;
}

/* ---- life ----------------------------------------------------------------------------------- */

static int peer_match_local(struct gw_peer *peer, const char *member, sd_bus_message_handler_t handler)
{
	return sd_bus_match_signal_async(peer->bus, NULL, NULL, "/org/freedesktop/DBus/Local",
					 "org.freedesktop.DBus.Local", member, handler, NULL, peer);
}

/* Anonymous: who it is has been asked already, and the pair of sockets would not tell. */
static int peer_configure(struct gw_peer *peer)
{
	sd_id128_t id;
	int r;

	r = sd_id128_randomize(&id);
	if (r >= 0)
		r = sd_bus_set_server(peer->bus, true, id);
	if (r >= 0)
		r = sd_bus_set_anonymous(peer->bus, true);
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

static int peer_start(struct gw_peer *peer, sd_event *event, unsigned int pending_max)
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
		r = gw_bus_api_attach(peer->api, peer->bus, pending_max);
	if (r >= 0)
		r = sd_event_add_io(event, &peer->readable, peer->socket, EPOLLIN, peer_on_readable, peer);
	if (r >= 0)
		r = sd_bus_start(peer->bus);
	if (r >= 0)
		r = sd_bus_attach_event(peer->bus, event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static int peer_open_bus(struct gw_peer *peer)
{
	_cleanup_close_ int inner = -1, output = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	peer->feed = pair[0];
	inner = pair[1];
	output = fcntl(peer->socket, F_DUPFD_CLOEXEC, 3);
	if (output < 0)
		return -errno;
	r = sd_bus_new(&peer->bus);
	if (r >= 0)
		r = sd_bus_set_fd(peer->bus, inner, output);
	if (r < 0)
		return r;
	gw_steal_fd(&inner);
	gw_steal_fd(&output);
	return 0;
}

int gw_peer_new(struct gw_peer **ret, sd_event *event, struct gw_bus_api *api, int fd, uid_t uid,
		unsigned int pending_max)
{
	struct gw_peer *peer = calloc(1, sizeof(*peer));
	int r;

	if (!peer) {
		close(fd);
		return -ENOMEM;
	}
	peer->api = api;
	peer->socket = fd;
	peer->uid = uid;
	peer->feed = -1;
	peer->since_usec = peer->asked_usec = gw_now_mono_ns() / GW_NSEC_PER_USEC;
	r = peer_open_bus(peer);
	if (r >= 0)
		r = peer_start(peer, event, pending_max);
	if (r < 0) {
		gw_peer_free(peer);
		return r;
	}
	*ret = peer;
	return 0;
}

void gw_peer_free(struct gw_peer *peer)
{
	if (!peer)
		return;
	sd_event_source_disable_unref(peer->readable);
	if (peer->bus) {
		gw_bus_api_detach(peer->api, peer->bus);
		sd_bus_close_unref(peer->bus);
	}
	if (peer->feed >= 0)
		close(peer->feed);
	close(peer->socket);
	free(peer);
}
