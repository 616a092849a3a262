/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the unit of OnDeadlock=, by systemd's own socket: the bus may hang. */
#include "daemon/start-unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

#include "lib/base/cleanup.h"
#include "lib/base/log.h"
#include "lib/base/units.h"

/* Where PID 1 answers root as it answers the bus. */
#define SYSTEMD_ADDRESS "unix:path=/run/systemd/private"
#define PATIENCE_USEC (10 * GW_USEC_PER_SEC)

int gw_start_unit_name(char *ret, size_t size, const char *template, const char *id)
{
	size_t length = strlen(id), kind = strspn(id, "abcdefghijklmnopqrstuvwxyz");
	const char *at = strchr(template, '@');
	int n;

	if (!at || kind == 0 || id[kind] != '-' || length > GW_START_UNIT_ID_MAX || length == kind + 1 ||
	    strspn(id + kind + 1, "0123456789abcdef") != length - kind - 1)
		return -EINVAL;
	n = snprintf(ret, size, "%.*s@%s%s", (int)(at - template), template, id, at + 1);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int start_unit_connect(sd_bus **ret)
{
	_cleanup_(sd_bus_unrefp) sd_bus *bus = NULL;
	int r = sd_bus_new(&bus);

	if (r >= 0)
		r = sd_bus_set_address(bus, SYSTEMD_ADDRESS);
	if (r >= 0)
		r = sd_bus_set_method_call_timeout(bus, PATIENCE_USEC);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		*ret = gw_steal(bus);
	return r;
}

static int start_unit(const char *unit)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = start_unit_connect(&bus);

	if (r >= 0)
		r = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
				       "org.freedesktop.systemd1.Manager", "StartUnit", &error, NULL, "ss", unit,
				       "replace");
	if (r < 0)
		log_error("Starting %s failed: %s", unit, error.message ? error.message : strerror(-r));
	else
		log_notice("Started %s.", unit);
	return r < 0 ? r : 0;
}

int gw_start_unit_serve(int connection, const char *template)
{
	char id[GW_START_UNIT_ID_MAX + 1] = "", unit[256];
	ssize_t n = recv(connection, id, sizeof(id) - 1, MSG_TRUNC);
	int r = n < 0 ? -errno : 0;

	if (r < 0) {
		log_error("Standard input cannot be read as a socket: %s", strerror(-r));
		return r;
	}
	r = (size_t)n < sizeof(id) ? gw_start_unit_name(unit, sizeof(unit), template, id) : -EINVAL;
	if (r < 0) {
		log_error("What came is no report's id: nothing is started for it.");
		return r;
	}
	return start_unit(unit);
}
