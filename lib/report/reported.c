/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report as header and JSON, and both as text. */
#include "lib/report/reported.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/json.h"

#define JSON_LINE (JSON_COMPACT | JSON_ENSURE_ASCII)

/* ---- life ---------------------------------------------------------------------------------- */

void gw_reported_free(struct gw_reported *reported)
{
	if (!reported)
		return;
	free(reported->summary);
	free(reported->advice);
	free(reported->json);
	free(reported);
}

int gw_reported_new(struct gw_reported **ret, const struct gw_report *report, const json_t *json)
{
	struct gw_reported *reported = malloc(sizeof(*reported));

	if (!reported)
		return -ENOMEM;
	*reported = (struct gw_reported){
		.kind = report->kind,
		.class = report->class,
		.state = report->state,
		.confidence = report->confidence,
		.detected_real_ns = report->detected_real_ns,
		.detected_mono_ns = report->detected_mono_ns,
		.formed_mono_ns = report->formed_mono_ns,
		.resolved_mono_ns = report->resolved_mono_ns,
		.summary = strdup(report->summary ? report->summary : ""),
		.advice = strdup(report->advice ? report->advice : ""),
		.json = json_dumps(json, JSON_LINE),
	};
	memcpy(reported->id, report->id, sizeof(reported->id));
	if (!reported->summary || !reported->advice || !reported->json) {
		gw_reported_free(reported);
		return -ENOMEM;
	}
	*ret = reported;
	return 0;
}

/* The report with its end in it, or NULL. */
static char *reported_json_resolved(const char *text, uint64_t now_mono_ns)
{
	json_t *json = json_loads(text, 0, NULL);
	char *resolved = NULL;

	if (json && json_object_set_new(json, "state", json_string(gw_state_name(GW_STATE_RESOLVED))) == 0 &&
	    json_object_set_new(json, "resolved_mono_ns", gw_json_number(now_mono_ns)) == 0)
		resolved = json_dumps(json, JSON_LINE);
	json_decref(json);
	return resolved;
}

int gw_reported_resolve(struct gw_reported *reported, uint64_t now_mono_ns)
{
	char *json = reported_json_resolved(reported->json, now_mono_ns);

	if (!json)
		return -ENOMEM;
	free(reported->json);
	reported->json = json;
	reported->state = GW_STATE_RESOLVED;
	reported->resolved_mono_ns = now_mono_ns;
	return 0;
}

/* ---- as text ------------------------------------------------------------------------------- */

int gw_reported_write(const struct gw_reported *reported, FILE *file)
{
	json_t *header = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id", reported->id, "kind",
		gw_kind_name(reported->kind), "class", gw_class_name(reported->class), "state",
		gw_state_name(reported->state), "confidence", gw_confidence_name(reported->confidence),
		"detected_real_ns", gw_json_number(reported->detected_real_ns), "detected_mono_ns",
		gw_json_number(reported->detected_mono_ns), "formed_mono_ns", gw_json_number(reported->formed_mono_ns),
		"resolved_mono_ns", gw_json_number(reported->resolved_mono_ns), "summary",
		gw_json_text(reported->summary), "advice", gw_json_text(reported->advice));
	_cleanup_free_ char *line = header ? json_dumps(header, JSON_LINE) : NULL;

	json_decref(header);
	if (!line)
		return -ENOMEM;
	return fprintf(file, "%s\n%s\n", line, reported->json) < 0 ? -errno : 0;
}

/* Takes one line off the text. Returns its length, or -1 when it has no end. */
static ssize_t reported_next_line(const char **line, const char **text, size_t *size)
{
	const char *end = memchr(*text, '\n', *size);
	ssize_t length = end ? end - *text : -1;

	*line = *text;
	*text += end ? (size_t)length + 1 : *size;
	*size -= end ? (size_t)length + 1 : *size;
	return length;
}

/* The values of the enumerations, each of which must be known here. */
static int reported_take_names(struct gw_reported *reported, const char *kind_name, const char *class_name,
			       const char *state_name, const char *confidence_name)
{
	int kind = gw_kind_from_name(kind_name), class = gw_class_from_name(class_name);
	int state = gw_state_from_name(state_name), confidence = gw_confidence_from_name(confidence_name);

	if (kind < 0 || class < 0 || state < 0 || confidence < 0)
		return -EBADMSG;
	reported->kind = (enum gw_kind)kind;
	reported->class = (enum gw_class) class;
	reported->state = (enum gw_state)state;
	reported->confidence = (enum gw_confidence)confidence;
	return 0;
}

static int reported_take_header(struct gw_reported *reported, json_t *header)
{
	const char *id, *kind, *class, *state, *confidence, *summary, *advice;
	json_int_t real, mono, formed, resolved;

	if (json_unpack(header, "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "id", &id, "kind", &kind,
			"class", &class, "state", &state, "confidence", &confidence, "detected_real_ns", &real,
			"detected_mono_ns", &mono, "formed_mono_ns", &formed, "resolved_mono_ns", &resolved, "summary",
			&summary, "advice", &advice) < 0)
		return -EBADMSG;
	if (!id[0] || strlen(id) >= sizeof(reported->id) ||
	    reported_take_names(reported, kind, class, state, confidence) < 0)
		return -EBADMSG;
	strcpy(reported->id, id);
	reported->detected_real_ns = (uint64_t)real;
	reported->detected_mono_ns = (uint64_t)mono;
	reported->formed_mono_ns = (uint64_t)formed;
	reported->resolved_mono_ns = (uint64_t)resolved;
	reported->summary = strdup(summary);
	reported->advice = strdup(advice);
	return reported->summary && reported->advice ? 0 : -ENOMEM;
}

int gw_reported_read(struct gw_reported **ret, const char **text, size_t *size)
{
	const char *header_line, *json_line;
	ssize_t header_length, json_length;
	struct gw_reported *reported;
	json_t *header;
	int r;

	if (*size == 0 || **text == '\n')
		return 0;
	header_length = reported_next_line(&header_line, text, size);
	json_length = reported_next_line(&json_line, text, size);
	if (header_length < 0 || json_length < 0)
		return -EBADMSG;
	header = json_loadb(header_line, (size_t)header_length, 0, NULL);
	if (!header)
		return -EBADMSG;
	reported = calloc(1, sizeof(*reported));
	r = reported ? reported_take_header(reported, header) : -ENOMEM;
	json_decref(header);
	if (r >= 0) {
		reported->json = strndup(json_line, (size_t)json_length);
		r = reported->json ? 1 : -ENOMEM;
	}
	if (r < 0) {
		gw_reported_free(reported);
		return r;
	}
	*ret = reported;
	return r;
}
