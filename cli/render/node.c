/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node by its phrase, an edge by its relation; relations that this version does not know are shown as they are. */
#include "cli/render/node.h"

#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/terminal.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/report/relation.h"

bool node_is_task(const json_t *node)
{
	return field_is(node, "type", "task");
}

/* An id begins with its type: "lock:0xffff...". */
static char *node_id_text(const json_t *node)
{
	const char *type = field_string(node, "type"), *id = field_string(node, "id");

	if (!*id)
		return text_format("%s", *type ? type : "something");
	if (strncmp(id, type, strlen(type)) == 0)
		return text_format(STYLE_CYAN "%s" STYLE_END, id);
	return text_format("%s " STYLE_CYAN "%s" STYLE_END, type, id);
}

/* "compositor (pid 812)": the name stands out, and lines do not break after it. */
static char *node_task_name(const char *comm, const char *phrase)
{
	size_t length = strlen(comm);
	_cleanup_free_ char *rest = NULL;

	if (length == 0 || strncmp(phrase, comm, length) != 0)
		return text_format(STYLE_BOLD "%s" STYLE_END, phrase);
	rest = text_together(phrase + length);
	return text_format(STYLE_BOLD "%s" STYLE_END "%s", comm, rest);
}

/* What is longer breaks before its module: there may be no line for it. */
#define PLACE_TOGETHER_MOST 44

static char *node_place_text(const char *place)
{
	bool together = strlen(place) <= PLACE_TOGETHER_MOST;
	_cleanup_free_ char *text = together ? text_together(place) : text_format("%s", place);

	return text_format("in" HARD_BLANK "%s", text);
}

/* And where it sleeps: "in amdgpu_cs_ioctl [amdgpu]". */
static char *node_task_text(const json_t *node, const char *phrase)
{
	char *name = node_task_name(field_string(node, "comm"), phrase);
	_cleanup_free_ char *place = NULL, *alone = NULL;

	if (!field_given(node, "place"))
		return name;
	alone = name;
	place = node_place_text(field_string(node, "place"));
	return text_format("%s " STYLE_DIM "%s" STYLE_END, alone, place);
}

char *node_text(const json_t *node)
{
	const char *phrase = field_string(node, "phrase");

	if (!*phrase)
		return node_id_text(node);
	if (node_is_task(node))
		return node_task_text(node, phrase);
	return text_format(STYLE_CYAN "%s" STYLE_END, phrase);
}

char *edge_phrase(const json_t *edge, const json_t *from, const json_t *to)
{
	return text_words(gw_relation_phrase(edge, from, to));
}

/* The longer names of the schema, shortened where room is short. */
static char *edge_evidence_words(const char *evidence)
{
	static const struct {
		const char *evidence, *words;
	} shorter[] = {
		{ "owner-field", "owner" },	{ "learned-signaller", "learned" }, { "workqueue-state", "workqueue" },
		{ "fence-structure", "fence" }, { "last-holder", "taken last" },
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

/* Whether the text of the node has what the field says, or another column does. */
static bool node_text_has(const json_t *node, const char *key, const char *value)
{
	static const char *const never[] = { "id", "type", "phrase", "stack", "since_mono_ns", "gone", "wait" };
	static const char *const names[] = { "comm",	 "pid",	    "tgid",	 "context",   "seqno",	  "driver",
					     "timeline", "symbol",  "name",	 "lock_type", "function", "workqueue",
					     "mm",	 "address", "structure", "taken_in" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strcmp(never[i], key) == 0)
			return true;
	if (node_is_task(node) && strcmp(key, "place") == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], key) == 0)
			return strstr(field_string(node, "phrase"), value);
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

		if (!*text || node_text_has(node, key, text))
			continue;
		fprintf(stream, "%s%s " STYLE_DIM "%s" STYLE_END, separator, note ? "it" : name, text);
		separator = ", ";
	}
	text_finish(stream);
	return details;
}
