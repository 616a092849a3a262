/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system bus: a connection that comes and goes. */
#include "daemon/serve/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/bus-names.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"

#define ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define RETRY_USEC (2 * GW_USEC_PER_SEC)
#define CALLS_MAX 32 /* of all that are on the bus; a peer of the private socket finds room beside them */

struct gw_bus {
	sd_event *event;
	struct gw_bus_api *api;
	sd_bus *bus;		/* NULL = waiting for the retry */
	sd_event_source *retry; /* enabled only then */
	bool has_name;
	bool complained;
};

static void bus_disconnect(struct gw_bus *bus)
{
	bus->has_name = false;
	if (!bus->bus)
		return;
	gw_bus_api_detach(bus->api, bus->bus);
	bus->bus = sd_bus_close_unref(bus->bus);
}

/* From any handler of the connection: a new one is made later, outside of it. */
static void bus_retry_later(struct gw_bus *bus)
{
	bus_disconnect(bus);
	sd_event_source_set_time_relative(bus->retry, RETRY_USEC);
	sd_event_source_set_enabled(bus->retry, SD_EVENT_ONESHOT);
}

/* ---- signals of the connection ------------------------------------------------------------- */

static int bus_on_name(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *refusal = sd_bus_message_get_error(reply);
	struct gw_bus *bus = userdata;

	if (!refusal) {
		log_info("On the system bus as " GW_BUS_NAME ".");
		bus->has_name = true;
		bus->complained = false;
		return 0;
	}
	if (!bus->complained)
		log_warning("The system bus refused the name " GW_BUS_NAME ", only the private socket answers: %s",
			    refusal->message);
	bus->complained = true;
	return 0;
}

static int bus_on_connected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_bus *bus = userdata;
	int r;

	r = gw_bus_api_attach(bus->api, bus->bus, CALLS_MAX);
	if (r >= 0)
		r = sd_bus_request_name_async(bus->bus, NULL, GW_BUS_NAME, 0, bus_on_name, bus);
	if (r < 0) {
		log_warning("Serving on the system bus failed: %s", strerror(-r));
		bus_retry_later(bus);
	}
	return 0;
}

static int bus_on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct gw_bus *bus = userdata;

	if (bus->has_name)
		log_notice("The system bus went away; the private socket goes on answering.");
	bus_retry_later(bus);
	return 0;
}

/* ---- making one ------------------------------------------------------------------------------- */

/* As sd_bus_open_system() does, but waiting (by inotify) for a bus that is not there. */
static int bus_configure(sd_bus *connection)
{
	const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
	int r;

	r = sd_bus_set_description(connection, "system");
	if (r >= 0)
		r = sd_bus_set_address(connection, address ? address : ADDRESS);
	if (r >= 0)
		r = sd_bus_set_bus_client(connection, true);
	if (r >= 0)
		r = sd_bus_set_watch_bind(connection, true);
	if (r >= 0)
		r = sd_bus_set_connected_signal(connection, true);
	return r;
}

static int bus_match_local(struct gw_bus *bus, const char *member, sd_bus_message_handler_t handler)
{
	return sd_bus_match_signal_async(bus->bus, NULL, "org.freedesktop.DBus.Local", "/org/freedesktop/DBus/Local",
					 "org.freedesktop.DBus.Local", member, handler, NULL, bus);
}

static int bus_connect(struct gw_bus *bus)
{
	int r;

	r = sd_bus_new(&bus->bus);
	if (r >= 0)
		r = bus_configure(bus->bus);
	if (r >= 0)
		r = bus_match_local(bus, "Connected", bus_on_connected);
	if (r >= 0)
		r = bus_match_local(bus, "Disconnected", bus_on_disconnected);
	if (r >= 0)
		r = sd_bus_start(bus->bus);
	if (r >= 0)
		r = sd_bus_attach_event(bus->bus, bus->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

static int bus_on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct gw_bus *bus = userdata;
	int r;

	r = bus_connect(bus);
	if (r < 0) {
		if (!bus->complained)
			log_warning("Connecting to the system bus failed, trying again: %s", strerror(-r));
		bus->complained = true;
		bus_retry_later(bus);
	}
	return 0;
}

bool gw_bus_has_name(const struct gw_bus *bus)
{
	return bus && bus->has_name;
}

/* ---- life --------------------------------------------------------------------------------------- */

int gw_bus_new(struct gw_bus **ret, sd_event *event, struct gw_bus_api *api)
{
	struct gw_bus *bus = calloc(1, sizeof(*bus));
	int r;

	if (!bus)
		return -ENOMEM;
	bus->event = sd_event_ref(event);
	bus->api = api;
	r = sd_event_add_time_relative(event, &bus->retry, CLOCK_MONOTONIC, 0, 0, bus_on_retry, bus);
	if (r < 0) {
		gw_bus_free(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

void gw_bus_free(struct gw_bus *bus)
{
	if (!bus)
		return;
	bus_disconnect(bus);
	sd_event_source_disable_unref(bus->retry);
	sd_event_unref(bus->event);
	free(bus);
}
