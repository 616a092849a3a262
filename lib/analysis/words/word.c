/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By its text and its pid. */
#include "lib/analysis/words/word.h"

#include "lib/base/units.h"
#include "lib/log-text/event.h"

/* How far the clocks may be apart, beside a hundredth of the time since boot. */
#define CLOCKS_US GW_USEC_PER_SEC

uint64_t gw_word_latest_us(const struct gw_word_record *word)
{
	return word->log_us + word->log_us / 100 + CLOCKS_US;
}

bool gw_word_parse(const struct gw_word_record *word, struct gw_log_event *ret)
{
	const char *device;
	size_t length;

	return gw_log_event_parse(ret, word->text, &device, &length);
}

bool gw_word_is_about(const struct gw_word_record *word, const struct gw_node *node)
{
	if (node->type != GW_NODE_TASK || node->pid == 0 || word->pid != node->pid)
		return false;
	return !node->task || node->task->start_ns / GW_NSEC_PER_USEC <= gw_word_latest_us(word);
}

const struct gw_word_record *gw_word_of_oops(const struct gw_snapshot *snapshot, const struct gw_node *node)
{
	const struct gw_word_record *const *words;
	size_t count = gw_snapshot_words(snapshot, &words);
	struct gw_log_event event;

	for (size_t i = count; i-- > 0;)
		if (gw_word_is_about(words[i], node) && gw_word_parse(words[i], &event) &&
		    event.kind == GW_LOG_EVENT_OOPS)
			return words[i];
	return NULL;
}
