/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest words: all that a report cites stand in its JSON. */
#include "lib/analysis/sentences/kernel-log.h"

#include <inttypes.h>

#include "lib/analysis/words/kernel-log.h"
#include "lib/analysis/words/names.h"
#include "lib/base/units.h"

#define WORDS_SHOWN 3

static void kernel_log_word(struct gw_prose *prose, const struct gw_cited *cited)
{
	uint64_t log_us = cited->word->log_us;

	gw_text_add(&prose->text, " The kernel log at [%" PRIu64 ".%06" PRIu64 "]", log_us / GW_USEC_PER_SEC,
		    log_us % GW_USEC_PER_SEC);
	if (cited->before_us) {
		gw_prose_add(prose, ", earlier: ");
		gw_text_add_age(&prose->text, cited->before_us * GW_NSEC_PER_USEC);
		gw_prose_add(prose, " before the oldest of these waits began");
	}
	if (cited->word->pid) {
		gw_prose_add(prose, cited->kind == GW_LOG_EVENT_OOPS ? ", about the oops of " : ", about ");
		gw_name_task(&prose->text, cited->word->comm, cited->word->pid, 0);
	}
	if (cited->word->module[0])
		gw_text_add(&prose->text, " in module %s", cited->word->module);
	gw_text_add(&prose->text, ": \"%s\".", cited->word->text);
	if (cited->may_be_owner)
		gw_prose_add(prose, " That may be the task that is gone.");
}

void gw_prose_kernel_log(struct gw_prose *prose)
{
	struct gw_cited cited[GW_CITED_MAX];
	size_t count = gw_kernel_log_cited(prose->graph, prose->finding, cited);

	for (size_t i = count > WORDS_SHOWN ? count - WORDS_SHOWN : 0; i < count; i++)
		kernel_log_word(prose, &cited[i]);
}
