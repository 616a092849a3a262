/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a call failed, in the same words on whichever way to the daemon it was. */
#ifndef GPUWATCH_LIB_CLIENT_OUTCOME_H
#define GPUWATCH_LIB_CLIENT_OUTCOME_H

#include "lib/base/cleanup.h"

/* Outcomes of a call that callers handle each; 0 is success. */
enum gw_client_result {
	GW_CLIENT_OK = 0,
	GW_CLIENT_UNREACHABLE = 1, /* not running, no permission, no answer in time */
	GW_CLIENT_REFUSED = 2,	   /* the daemon answered with an error of its own, e.g. no such report */
	GW_CLIENT_FOREIGN = 3,	   /* of another version: it has no such method, or its answer is of another schema */
};

struct gw_client_outcome {
	int error;	   /* of GW_CLIENT_UNREACHABLE: -EACCES, -ECONNREFUSED (not running), -ETIMEDOUT, or 0 */
	char message[512]; /* one line for people, without the program's name */
};

/* How connecting ended, for one message that covers all that was tried. */
struct gw_client_attempts {
	int bus;     /* 0 = not tried, else -errno */
	int private; /* likewise */
};

/* Each sets @outcome's message, and returns the result. */
int gw_client_fail(struct gw_client_outcome *outcome, enum gw_client_result result, const char *format, ...)
	_printf_(3, 4);

/* GW_CLIENT_UNREACHABLE, with its error. @socket: path of the private socket. */
int gw_client_fail_attempts(struct gw_client_outcome *outcome, const char *socket,
			    const struct gw_client_attempts *tried);

/* GW_CLIENT_FOREIGN: two versions that do not fit. After an update the daemon goes on as it was until it is restarted. */
int gw_client_fail_foreign(struct gw_client_outcome *outcome, const char *format, ...) _printf_(2, 3);

#endif
