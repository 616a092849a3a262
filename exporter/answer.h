/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the exporter answers: for each path the text, its type, and the status of HTTP. Knows nothing of connections. */
#ifndef GPUWATCH_EXPORTER_ANSWER_H
#define GPUWATCH_EXPORTER_ANSWER_H

#include <stddef.h>

#include "exporter/source.h"

struct gw_request {
	const char *path;
	const char *accept;	   /* Accept:, NULL = none */
	const char *if_none_match; /* If-None-Match:, NULL = none */
	const char *since;	   /* ?since=, NULL = none */
};

struct gw_answer {
	unsigned int status; /* of HTTP */
	const char *type;    /* Content-Type, static */
	char *body;	     /* malloc()ed; NULL = none */
	char etag[24];	     /* with its quotation marks; "" = none */
};

/* Fills in @answer, whatever happens. */
void gw_answer_make(struct gw_answer *answer, const struct gw_request *request, struct gw_source *source);

#endif
