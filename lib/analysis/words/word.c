/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By its text and its pid. */
#include "lib/analysis/words/word.h"

#include <string.h>

#include "lib/base/units.h"
#include "lib/log-text/event.h"

/* How far the clocks may be apart where nobody compared them, beside a hundredth of the time since boot. */
#define UNKNOWN_US GW_USEC_PER_SEC

/* Where the snapshot compares them: a tick, beside a hundredth of the time between it and the message. */
#define TICK_US (GW_USEC_PER_SEC / 20)

uint64_t gw_word_latest_us(const struct gw_snapshot *snapshot, const struct gw_word_record *word)
{
	const struct gw_clock_record *clock = gw_snapshot_clock(snapshot);
	uint64_t us = word->log_us, slack = us / 100 + UNKNOWN_US;

	if (clock) {
		uint64_t log_us = clock->log_ns / GW_NSEC_PER_USEC;
		uint64_t apart = us > log_us ? us - log_us : log_us - us;

		/* Clocks that run from the boot on, less or more: the difference wraps around as it should. */
		us += clock->mono_ns / GW_NSEC_PER_USEC - log_us;
		slack = apart / 100 + TICK_US;
	}
	return us + slack;
}

bool gw_word_parse(const struct gw_word_record *word, struct gw_log_event *ret)
{
	const char *device;
	size_t length;

	return gw_log_event_parse(ret, word->text, &device, &length);
}

bool gw_word_is_of_other_device(const struct gw_word_record *word, const char *name)
{
	struct gw_log_event event;
	const char *device;
	size_t length;

	/* NVIDIA's messages leave out the function. */
	return gw_log_event_parse(&event, word->text, &device, &length) && device && strncmp(device, name, length) != 0;
}

bool gw_word_is_about(const struct gw_snapshot *snapshot, const struct gw_word_record *word, const struct gw_node *node)
{
	if (node->type != GW_NODE_TASK || node->pid == 0 || word->pid != node->pid)
		return false;
	/* A node's extra is when its task started, 0 = unknown. */
	return node->extra / GW_NSEC_PER_USEC <= gw_word_latest_us(snapshot, word);
}

/* Pids are given in turn: not all of them within so short a time. */
#define PID_REUSED_US (10 * GW_USEC_PER_SEC)

/* When the first of those began to wait that wait for what the task owned, CLOCK_MONOTONIC in us; 0 = nobody knows. */
static uint64_t word_first_wait_us(const struct gw_graph *graph, const struct gw_node *owner)
{
	uint64_t first_ns = 0;

	for (uint32_t i = 0; i < owner->n_in; i++) {
		const struct gw_node *owned = &graph->nodes[graph->edges[graph->in[owner->first_in + i]].from];

		for (uint32_t k = 0; k < owned->n_in; k++) {
			uint64_t since_ns = graph->edges[graph->in[owned->first_in + k]].since_ns;

			if (since_ns && (!first_ns || since_ns < first_ns))
				first_ns = since_ns;
		}
	}
	return first_ns / GW_NSEC_PER_USEC;
}

const struct gw_word_record *gw_word_of_oops(const struct gw_graph *graph, const struct gw_node *node)
{
	const struct gw_word_record *const *words;
	size_t count = gw_snapshot_words(graph->snapshot, &words);
	uint64_t first_us = node->gone ? word_first_wait_us(graph, node) : 0;
	struct gw_log_event event;

	for (size_t i = count; i-- > 0;)
		if (gw_word_is_about(graph->snapshot, words[i], node) &&
		    gw_word_latest_us(graph->snapshot, words[i]) + PID_REUSED_US >= first_us &&
		    gw_word_parse(words[i], &event) && event.kind == GW_LOG_EVENT_OOPS)
			return words[i];
	return NULL;
}
