/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gpuwatch.probe-order.v1 for people: what it is about and what it comes to; verdicts and tables are beside this file. */
#include "cli/boot/order.h"

#include <inttypes.h>
#include <string.h>
#include <syslog.h>

#include "cli/boot/order-table.h"
#include "cli/lib/json-field.h"
#include "cli/lib/order.h"
#include "cli/lib/text.h"
#include "cli/render/tree.h"
#include "cli/render/verdict.h"
#include "lib/base/cleanup.h"

static const char *order_plural(uint64_t number)
{
	return number == 1 ? "" : "s";
}

/* ---- what it is about -------------------------------------------------------- */

static void order_print_origin(const struct terminal *terminal, const json_t *order)
{
	const json_t *summary = field_object(order, "summary");
	uint64_t probes = field_number(summary, "probes"), initcalls = field_number(summary, "initcalls");
	uint64_t deferrals = field_number(summary, "deferrals"), devices = field_number(summary, "devices");
	const char *boot = field_string(order, "boot_id"), *kernel = field_string(order, "kernel");
	uint64_t now_ns = field_number(order, "now_ns");
	_cleanup_free_ char *moment = text_moment(now_ns), *after = text_format(", %s after its start", moment);
	_cleanup_free_ char *line =
		text_format(STYLE_DIM "Boot %s, kernel %s%s: %" PRIu64 " initcall%s, %" PRIu64 " probe%s of %" PRIu64
				      " device%s, %" PRIu64 " deferral%s." STYLE_END,
			    *boot ? boot : "of a log", *kernel ? kernel : "not known", now_ns ? after : "", initcalls,
			    order_plural(initcalls), probes, order_plural(probes), devices, order_plural(devices),
			    deferrals, order_plural(deferrals));

	terminal_paragraph(terminal, "", 0, line);
}

/* ---- what it comes to ---------------------------------------------------------- */

static size_t order_count_effect(const struct order_reports *reports, enum order_effect effect)
{
	size_t count = 0;

	for (size_t i = 0; i < reports->count; i++)
		count += order_effect(reports->list[i]) == effect;
	return count;
}

/* "1 is fragile" after "1 thing was lost". */
static void order_add_count(FILE *stream, size_t count, const char *one, const char *several)
{
	if (count)
		fprintf(stream, ", %zu %s", count, count == 1 ? one : several);
}

static void order_print_conclusion(const struct terminal *terminal, const json_t *order,
				   const struct order_reports *reports)
{
	bool complete = field_true(order, "complete");
	size_t lost = order_lost(order), size;
	char *text = NULL;
	FILE *stream = text_stream(&text, &size);

	if (lost)
		fprintf(stream, STYLE_ALERT "%zu thing%s lost" STYLE_END, lost, lost == 1 ? " was" : "s were");
	else
		fprintf(stream, "%s%s" STYLE_END, reports->count || !complete ? STYLE_BOLD : STYLE_GREEN,
			complete ? "Nothing was lost" : "No loss was recorded");
	order_add_count(stream, order_count_effect(reports, ORDER_FRAGILE), "is fragile", "are fragile");
	order_add_count(stream, order_count_effect(reports, ORDER_SLOW), "cost time", "cost time");
	order_add_count(stream, order_count_effect(reports, ORDER_OTHER), "finding of another kind",
			"findings of other kinds");
	order_add_count(stream, order_count_effect(reports, ORDER_OVER), "is over", "are over");
	fprintf(stream, ".%s", complete ? "" : " Part of the boot was not recorded, see below.");
	text_finish(stream);
	terminal_priority(terminal, lost ? LOG_ERR : LOG_INFO);
	terminal_paragraph(terminal, "", 0, text);
	terminal_priority(terminal, LOG_INFO);
	free(text);
}

/* ---- the kernel's settings -------------------------------------------------------- */

static char *order_timeout_text(const json_t *settings)
{
	const json_t *timeout = json_object_get(settings, "deferred_probe_timeout_s");
	_cleanup_free_ char *expired = text_moment(field_number(settings, "timeout_expired_ns"));
	bool over = field_given(settings, "timeout_expired_ns");

	if (!json_is_integer(timeout))
		return text_format("%s%s", over ? "deferred probes given up at " : "", over ? expired : "");
	if (json_integer_value(timeout) < 0)
		return text_format("deferred_probe_timeout never");
	return text_format("deferred_probe_timeout %" JSON_INTEGER_FORMAT " s%s%s", json_integer_value(timeout),
			   over ? ", over at " : "", over ? expired : "");
}

static void order_print_settings(const struct terminal *terminal, const json_t *settings)
{
	_cleanup_free_ char *timeout = order_timeout_text(settings), *text = NULL;
	const char *fw_devlink = field_string(settings, "fw_devlink"), *iommu = field_string(settings, "iommu");
	const json_t *debug = json_object_get(settings, "initcall_debug");
	size_t size;
	FILE *stream = text_stream(&text, &size);

	if (*fw_devlink)
		fprintf(stream, "fw_devlink=%s%s; ", fw_devlink,
			field_true(settings, "fw_devlink_strict") ? ", strict" : "");
	if (*timeout)
		fprintf(stream, "%s; ", timeout);
	if (*iommu)
		fprintf(stream, "iommu=%s; ", iommu);
	if (json_is_boolean(debug))
		fprintf(stream, "initcall_debug %s; ", json_is_true(debug) ? "on" : "off");
	text_finish(stream);
	if (strlen(text) > 2)
		text[strlen(text) - 2] = '\0';
	terminal_put(terminal, *text ? "\n" : "");
	terminal_paragraph(terminal, STYLE_BOLD "Settings" STYLE_END, 10, text);
}

/* ---- what was not seen --------------------------------------------------------------- */

/* " (from 0.000 s to 8.213 s)"; "" when nobody knows. */
static char *order_missing_span(const json_t *missing)
{
	bool from = field_given(missing, "from_ns"), to = field_given(missing, "to_ns");
	_cleanup_free_ char *begin = text_moment(field_number(missing, "from_ns"));
	_cleanup_free_ char *end = text_moment(field_number(missing, "to_ns"));

	if (from && to)
		return text_format(" (%s to %s)", begin, end);
	if (from || to)
		return text_format(" (%s %s)", from ? "from" : "until", from ? begin : end);
	return text_format("%s", "");
}

static void order_print_missing(const struct terminal *terminal, const json_t *order)
{
	const json_t *list = field_array(order, "missing");
	json_t *missing;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	terminal_put(terminal, "\n" STYLE_YELLOW "Not seen of this boot" STYLE_END "\n");
	json_array_foreach(list, i, missing) {
		const char *text = field_string(missing, "text"), *remedy = field_string(missing, "remedy");
		_cleanup_free_ char *span = order_missing_span(missing), *line = NULL;
		const char *words = *text ? text : field_string(missing, "part");
		size_t length = strlen(words);

		length -= length > 0 && words[length - 1] == '.';
		line = text_format("%.*s%s%s", (int)length, words, span, words + length);

		terminal_paragraph(terminal, "  - ", 4, line);
		/* What the next one needs, too, is below that. */
		if (strcmp(remedy, field_string(json_array_get(list, i + 1), "remedy")) != 0)
			terminal_paragraph(terminal, "    " STYLE_BOLD "To see it:" STYLE_END, 15, remedy);
	}
}

void render_order(const struct terminal *terminal, const json_t *order, bool all)
{
	_cleanup_order_reports_ struct order_reports reports;

	order_reports_init(&reports, order);
	order_print_origin(terminal, order);
	order_print_conclusion(terminal, order, &reports);
	render_verdicts(terminal, &reports, all);
	render_order_table(terminal, order, &reports, all);
	render_tree(terminal, field_array(order, "tree"), all);
	order_print_missing(terminal, order);
	order_print_settings(terminal, field_object(order, "settings"));
}
