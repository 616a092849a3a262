/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest words: all that a report cites stand in its JSON. */
#include "lib/analysis/sentences/kernel-log.h"

#include <inttypes.h>

#include "lib/analysis/words/kernel-log.h"
#include "lib/analysis/words/names.h"
#include "lib/analysis/words/word.h"
#include "lib/base/units.h"

#define WORDS_SHOWN 3

/* Whose memory shows another task's pid, or none, by now. */
static bool kernel_log_misses_owner(const struct gw_prose *prose)
{
	const struct gw_node *last = gw_prose_last_node(prose);

	return last->type == GW_NODE_TASK && last->gone && !gw_word_of_oops(prose->graph->snapshot, last);
}

static void kernel_log_word(struct gw_prose *prose, const struct gw_cited *cited)
{
	uint64_t log_us = cited->word->log_us;

	gw_text_add(&prose->text, " The kernel log at [%" PRIu64 ".%06" PRIu64 "]", log_us / GW_USEC_PER_SEC,
		    log_us % GW_USEC_PER_SEC);
	if (cited->word->pid) {
		gw_prose_add(prose, cited->kind == GW_LOG_EVENT_OOPS ? ", about the oops of " : ", about ");
		gw_name_task(&prose->text, cited->word->comm, cited->word->pid, 0);
	}
	if (cited->word->module[0])
		gw_text_add(&prose->text, " in module %s", cited->word->module);
	gw_text_add(&prose->text, ": \"%s\".", cited->word->text);
	if (cited->node == GW_NO_NODE && cited->word->pid && kernel_log_misses_owner(prose))
		gw_prose_add(prose, " That may be the task that is gone.");
}

void gw_prose_kernel_log(struct gw_prose *prose)
{
	struct gw_cited cited[GW_CITED_MAX];
	size_t count = gw_kernel_log_cited(prose->graph, prose->finding, cited);

	for (size_t i = count > WORDS_SHOWN ? count - WORDS_SHOWN : 0; i < count; i++)
		kernel_log_word(prose, &cited[i]);
}
