/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report's nodes and edges in words. */
#ifndef GPUWATCH_CLI_RENDER_NODE_H
#define GPUWATCH_CLI_RENDER_NODE_H

#include <stdbool.h>

#include <jansson.h>

/* The phrase that the report has for the node, "compositor (pid 812)"; its id where there is none. Owned by the caller. */
char *node_text(const json_t *node);

/* "waits for", "to be signalled by", "held by", ... for an edge between these nodes. Owned by the caller. */
char *edge_phrase(const json_t *edge, const json_t *from, const json_t *to);

/* Where an edge is known from, "?" if that is only probable, "??" if a hint: "owner", "learned?". Owned by the caller.
 */
char *edge_evidence(const json_t *edge);

bool node_is_task(const json_t *node);

/* The fields of a node that node_text() leaves out, "key value" joined by commas. Owned by the caller. */
char *node_details(const json_t *node);

#endif
