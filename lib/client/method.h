/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's methods as this program knows them: how long each may take, and what an answer of the same version is like. */
#ifndef GPUWATCH_LIB_CLIENT_METHOD_H
#define GPUWATCH_LIB_CLIENT_METHOD_H

#include <stdint.h>

#include <jansson.h>

#include "lib/client/outcome.h"

struct gw_client_method {
	const char *name;
	uint64_t limit_usec; /* until it must have answered */
	const char *schema;  /* of the answer, or of each element of an array; NULL = a file descriptor */
	const char *list;    /* an array that the answer has; NULL = no matter */
};

/* @name: of the table, as a caller has it in its source. Never NULL. */
const struct gw_client_method *gw_client_method_find(const char *name);

/*
 * gw_client_method_check - whether an answer is what this program reads
 * @answer: borrowed; NULL is something else
 *
 * Returns an enum gw_client_result: GW_CLIENT_OK, or GW_CLIENT_FOREIGN with @outcome's message set.
 */
int gw_client_method_check(struct gw_client_outcome *outcome, const struct gw_client_method *method,
			   const json_t *answer);

#endif
