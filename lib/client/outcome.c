/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a call failed, for people. */
#include "lib/client/outcome.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/bus-names.h"

int gw_client_fail(struct gw_client_outcome *outcome, enum gw_client_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(outcome->message, sizeof(outcome->message), format, arguments);
	va_end(arguments);
	return result;
}

int gw_client_fail_foreign(struct gw_client_outcome *outcome, const char *format, ...)
{
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return gw_client_fail(outcome, GW_CLIENT_FOREIGN,
			      "%s: it is of another version, restart it: systemctl restart gpuwatchd", what);
}

static bool outcome_is_denied(int error)
{
	return error == -EACCES || error == -EPERM;
}

/* Why the private socket (the bus) did not help, as part of a sentence. */
static void outcome_private_text(const char *socket, int error, char *text, size_t size)
{
	if (error == -ENOENT || error == -ENOTDIR)
		snprintf(text, size, "no %s", socket);
	else if (error == -ECONNREFUSED)
		snprintf(text, size, "no process listens on %s", socket);
	else
		snprintf(text, size, "%s: %s", socket, strerror(-error));
}

static const char *outcome_bus_text(int error)
{
	switch (error) {
	case -ENXIO:
		return "no " GW_BUS_NAME " on the bus";
	case -ETIMEDOUT:
		return "the system bus does not answer";
	default:
		return "no system bus";
	}
}

static int outcome_error_of(const struct gw_client_attempts *tried)
{
	if (outcome_is_denied(tried->private) || outcome_is_denied(tried->bus))
		return -EACCES;
	if (tried->private == -ETIMEDOUT || tried->private == -EAGAIN || tried->private == -ECONNRESET)
		return -ETIMEDOUT;
	return -ECONNREFUSED;
}

int gw_client_fail_attempts(struct gw_client_outcome *outcome, const char *socket,
			    const struct gw_client_attempts *tried)
{
	char socket_text[256] = "", where[400];

	outcome->error = outcome_error_of(tried);
	if (outcome->error == -EACCES)
		return gw_client_fail(
			outcome, GW_CLIENT_UNREACHABLE,
			"permission denied by %s: run it as root, or become a member of the group gpuwatch",
			outcome_is_denied(tried->private) ? socket : "the system bus");
	if (outcome->error == -ETIMEDOUT)
		return gw_client_fail(outcome, GW_CLIENT_UNREACHABLE,
				      "the daemon does not answer on %s: see `systemctl status gpuwatchd`", socket);
	if (tried->private)
		outcome_private_text(socket, tried->private, socket_text, sizeof(socket_text));
	snprintf(where, sizeof(where), "%s%s%s", socket_text, tried->private && tried->bus ? " and " : "",
		 tried->bus ? outcome_bus_text(tried->bus) : "");
	return gw_client_fail(outcome, GW_CLIENT_UNREACHABLE,
			      "gpuwatchd is not running (%s): systemctl start gpuwatchd", where);
}
