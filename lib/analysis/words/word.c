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
	return !node->task || node->task->start_ns / GW_NSEC_PER_USEC <= gw_word_latest_us(snapshot, word);
}

const struct gw_word_record *gw_word_of_oops(const struct gw_snapshot *snapshot, const struct gw_node *node)
{
	const struct gw_word_record *const *words;
	size_t count = gw_snapshot_words(snapshot, &words);
	struct gw_log_event event;

	for (size_t i = count; i-- > 0;)
		if (gw_word_is_about(snapshot, words[i], node) && gw_word_parse(words[i], &event) &&
		    event.kind == GW_LOG_EVENT_OOPS)
			return words[i];
	return NULL;
}
