/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of relations. */
#include "lib/report/relation.h"

#include <string.h>

#include "lib/base/json.h"

/* Of an edge that does not say. */
static const char *relation_by_types(const char *from, const char *to)
{
	if (strcmp(from, "task") == 0)
		return "waits for";
	if (strcmp(to, "fence") == 0)
		return "depends on";
	if (strcmp(from, "fence") == 0 || strcmp(from, "timeline") == 0)
		return "to be signalled by";
	if (strcmp(from, "lock") == 0)
		return "held by";
	if (strcmp(from, "work") == 0 && strcmp(to, "task") == 0)
		return "run by";
	return "needs";
}

const char *gw_relation_phrase(const json_t *edge, const json_t *from, const json_t *to)
{
	static const struct {
		const char *relation, *phrase;
	} phrases[] = {
		{ "waits-for", "waits for" },
		{ "waits-for-end-of", "waits for the end of" },
		{ "waits-for-exit-of", "waits to be let go by" },
		{ "freed-by", "waits for memory to be freed by" },
		{ "tries", "tries again and again to take" },
		{ "parks", "waits for the parking of" },
		{ "flushes", "flushes" },
		{ "inside", "is inside" },
		{ "on-timeline", "on" },
		{ "signalled-by", "to be signalled by" },
		{ "reset-by", "to be ended by the reset in" },
		{ "callback-in", "whose callback runs in" },
		{ "entered-by", "entered by" },
		{ "released-by", "which may be released by" },
		{ "held-up-by", "held up by the page fault in" },
		{ "needs-cpu-of", "cannot start on the CPU of" },
		{ "needs-worker-of", "cannot start without a worker by" },
		{ "waits-for-thread-by", "waits for a thread by" },
		{ "signalled-with", "signalled with" },
		{ "depends-on", "depends on" },
		{ "run-by", "to be run by" },
		{ "executed-by", "run by" },
		{ "queued-behind", "queued behind" },
		{ "held-by", "held by" },
		{ "runs-in", "runs in" },
		{ "driven-by", "driven by" },
		{ "unplugged-by", "being unplugged by" },
		{ "needs-in-section", "needs, in its signalling section," },
	};
	const char *relation = gw_json_string(edge, "relation");

	/* A grace period runs in nobody: it ends when all who began to read before it have ended. */
	if (strcmp(relation, "runs-in") == 0 && strcmp(gw_json_string(from, "type"), "srcu") == 0)
		return "kept from ending by";
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strcmp(phrases[i].relation, relation) == 0)
			return phrases[i].phrase;
	return *relation ? relation : relation_by_types(gw_json_string(from, "type"), gw_json_string(to, "type"));
}
