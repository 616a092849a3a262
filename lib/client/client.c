/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connecting to the daemon and calling it, each call with a time limit. */
#include "lib/client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/bus-names.h"
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "lib/client/method.h"
#include "lib/report/report.h"

/* How long to wait, in microseconds: */
#define BUS_TIME GW_USEC_PER_SEC	   /* for the system bus to answer whether the daemon is there */
#define SOCKET_TIME (10 * GW_USEC_PER_SEC) /* for the daemon to accept a connection: it may just have been started */
#define SUBSCRIBE_TIME (10 * GW_USEC_PER_SEC)

static uint64_t client_now_usec(void)
{
	return gw_now_mono_ns() / GW_NSEC_PER_USEC;
}

/* What is left of the whole limit, at most @usual. Never 0, which is no limit for sd-bus. */
static uint64_t client_limit(const struct gw_client *client, uint64_t usual)
{
	uint64_t now = client_now_usec();

	if (!client->deadline_usec)
		return usual;
	if (now >= client->deadline_usec)
		return 1;
	return client->deadline_usec - now < usual ? client->deadline_usec - now : usual;
}

/* sd_bus_call() would wait without limit for a bus that accepts and then sends nothing. */
static int client_wait_ready(sd_bus *bus, uint64_t deadline)
{
	for (;;) {
		uint64_t now = client_now_usec();
		int r = sd_bus_is_ready(bus);

		if (r != 0)
			return r < 0 ? r : 0;
		r = sd_bus_process(bus, NULL);
		if (r < 0)
			return r;
		if (r > 0)
			continue;
		if (now >= deadline)
			return -ETIMEDOUT;
		r = sd_bus_wait(bus, deadline - now);
		if (r < 0 && r != -EINTR)
			return r;
	}
}

/* -ENXIO: the bus is well and the daemon is not there. */
static int client_find_service(struct gw_client *client, sd_bus *bus)
{
	sd_bus_message *call = NULL, *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *name;
	int r;

	r = sd_bus_message_new_method_call(bus, &call, "org.freedesktop.DBus", "/org/freedesktop/DBus",
					   "org.freedesktop.DBus", "GetNameOwner");
	if (r >= 0)
		r = sd_bus_message_append(call, "s", GW_BUS_NAME);
	if (r >= 0)
		r = sd_bus_call(bus, call, client_limit(client, BUS_TIME), &error, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &name);
	if (r >= 0)
		snprintf(client->owner, sizeof(client->owner), "%s", name);
	if (r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_NAME_HAS_NO_OWNER))
		r = -ENXIO;
	sd_bus_error_free(&error);
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}

static int client_connect_bus(struct gw_client *client)
{
	sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	if (r >= 0)
		r = client_wait_ready(bus, client_now_usec() + client_limit(client, BUS_TIME));
	if (r >= 0)
		r = client_find_service(client, bus);
	if (r < 0) {
		sd_bus_close_unref(bus);
		return r;
	}
	client->bus = bus;
	return 0;
}

/* Own connect(), so that every path name works and every error is distinct. */
static int client_connect_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

static int client_connect_private(const struct gw_client *client, sd_bus **ret)
{
	sd_bus *bus = NULL;
	int fd = client_connect_socket(client->target.socket), r;

	if (fd < 0)
		return fd;
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_fd(bus, fd, fd);
	if (r < 0)
		close(fd); /* not yet the bus's */
	if (r >= 0)
		r = sd_bus_negotiate_fds(bus, true);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = client_wait_ready(bus, client_now_usec() + client_limit(client, SOCKET_TIME));
	if (r < 0) {
		sd_bus_close_unref(bus);
		return r == -ENOTCONN || r == -EPIPE ? -ECONNRESET : r;
	}
	*ret = bus;
	return 0;
}

static int client_connect(struct gw_client *client)
{
	struct gw_client_attempts tried = { 0 };

	if (client->target.route != GW_CLIENT_PRIVATE) {
		tried.bus = client_connect_bus(client);
		client->private = false;
		if (tried.bus == 0)
			return GW_CLIENT_OK;
	}
	if (client->target.route != GW_CLIENT_SYSTEM_BUS) {
		tried.private = client_connect_private(client, &client->bus);
		client->private = true;
		if (tried.private == 0)
			return GW_CLIENT_OK;
	}
	return gw_client_fail_attempts(&client->outcome, client->target.socket, &tried);
}

int gw_client_open(struct gw_client *client, const struct gw_client_target *target)
{
	*client = (struct gw_client){
		.target = *target,
		.deadline_usec = target->limit_usec ? client_now_usec() + target->limit_usec : 0,
	};
	return client_connect(client);
}

void gw_client_close(struct gw_client *client)
{
	client->bus = sd_bus_close_unref(client->bus);
}

/* The bus may know the daemon and yet forbid talking to it, where the private socket allows it. */
static bool client_switch_to_private(struct gw_client *client)
{
	sd_bus *bus = NULL;

	if (client->private || client->target.route != GW_CLIENT_ANY)
		return false;
	if (client_connect_private(client, &bus) < 0)
		return false;
	gw_client_close(client);
	client->bus = bus;
	client->private = true;
	return true;
}

static int client_fail_call(struct gw_client *client, int r, const char *method, const sd_bus_error *error)
{
	const char *name = error->name ? error->name : "", *text = error->message ? error->message : "";
	bool silent = strcmp(name, SD_BUS_ERROR_NO_REPLY) == 0 || r == -ETIMEDOUT;

	client->outcome.error = silent ? -ETIMEDOUT : 0;
	/* On a private connection it is the daemon itself that may not do something. */
	if (strcmp(name, SD_BUS_ERROR_ACCESS_DENIED) == 0 && !client->private)
		return gw_client_fail_attempts(&client->outcome, client->target.socket,
					       &(struct gw_client_attempts){ .bus = -EACCES });
	if (strcmp(name, SD_BUS_ERROR_UNKNOWN_METHOD) == 0 || strcmp(name, SD_BUS_ERROR_UNKNOWN_INTERFACE) == 0)
		return gw_client_fail_foreign(&client->outcome, "the daemon has no %s()", method);
	/* The arguments are this program's own, so it is not they that are wrong. */
	if (strcmp(name, SD_BUS_ERROR_INVALID_ARGS) == 0)
		return gw_client_fail_foreign(&client->outcome, "the daemon has another %s()", method);
	if (silent)
		return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE,
				      "the daemon does not answer to %s(): see `systemctl status gpuwatchd`", method);
	if (r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE)
		return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE,
				      "the daemon closed the connection: see `systemctl status gpuwatchd`");
	if (*text && strncmp(name, GW_BUS_ERROR_PREFIX, strlen(GW_BUS_ERROR_PREFIX)) == 0)
		return gw_client_fail(&client->outcome, GW_CLIENT_REFUSED, "%s", text);
	return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE, "the daemon failed in %s(): %s", method,
			      *text ? text : strerror(-r));
}

static int client_call_once(struct gw_client *client, sd_bus_message **reply, sd_bus_error *error,
			    const struct gw_client_method *method, const char *types, va_list arguments)
{
	sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(client->bus, &call, client->private ? NULL : GW_BUS_NAME, GW_BUS_PATH,
					   GW_BUS_INTERFACE, method->name);
	/* Looking must not start a daemon. */
	if (r >= 0)
		r = sd_bus_message_set_auto_start(call, false);
	if (r >= 0 && *types)
		r = sd_bus_message_appendv(call, types, arguments);
	if (r >= 0)
		r = sd_bus_call(client->bus, call, client_limit(client, method->limit_usec), error, reply);
	sd_bus_message_unref(call);
	return r;
}

static int client_call_any(struct gw_client *client, sd_bus_message **reply, const struct gw_client_method *method,
			   const char *types, va_list arguments)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list again;
	int r;

	va_copy(again, arguments);
	r = client_call_once(client, reply, &error, method, types, arguments);
	if (r < 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED) && client_switch_to_private(client)) {
		sd_bus_error_free(&error);
		r = client_call_once(client, reply, &error, method, types, again);
	}
	va_end(again);
	r = r < 0 ? client_fail_call(client, r, method->name, &error) : GW_CLIENT_OK;
	sd_bus_error_free(&error);
	return r;
}

int gw_client_call(struct gw_client *client, json_t **ret, const char *name, const char *types, ...)
{
	const struct gw_client_method *method = gw_client_method_find(name);
	_cleanup_json_ json_t *answer = NULL;
	sd_bus_message *reply = NULL;
	const char *text = NULL;
	json_error_t error;
	va_list arguments;
	int r;

	va_start(arguments, types);
	r = client_call_any(client, &reply, method, types, arguments);
	va_end(arguments);
	if (r != GW_CLIENT_OK)
		return r;
	if (sd_bus_message_read(reply, "s", &text) < 0 || !(answer = json_loads(text, JSON_DECODE_ANY, &error)))
		r = gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE,
				   "the daemon's answer to %s() is not JSON: %s", name,
				   text ? error.text : "not a string");
	else
		r = gw_client_method_check(&client->outcome, method, answer);
	if (r == GW_CLIENT_OK)
		*ret = gw_steal(answer);
	sd_bus_message_unref(reply);
	return r;
}

static int client_call_for_file(struct gw_client *client, sd_bus_message **reply, const char *name, ...)
{
	va_list arguments;
	int r;

	va_start(arguments, name);
	r = client_call_any(client, reply, gw_client_method_find(name), "", arguments);
	va_end(arguments);
	return r;
}

int gw_client_call_file(struct gw_client *client, int *ret, const char *name)
{
	sd_bus_message *reply = NULL;
	int r = client_call_for_file(client, &reply, name), fd;

	if (r != GW_CLIENT_OK)
		return r;
	if (sd_bus_message_read(reply, "h", &fd) < 0)
		r = gw_client_fail_foreign(&client->outcome, "the daemon's answer to %s() is not a file descriptor",
					   name);
	else if ((*ret = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0) /* the message's own goes with the message */
		r = gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE,
				   "cannot keep the file descriptor of %s(): %s", name, strerror(errno));
	sd_bus_message_unref(reply);
	return r;
}

/* ---- signals ------------------------------------------------------------- */

static int client_on_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_client *client = userdata;
	const char *id, *kind, *class, *state, *text;
	_cleanup_json_ json_t *report = NULL;

	if (sd_bus_message_read(message, "sssss", &id, &kind, &class, &state, &text) >= 0)
		report = json_loads(text, 0, NULL);
	if (strcmp(gw_json_string(report, "schema"), GW_REPORT_SCHEMA) == 0) {
		client->changed(report, client->userdata);
		return 0;
	}
	/* Ends the loop in gw_client_follow(): what it misses from here on would look as if nothing happened. */
	client->foreign = true;
	gw_client_fail_foreign(&client->outcome, "the daemon's ReportChanged signal cannot be read");
	sd_bus_close(client->bus);
	return 0;
}

/* The daemon left the bus: the loop in gw_client_follow() ends. */
static int client_on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_client *client = userdata;

	sd_bus_close(client->bus);
	return 0;
}

static int client_add_matches(struct gw_client *client)
{
	static const char owner_changed[] =
		"type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" GW_BUS_NAME
		"'";
	char changed[256];
	int r;

	/* By its unique name: anybody on the bus may send a signal of this name. A private peer has no name. */
	snprintf(changed, sizeof(changed),
		 "type='signal',%s%s%spath='" GW_BUS_PATH "',interface='" GW_BUS_INTERFACE "',member='ReportChanged'",
		 client->private ? "" : "sender='", client->private ? "" : client->owner, client->private ? "" : "',");
	/* AddMatch() is a call of its own on a bus. */
	sd_bus_set_method_call_timeout(client->bus, SUBSCRIBE_TIME);
	r = sd_bus_add_match(client->bus, NULL, changed, client_on_changed, client);
	if (r >= 0 && !client->private)
		r = sd_bus_add_match(client->bus, NULL, owner_changed, client_on_owner_changed, client);
	return r;
}

int gw_client_subscribe(struct gw_client *client, gw_client_changed changed, void *userdata)
{
	int r;

	client->changed = changed;
	client->userdata = userdata;
	r = client_add_matches(client);
	if (r >= 0)
		return GW_CLIENT_OK;
	return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE, "cannot subscribe to changes: %s", strerror(-r));
}

int gw_client_follow(struct gw_client *client)
{
	for (;;) {
		int r = sd_bus_process(client->bus, NULL);

		if (r == 0)
			r = sd_bus_wait(client->bus, UINT64_MAX);
		if (client->foreign)
			return GW_CLIENT_FOREIGN;
		if (r < 0 && r != -EINTR)
			return gw_client_fail(&client->outcome, GW_CLIENT_UNREACHABLE, "the daemon went away");
	}
}
