/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdicts on a boot: what was lost or is fragile, by whom, when, and what to do. */
#include "cli/render/verdict.h"

#include <inttypes.h>
#include <string.h>
#include <syslog.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/base/units.h"

#define FULL_MOST 6	 /* shown in full; further ones in a line each */
#define VERDICTS_MOST 24 /* shown at all without --all */
#define INDENT 4

static const char *verdict_style(enum order_effect effect)
{
	if (effect == ORDER_LOST)
		return STYLE_ALERT;
	if (effect == ORDER_OVER)
		return STYLE_GREEN;
	return effect == ORDER_OTHER ? STYLE_BOLD : STYLE_YELLOW;
}

static int verdict_priority(enum order_effect effect)
{
	if (effect == ORDER_LOST)
		return LOG_ERR;
	return effect == ORDER_OVER ? LOG_INFO : LOG_NOTICE;
}

/* "1.  Lost  <summary>" */
static void verdict_print_title(const struct terminal *terminal, const json_t *report, size_t number)
{
	_cleanup_free_ char *label = text_format(STYLE_BOLD "%zu." STYLE_END, number);
	_cleanup_free_ char *text =
		text_format("%s%s" STYLE_END "  %s", verdict_style(order_effect(report)),
			    order_effect_title(order_effect(report)), field_string(report, "summary"));

	terminal_paragraph(terminal, label, INDENT, text);
}

/* "radeon_module_init, driver radeon, module radeon": whatever is known of a party. */
static char *verdict_party_text(const char *name, const char *driver, const char *module)
{
	char *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);
	const char *separator = "";

	if (*name) {
		fputs(name, stream);
		separator = ", ";
	}
	if (*driver && strcmp(driver, name) != 0) {
		fprintf(stream, "%sdriver %s", separator, driver);
		separator = ", ";
	}
	if (*module && strcmp(module, driver) != 0 && strcmp(module, name) != 0)
		fprintf(stream, "%smodule %s", separator, module);
	text_finish(stream);
	return text;
}

static void verdict_print_parties(const struct terminal *terminal, const json_t *about, enum order_effect effect)
{
	const char *bus = field_string(about, "bus"), *device = field_string(about, "device");
	uint64_t devices = field_number(about, "devices");
	_cleanup_free_ char *more = text_format(devices > 1 ? " and %" PRIu64 " more" : "", devices - 1);
	_cleanup_free_ char *name = text_format(*bus && *device ? "%s (%s)%s" : "%s%.0s%s", device, bus, more);
	_cleanup_free_ char *consumer =
		verdict_party_text(name, field_string(about, "driver"), field_string(about, "module"));
	_cleanup_free_ char *supplier =
		verdict_party_text(field_string(about, "supplier"), field_string(about, "supplier_driver"),
				   field_string(about, "supplier_module"));

	/* What is on no bus is a driver's name. */
	terminal_labelled(terminal, *device && *bus ? "Device" : "Driver",
			  consumer + (*device || strncmp(consumer, "driver ", 7) != 0 ? 0 : 7));
	terminal_labelled(terminal, "Needs", supplier);
	terminal_labelled(terminal, effect == ORDER_LOST ? "Missing" : "At stake", field_string(about, "feature"));
}

#define MOMENT_NS GW_NSEC_PER_MSEC /* what is shorter began and ended at once, as far as times are shown */

/* "0.874 s to 0.883 s", "at 0.874 s", or "" */
static char *verdict_span_text(const json_t *about, const char *begin_key, const char *end_key)
{
	bool has_begin = field_given(about, begin_key), has_end = field_given(about, end_key);
	uint64_t begin_ns = field_number(about, begin_key), end_ns = field_number(about, end_key);
	_cleanup_free_ char *begin = text_moment(begin_ns), *end = text_moment(end_ns);

	if (has_begin && has_end && end_ns >= begin_ns + MOMENT_NS)
		return text_format("%s to %s", begin, end);
	if (has_begin || has_end)
		return text_format("%s %s", has_begin ? "at" : "until", has_begin ? begin : end);
	return text_format("%s", "");
}

/* When the supplier was ready, as seen from the consumer's begin. */
static char *verdict_ready_text(const json_t *about, enum order_effect effect)
{
	uint64_t ready = field_number(about, "supplier_ready_ns"), begin = field_number(about, "begin_ns");
	bool later = ready > begin, has_begin = field_given(about, "begin_ns");
	_cleanup_free_ char *moment = text_moment(ready);
	_cleanup_free_ char *duration = text_duration(later ? ready - begin : begin - ready);
	_cleanup_free_ char *gap = text_together(duration);

	if (!field_given(about, "supplier_ready_ns")) {
		_cleanup_free_ char *span = verdict_span_text(about, "supplier_begin_ns", "supplier_ready_ns");

		return text_format("%s%s", *span ? "; what it needs began " : "", span);
	}
	if (!has_begin)
		return text_format("what it needs was ready at %s", moment);
	return text_format("; what it needs was ready at %s, %s %s", moment, gap,
			   !later		  ? "before"
			   : effect == ORDER_LOST ? "too late"
						  : "later");
}

static void verdict_print_when(const struct terminal *terminal, const json_t *about, enum order_effect effect)
{
	_cleanup_free_ char *span = verdict_span_text(about, "begin_ns", "end_ns"),
			    *ready = verdict_ready_text(about, effect);
	_cleanup_free_ char *text = text_format("%s%s", span, ready);

	terminal_labelled(terminal, "When", text + (strncmp(text, "; ", 2) == 0 ? 2 : 0));
}

/* "-EPROBE_DEFER, tried 21 times, 4.1 s lost" */
static void verdict_print_result(const struct terminal *terminal, const json_t *about)
{
	uint64_t retries = field_number(about, "retries"), lost = field_number(about, "lost_ns");
	const char *name = field_string(about, "result_name");
	_cleanup_free_ char *duration = text_duration(lost), *time = text_together(duration), *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);
	const char *separator = "";

	if (*name) {
		fputs(strcmp(name, "0") == 0 ? "0, success" : name, stream);
		separator = ", ";
	}
	if (retries) {
		fprintf(stream, "%s%" PRIu64 " retr%s", separator, retries, retries == 1 ? "y" : "ies");
		separator = ", ";
	}
	if (lost)
		fprintf(stream, "%s%s lost", separator, time);
	text_finish(stream);
	terminal_labelled(terminal, "Result", text);
}

void render_verdict(const struct terminal *terminal, const json_t *report)
{
	const json_t *about = field_object(report, "probe_order"), *root = field_object(report, "root_cause");

	verdict_print_parties(terminal, about, order_effect(report));
	verdict_print_when(terminal, about, order_effect(report));
	verdict_print_result(terminal, about);
	terminal_labelled(terminal, "Known from", field_string(about, "source"));
	terminal_labelled(terminal, "Root cause", field_string(root, "explanation"));
	terminal_labelled(terminal, "Advice", field_string(root, "advice"));
}

static void verdict_print(const struct terminal *terminal, const json_t *report, size_t number)
{
	terminal_put(terminal, "\n");
	verdict_print_title(terminal, report, number);
	terminal_print(terminal, "    " STYLE_DIM "%s  %s  %s" STYLE_END "\n", field_string(report, "class"),
		       field_string(report, "confidence"), field_string(report, "id"));
	render_verdict(terminal, report);
}

void render_verdicts(const struct terminal *terminal, const struct order_reports *reports, bool all)
{
	size_t shown = all || reports->count <= VERDICTS_MOST ? reports->count : VERDICTS_MOST;

	for (size_t i = 0; i < shown; i++) {
		terminal_priority(terminal, verdict_priority(order_effect(reports->list[i])));
		if (all || i < FULL_MOST) {
			verdict_print(terminal, reports->list[i], i + 1);
			continue;
		}
		if (i == FULL_MOST)
			terminal_put(terminal, "\n");
		verdict_print_title(terminal, reports->list[i], i + 1);
	}
	terminal_priority(terminal, LOG_INFO);
	if (!all && reports->count > FULL_MOST)
		terminal_print(terminal, "    " STYLE_DIM "%d of %zu in full, %zu in a line: --all" STYLE_END "\n",
			       FULL_MOST, reports->count, shown - FULL_MOST);
}
