/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report's nodes and edges, indexed, and the order in which they are shown:
 * once around a loop, or from the task that has waited longest to the dead end.
 */
#ifndef GPUWATCH_CLI_RENDER_CHAIN_H
#define GPUWATCH_CLI_RENDER_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

struct chain_node {
	const json_t *json;
	bool in_chain;			   /* part of the chain */
	const struct chain_edge *out, *in; /* its first edges, in the report's order */
};

struct chain_edge {
	const json_t *json;
	size_t from, to;			     /* of nodes */
	const struct chain_edge *next_out, *next_in; /* of the same from, of the same to */
};

struct chain_step {
	size_t node;
	const struct chain_edge *edge; /* to the next step's node; NULL at the end of a dead end */
};

struct chain {
	struct chain_node *nodes; /* those of the report that have an id */
	size_t node_count;
	struct chain_edge *edges; /* those between such nodes */
	size_t edge_count;
	struct chain_step *steps;
	size_t step_count;
	bool loop;    /* the last step's edge leads to the first node */
	bool returns; /* it leads to another node of the chain */
	json_t *ids;  /* node id to its number */
};

#define CHAIN_NONE ((size_t)-1)

/* The JSON values belong to @report, which must outlive the chain. */
void chain_build(struct chain *chain, const json_t *report);
void chain_clear(struct chain *chain);

/* Number of the node of this name, or CHAIN_NONE. */
size_t chain_find(const struct chain *chain, const char *id);

#define _cleanup_chain_ _cleanup_(chain_clear)

#endif
