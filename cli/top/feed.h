/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's documents, fetched each second by a thread: a daemon that hangs must not hang the keys. */
#ifndef GPUWATCH_CLI_TOP_FEED_H
#define GPUWATCH_CLI_TOP_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/client/client.h"

/* What one round brought; references are the holder's. */
struct top_documents {
	json_t *status, *reports, *waits, *timelines; /* NULL while there was no answer */
	uint64_t taken_ns;			      /* when they came, CLOCK_MONOTONIC; 0 = never */
	char message[512];			      /* why the last round failed; "" = it did not */
};

struct top_feed;

/* Begins at once. The target's strings must outlive the program's end: the thread is never stopped. NULL: no thread. */
struct top_feed *top_feed_new(const struct gw_client_target *target);

/* Readable when there is something new. */
int top_feed_fd(const struct top_feed *feed);

/* Takes over what is new: documents stay as they are when the last round failed. False: nothing is new. */
bool top_feed_take(struct top_feed *feed, struct top_documents *documents);

void top_documents_clear(struct top_documents *documents);

#endif
