/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for nodes and edges; types and relations that this version does not know are shown as they are. */
#include "cli/render/node.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/terminal.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"

bool node_is_task(const json_t *node)
{
	return field_is(node, "type", "task");
}

/* The first field of @keys (ended by NULL) that is given, as text. */
static char *node_first_field(const json_t *node, const char *const *keys)
{
	for (; *keys; keys++)
		if (field_given(node, *keys))
			return field_text(json_object_get(node, *keys));
	return text_format("%s", "");
}

#define FIRST_FIELD(node, ...) node_first_field(node, (const char *const[]){ __VA_ARGS__, NULL })

/* "a (b, c)" with empty parts left out. */
static char *node_with_notes(const char *head, const char *note, const char *second)
{
	if (*note && *second)
		return text_format("%s (%s, %s)", head, note, second);
	if (*note || *second)
		return text_format("%s (%s%s)", head, note, second);
	return text_format("%s", head);
}

/* "compositor (pid 812)", in one piece where lines break. */
static char *task_text(const json_t *node)
{
	uint64_t pid = field_number(node, "pid"), tgid = field_number(node, "tgid");
	const char *comm = *field_string(node, "comm") ? field_string(node, "comm") : "task";
	/* A note says it better. */
	const char *gone = field_true(node, "gone") && !field_given(node, "note") ? "," HARD_BLANK "gone" : "";

	if (pid == 0)
		return text_format(STYLE_BOLD "%s" STYLE_END "%s", comm, gone);
	if (tgid != 0 && tgid != pid)
		return text_format(STYLE_BOLD "%s" STYLE_END HARD_BLANK "(thread" HARD_BLANK "%" PRIu64 HARD_BLANK
					      "of" HARD_BLANK "pid" HARD_BLANK "%" PRIu64 "%s)",
				   comm, pid, tgid, gone);
	return text_format(STYLE_BOLD "%s" STYLE_END HARD_BLANK "(pid" HARD_BLANK "%" PRIu64 "%s)", comm, pid, gone);
}

/* Also a job, which goes by its fence. */
static char *fence_text(const json_t *node, const char *what)
{
	_cleanup_free_ char *head = NULL, *address = FIRST_FIELD(node, "address", "id");

	if (field_number(node, "context"))
		head = text_format("%s " STYLE_CYAN "%" PRIu64 ":%" PRIu64 STYLE_END, what,
				   field_number(node, "context"), field_number(node, "seqno"));
	else
		head = text_format("%s " STYLE_CYAN "%s" STYLE_END, what, address);
	return node_with_notes(head, field_string(node, "driver"), field_string(node, "timeline"));
}

static char *timeline_text(const json_t *node)
{
	_cleanup_free_ char *name = FIRST_FIELD(node, "timeline", "name");
	_cleanup_free_ char *head = NULL;

	head = text_format("timeline " STYLE_CYAN "%" PRIu64 STYLE_END, field_number(node, "context"));
	return node_with_notes(head, field_string(node, "driver"), name);
}

static char *lock_text(const json_t *node)
{
	_cleanup_free_ char *address = FIRST_FIELD(node, "address", "id");
	_cleanup_free_ char *head = NULL;
	const char *type = field_string(node, "lock_type");

	if (!*type || strcmp(type, "unknown") == 0)
		type = "lock";
	head = text_format("%s " STYLE_CYAN "%s" STYLE_END, type, address);
	return node_with_notes(head, field_string(node, "symbol"), field_string(node, "name"));
}

/* The whole of a workqueue, or what is active of it, is "work" in the schema, too. */
static char *workqueue_text(const json_t *node)
{
	_cleanup_free_ char *name = FIRST_FIELD(node, "workqueue", "address");
	bool active = strncmp(field_string(node, "id"), "active-work:", 12) == 0;

	return text_format("%sworkqueue " STYLE_BOLD "%s" STYLE_END, active ? "active work of " : "", name);
}

static char *work_text(const json_t *node)
{
	_cleanup_free_ char *name = FIRST_FIELD(node, "function", "symbol", "name", "address", "id");
	_cleanup_free_ char *head = text_format("work " STYLE_BOLD "%s" STYLE_END, name), *queue = NULL;

	if (!field_given(node, "function") && strncmp(field_string(node, "id"), "work:", 5) != 0 &&
	    field_given(node, "workqueue"))
		return workqueue_text(node);
	if (field_given(node, "workqueue"))
		queue = text_format("on workqueue %s", field_string(node, "workqueue"));
	return node_with_notes(head, queue ? queue : "", "");
}

/* A type of the schema whose name and notes need no special care, or one from the future. */
static char *node_plain_text(const json_t *node, const char *word, const char *note)
{
	_cleanup_free_ char *name = FIRST_FIELD(node, "name", "comm", "symbol", "function", "mm", "address", "id");
	_cleanup_free_ char *head = text_format("%s " STYLE_CYAN "%s" STYLE_END, word, name);

	return node_with_notes(head, note, "");
}

/* Whose GPU page fault or eviction it is, as far as the kernel tells. */
static char *fault_text(const json_t *node)
{
	uint64_t pid = field_number(node, "pid"), pasid = field_number(node, "pasid");
	const char *address = field_string(node, "fault_address");

	if (!pasid)
		return text_format("its GPU page fault");
	if (!pid)
		return text_format("a GPU page fault of PASID " STYLE_BOLD "%" PRIu64 STYLE_END "%s%s", pasid,
				   *address ? " at " : "", address);
	return text_format("a GPU page fault of pid " STYLE_BOLD "%" PRIu64 STYLE_END " (PASID %" PRIu64 ")%s%s", pid,
			   pasid, *address ? " at " : "", address);
}

static char *eviction_text(const json_t *node)
{
	return text_format("the %s of the KFD queues of pid " STYLE_BOLD "%" PRIu64 STYLE_END " (PASID %" PRIu64 ")",
			   field_is(node, "phase", "restore") ? "restore" : "eviction", field_number(node, "pid"),
			   field_number(node, "pasid"));
}

char *node_text(const json_t *node)
{
	const char *type = field_string(node, "type");

	if (strcmp(type, "task") == 0)
		return task_text(node);
	if (field_given(node, "label"))
		return text_format(STYLE_CYAN "%s" STYLE_END, field_string(node, "label"));
	if (strcmp(type, "fence") == 0)
		return fence_text(node, "fence");
	if (strcmp(type, "job") == 0)
		return fence_text(node, "job of fence");
	if (strcmp(type, "timeline") == 0)
		return timeline_text(node);
	if (strcmp(type, "lock") == 0)
		return lock_text(node);
	if (strcmp(type, "work") == 0)
		return work_text(node);
	if (strcmp(type, "notifier") == 0)
		return node_plain_text(node, "MMU notifier of mm", "");
	if (strcmp(type, "srcu") == 0)
		return node_plain_text(node, "SRCU readers of", "");
	if (strcmp(type, "reclaim") == 0)
		return text_format("memory reclaim");
	if (strcmp(type, "fault") == 0)
		return fault_text(node);
	if (strcmp(type, "eviction") == 0)
		return eviction_text(node);
	return node_plain_text(node, *type ? type : "something", field_string(node, "driver"));
}

static const char *edge_phrase_by_type(const char *from, const char *to)
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

char *edge_phrase(const json_t *edge, const json_t *from, const json_t *to)
{
	static const struct {
		const char *relation, *phrase;
	} phrases[] = {
		{ "waits-for", "waits for" },
		{ "waits-for-end-of", "waits for the end of" },
		{ "flushes", "flushes" },
		{ "inside", "is inside" },
		{ "on-timeline", "on" },
		{ "signalled-by", "to be signalled by" },
		{ "reset-by", "to be ended by the reset in" },
		{ "callback-in", "whose callback runs in" },
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
	const char *relation = field_string(edge, "relation");

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (strcmp(phrases[i].relation, relation) == 0)
			return text_format("%s", phrases[i].phrase);
	if (*relation)
		return text_words(relation);
	return text_format("%s", edge_phrase_by_type(field_string(from, "type"), field_string(to, "type")));
}

/* The longer names of the schema, shortened where room is short. */
static char *edge_evidence_words(const char *evidence)
{
	static const struct {
		const char *evidence, *words;
	} shorter[] = {
		{ "owner-field", "owner" },
		{ "learned-signaller", "learned" },
		{ "workqueue-state", "workqueue" },
		{ "fence-structure", "fence" },
	};

	for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++)
		if (strcmp(shorter[i].evidence, evidence) == 0)
			return text_format("%s", shorter[i].words);
	return text_words(evidence);
}

/* Only what weakens the verdict is marked: one or two question marks. */
static const char *edge_doubt(const char *confidence)
{
	if (strcmp(confidence, "probable") == 0)
		return "?";
	return strcmp(confidence, "hint") == 0 ? "??" : "";
}

char *edge_evidence(const json_t *edge)
{
	_cleanup_free_ char *words = edge_evidence_words(field_string(edge, "evidence"));

	return text_format("%s%s", words, edge_doubt(field_string(edge, "confidence")));
}

static bool node_text_has(const char *key)
{
	static const char *const keys[] = { "id",	"type",	     "comm",	      "pid",	  "tgid",   "stack",
					    "context",	"seqno",     "driver",	      "timeline", "symbol", "lock_type",
					    "function", "workqueue", "since_mono_ns", "gone",	  "wait",   "mm" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

/* A scalar, or an array of them joined; "" for what is more than that. */
static char *node_detail_text(const json_t *value)
{
	char *text = NULL;
	json_t *item;
	size_t size, i;
	FILE *stream;

	if (!json_is_array(value))
		return field_text(value);
	stream = text_stream(&text, &size);
	json_array_foreach(value, i, item) {
		_cleanup_free_ char *word = field_text(item);

		fprintf(stream, "%s%s", i && *word ? " + " : "", word);
	}
	text_finish(stream);
	return text;
}

char *node_details(const json_t *node)
{
	char *details = NULL;
	const char *key, *separator = "";
	json_t *value;
	size_t size;
	FILE *stream = text_stream(&details, &size);

	json_object_foreach((json_t *)node, key, value) {
		_cleanup_free_ char *text = node_detail_text(value), *name = text_words(key);
		bool note = strcmp(key, "note") == 0;

		if (node_text_has(key) || !*text)
			continue;
		fprintf(stream, "%s%s " STYLE_DIM "%s" STYLE_END, separator, note ? "it" : name, text);
		separator = ", ";
	}
	text_finish(stream);
	return details;
}

char *frame_text(const json_t *frame)
{
	const char *module = field_string(frame, "module");
	_cleanup_free_ char *symbol = NULL, *offset = NULL;

	if (!json_is_object(frame))
		return field_text(frame);
	symbol = FIRST_FIELD(frame, "symbol", "name", "address");
	if (field_given(frame, "offset"))
		offset = text_format("+0x%" PRIx64, field_number(frame, "offset"));
	return text_format("%s%s%s%s%s", symbol, offset ? offset : "", *module ? " [" : "", module, *module ? "]" : "");
}
