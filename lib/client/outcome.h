/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a call failed, in the same words on whichever way to the daemon it was. */
#ifndef GPUWATCH_LIB_CLIENT_OUTCOME_H
#define GPUWATCH_LIB_CLIENT_OUTCOME_H

#include "lib/base/cleanup.h"
#include "lib/client/client.h"

/* How connecting ended, for one message that covers all that was tried. */
struct gw_client_attempts {
	int bus;     /* 0 = not tried, else -errno */
	int private; /* likewise */
};

/* Each sets @client's message, and returns the result to return. */
int gw_client_fail(struct gw_client *client, enum gw_client_result result, const char *format, ...) _printf_(3, 4);

/* GW_CLIENT_UNREACHABLE, and @client's error. */
int gw_client_fail_attempts(struct gw_client *client, const struct gw_client_attempts *tried);

/* GW_CLIENT_FOREIGN: two versions that do not fit. After an update the daemon goes on as it was until it is restarted. */
int gw_client_fail_foreign(struct gw_client *client, const char *format, ...) _printf_(2, 3);

#endif
