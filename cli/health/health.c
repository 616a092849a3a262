/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the daemon's answers to a document, and from the document to a line. */
#include "cli/health/health.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/status.h"
#include "lib/base/units.h"
#include "lib/report/report.h"

#define SCHEMA "gpuwatch.check.v1"

/* What is probable only has had so long to end by itself; a node that is drained for nothing costs more than a minute. */
#define PROBABLE_NS (60 * GW_NSEC_PER_SEC)

static const char *const health_states[] = {
	[HEALTH_HEALTHY] = "healthy",
	[HEALTH_PROBLEM] = "problem",
	[HEALTH_UNKNOWN] = "unknown",
};

bool health_format_read(const char *name, enum health_format *ret)
{
	static const char *const names[] = {
		[HEALTH_PLAIN] = "plain", [HEALTH_NAGIOS] = "nagios", [HEALTH_NPD] = "npd",
		[HEALTH_NHC] = "nhc",	  [HEALTH_JSON] = "json",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0) {
			*ret = (enum health_format)i;
			return true;
		}
	return false;
}

/* ---- judging ------------------------------------------------------------- */

static bool health_is_problem(const json_t *report, uint64_t now_ns)
{
	uint64_t since = field_number(report, "detected_mono_ns");

	if (!field_is(report, "state", gw_state_name(GW_STATE_ACTIVE)))
		return false;
	if (field_is(report, "confidence", gw_confidence_name(GW_CONFIDENCE_PROVEN)))
		return true;
	return field_is(report, "confidence", gw_confidence_name(GW_CONFIDENCE_PROBABLE)) &&
	       (now_ns < since || now_ns - since >= PROBABLE_NS);
}

/* Deadlocks before livelocks, proven ones first, of those the oldest. */
static bool health_is_worse(const json_t *report, const json_t *than)
{
	bool deadlock = field_is(report, "kind", gw_kind_name(GW_KIND_DEADLOCK));
	bool proven = field_is(report, "confidence", gw_confidence_name(GW_CONFIDENCE_PROVEN));

	if (!than)
		return true;
	if (deadlock != field_is(than, "kind", gw_kind_name(GW_KIND_DEADLOCK)))
		return deadlock;
	if (proven != field_is(than, "confidence", gw_confidence_name(GW_CONFIDENCE_PROVEN)))
		return proven;
	return field_number(report, "detected_mono_ns") < field_number(than, "detected_mono_ns");
}

/* The codes that the agents of AMD and NVIDIA have for the same. */
static const char *health_action(const json_t *report)
{
	static const struct {
		const char *code, *action;
	} actions[] = {
		{ "wait", "none" },
		{ "close", "restart-app" },
		{ "kill", "restart-app" },
		{ "gpu-reset", "component-reset" },
		{ "unbind", "component-reset" },
		{ "reboot", "reboot" },
	};
	const json_t *action = field_object(field_object(report, "root_cause"), "action");

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (field_is(action, "code", actions[i].code))
			return actions[i].action;
	return "contact-support";
}

/* The root cause; NULL if the report has none. */
static const json_t *health_culprit(const json_t *report)
{
	return field_node(report, field_string(field_object(report, "root_cause"), "node"));
}

static json_t *health_document(enum health_state state, const char *reason, const char *action)
{
	json_t *health = json_pack("{s:s, s:s, s:s, s:s}", "schema", SCHEMA, "state", health_states[state], "reason",
				   reason, "recommended_action", action);

	if (!health)
		out_of_memory();
	return health;
}

static void health_put(json_t *health, const char *key, json_t *value)
{
	if (json_object_set_new(health, key, value) < 0)
		out_of_memory();
}

json_t *health_unknown(const char *reason)
{
	return health_document(HEALTH_UNKNOWN, reason, "none");
}

/* New string. An older daemon's nodes have no phrase. */
static char *health_name(const json_t *report, const json_t *culprit)
{
	if (field_given(culprit, "phrase"))
		return text_format("%s", field_string(culprit, "phrase"));
	if (field_given(culprit, "comm"))
		return text_format("%s (pid %" PRIu64 ")", field_string(culprit, "comm"), field_number(culprit, "pid"));
	return text_format("%s", field_string(field_given(culprit, "id") ? culprit : report, "id"));
}

static json_t *health_problem(const json_t *report, size_t count)
{
	static const char *const copied[] = { "class", "kind", "confidence", "detected_at", "summary" };
	json_t *health = health_document(HEALTH_PROBLEM, "", health_action(report));
	const json_t *culprit = health_culprit(report);
	_cleanup_free_ char *name = health_name(report, culprit);

	health_put(health, "report", json_string(field_string(report, "id")));
	health_put(health, "culprit", json_string(name));
	if (field_number(culprit, "pid"))
		health_put(health, "culprit_pid", json_integer((json_int_t)field_number(culprit, "pid")));
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		health_put(health, copied[i], json_string(field_string(report, copied[i])));
	health_put(health, "problems", json_integer((json_int_t)count));
	return health;
}

/* A probe that the kernel refused is a gap, and no reason to distrust what the others see. */
static json_t *health_healthy(const json_t *status)
{
	uint64_t stalls = field_number(field_object(status, "active_reports"), gw_kind_name(GW_KIND_STALL));
	size_t failed = status_failed_probes(status);
	_cleanup_free_ char *stalled = stalls ? text_format(", %d stall%s", (int)stalls, stalls == 1 ? "" : "s") : NULL;
	_cleanup_free_ char *unseen =
		failed ? text_format(", %zu probe%s failed", failed, failed == 1 ? "" : "s") : NULL;
	_cleanup_free_ char *reason = text_format("no GPU deadlock%s%s", stalled ? stalled : "", unseen ? unseen : "");

	return health_document(HEALTH_HEALTHY, reason, "none");
}

static bool health_any_probe_works(const json_t *status)
{
	json_t *probe;
	size_t i;

	json_array_foreach(field_array(status, "probes"), i, probe)
		if (field_is(probe, "state", "attached") || field_is(probe, "state", "adopted"))
			return true;
	return false;
}

static bool health_has_looked(const json_t *status)
{
	const json_t *counters = field_object(status, "counters");

	return field_number(counters, "snapshots") > field_number(counters, "failed_snapshots");
}

json_t *health_judge(const json_t *status, const json_t *reports, uint64_t now_ns)
{
	const json_t *worst = NULL;
	size_t count = 0, i;
	json_t *report;

	json_array_foreach(reports, i, report) {
		if (!health_is_problem(report, now_ns))
			continue;
		count++;
		if (health_is_worse(report, worst))
			worst = report;
	}
	if (worst)
		return health_problem(worst, count);
	if (!health_has_looked(status))
		return health_unknown("gpuwatchd has not finished its first look: ask again");
	if (!health_any_probe_works(status))
		return health_unknown("gpuwatchd watches nothing here: gpuwatch-cli status");
	return health_healthy(status);
}

/* ---- the line ------------------------------------------------------------ */

enum health_state health_state_of(const json_t *health)
{
	for (size_t i = 0; i < sizeof(health_states) / sizeof(health_states[0]); i++)
		if (field_is(health, "state", health_states[i]))
			return (enum health_state)i;
	return HEALTH_UNKNOWN;
}

static const char *health_prefix(enum health_state state, enum health_format format)
{
	static const char *const nagios[] = {
		[HEALTH_HEALTHY] = "OK: ",
		[HEALTH_PROBLEM] = "CRITICAL: ",
		[HEALTH_UNKNOWN] = "UNKNOWN: ",
	};

	return format == HEALTH_NAGIOS ? nagios[state] : format == HEALTH_NHC ? "check_gpuwatch: " : "";
}

/* At most @limit bytes of @text, and no half of a character; what was cut ends with "~". Owned by the caller. */
static char *health_cut(const char *text, size_t limit)
{
	size_t size = strlen(text);

	if (size <= limit)
		return text_format("%s", text);
	size = limit ? limit - 1 : 0;
	while (size && (text[size] & 0xc0) == 0x80)
		size--;
	return text_format("%.*s%s", (int)size, text, limit ? "~" : "");
}

/* The culprit in @limit bytes: its pid alone is worth more than half of its name. Owned by the caller. */
static char *health_culprit_text(const json_t *health, size_t limit)
{
	const char *name = field_string(health, "culprit");
	uint64_t pid = field_number(health, "culprit_pid");

	return pid && strlen(name) > limit ? text_format("pid %d", (int)pid) : health_cut(name, limit);
}

/* "[class] culprit - RecommendedAction: code; 2 more", of which the culprit is cut before the rest, and the count left out. */
static char *health_problem_line(const json_t *health, const char *prefix)
{
	_cleanup_free_ char *head = text_format("%s[%s] ", prefix, field_string(health, "class"));
	_cleanup_free_ char *tail = text_format(" - RecommendedAction: %s", field_string(health, "recommended_action"));
	uint64_t problems = field_number(health, "problems");
	_cleanup_free_ char *more = problems > 1 ? text_format("; %d more", (int)problems - 1) : text_format("%s", "");
	size_t taken = strlen(head) + strlen(tail);
	_cleanup_free_ char *culprit = health_culprit_text(health, taken < HEALTH_LINE ? HEALTH_LINE - taken : 0);
	bool fits = taken + strlen(culprit) + strlen(more) <= HEALTH_LINE;

	return text_format("%s%s%s%s", head, culprit, tail, fits ? more : "");
}

static char *health_text(const json_t *health, enum health_format format)
{
	const char *prefix = health_prefix(health_state_of(health), format);

	if (health_state_of(health) == HEALTH_PROBLEM)
		return health_problem_line(health, prefix);
	return text_format("%s%s", prefix, field_string(health, "reason"));
}

char *health_line(const json_t *health, enum health_format format)
{
	_cleanup_free_ char *text = NULL;
	char *line;

	if (format != HEALTH_JSON) {
		text = health_text(health, format);
		return health_cut(text, HEALTH_LINE);
	}
	line = json_dumps(health, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!line)
		out_of_memory();
	return line;
}

int health_exit_code(const json_t *health, enum health_format format)
{
	static const int nagios[] = { [HEALTH_HEALTHY] = 0, [HEALTH_PROBLEM] = 2, [HEALTH_UNKNOWN] = 3 };
	enum health_state state = health_state_of(health);

	return format == HEALTH_NAGIOS ? nagios[state] : (int)state;
}
