/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two boots, one below the other. */
#include "cli/boot/compare.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/order.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "lib/base/cleanup.h"

struct state_view {
	const char *name, *style, *words;
	bool worse, quiet;
};

static const struct state_view *compare_state_view(const json_t *device)
{
	static const struct state_view views[] = {
		{ "missing", STYLE_ALERT, "missing", true, false },
		{ "other-driver", STYLE_ALERT, "another driver", true, false },
		{ "later", STYLE_YELLOW, "later", false, false },
		{ "not-seen", STYLE_DIM, "not in the log", false, false },
		{ "same", STYLE_GREEN, "as it was", false, true },
	};

	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		if (strcmp(views[i].name, field_string(device, "state")) == 0)
			return &views[i];
	return &views[3];
}

bool compare_is_worse(const json_t *compare)
{
	const json_t *devices = field_array(compare, "devices");
	json_t *device;
	size_t i;

	json_array_foreach(devices, i, device)
		if (compare_state_view(device)->worse)
			return true;
	return json_array_size(field_array(compare, "cards")) > 0;
}

/* ---- for people -------------------------------------------------------------------------------------------- */

static char *compare_time_text(const json_t *device, const char *key)
{
	return field_given(device, key) ? text_moment(field_number(device, key)) : text_format("%s", "");
}

static void compare_row(struct table *table, const json_t *device)
{
	const struct state_view *view = compare_state_view(device);
	_cleanup_free_ char *before = compare_time_text(device, "before_ns"),
			    *after = compare_time_text(device, "after_ns");
	const char *driver = field_string(device, "driver"), *now = field_string(device, "driver_now");

	table_row(table);
	table_cell(table, view->style, "%s", view->words);
	table_cell(table, "", "%s", field_string(device, "device"));
	table_cell(table, "", "%s%s%s", driver, *driver && *now && strcmp(driver, now) != 0 ? " -> " : "",
		   strcmp(driver, now) != 0 ? now : "");
	table_cell(table, "", "%s", before);
	table_cell(table, "", "%s", after);
}

static const char *compare_kernel(const json_t *compare, const char *side)
{
	const char *kernel = field_string(field_object(compare, side), "kernel");

	return *kernel ? kernel : "not known";
}

static void compare_print_cards(const struct terminal *terminal, const json_t *compare)
{
	const json_t *reports = field_array(compare, "reports"), *root;
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		root = field_object(report, "root_cause");
		terminal_put(terminal, "\n");
		terminal_paragraph(terminal, "", 0, field_string(report, "summary"));
		terminal_labelled(terminal, "Root cause", field_string(root, "explanation"));
		terminal_labelled(terminal, "Advice", field_string(root, "advice"));
	}
}

void render_compare(const struct terminal *terminal, const json_t *compare, bool all)
{
	static const struct column columns[] = {
		{ "STATE", COLUMN_TEXT },    { "DEVICE", COLUMN_WRAP }, { "DRIVER", COLUMN_WRAP },
		{ "BEFORE", COLUMN_NUMBER }, { "NOW", COLUMN_NUMBER },
	};
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	const json_t *devices = field_array(compare, "devices");
	size_t quiet = 0, shown = 0, i;
	_cleanup_free_ char *heading = NULL;
	json_t *device;

	json_array_foreach(devices, i, device) {
		bool hide = compare_state_view(device)->quiet && !all;

		quiet += hide;
		shown += !hide;
		if (!hide)
			compare_row(table, device);
	}
	heading = text_format("Kernel %s before, %s now: %zu of %zu devices as they were%s.",
			      compare_kernel(compare, "before"), compare_kernel(compare, "after"),
			      json_array_size(devices) - shown + (all ? quiet : 0), json_array_size(devices),
			      all ? ", those included below" : "");
	terminal_paragraph(terminal, "", 0, heading);
	if (shown) {
		terminal_put(terminal, "\n");
		table_print(table, 2);
	}
	compare_print_cards(terminal, compare);
}

/* ---- for test farms ------------------------------------------------------------------------------------------- */

static void ktap_begin(const struct terminal *terminal, size_t tests)
{
	terminal_print(terminal, "KTAP version 1\n1..%zu\n", tests);
}

/* A description must have neither '#' nor a line's end. */
static void ktap_result(const struct terminal *terminal, bool good, size_t number, const char *what,
			const char *directive)
{
	_cleanup_free_ char *copy = text_format("%s", what);

	for (char *at = copy; *at; at++)
		if (*at == '#' || *at == '\n' || *at == '\r')
			*at = ' ';
	terminal_print(terminal, "%sok %zu %s%s\n", good ? "" : "not ", number, copy, directive);
}

void render_compare_ktap(const struct terminal *terminal, const json_t *compare)
{
	const json_t *devices = field_array(compare, "devices");
	size_t i, count = json_array_size(devices);
	json_t *device;

	ktap_begin(terminal, count + 1);
	json_array_foreach(devices, i, device) {
		const struct state_view *view = compare_state_view(device);
		const char *driver = field_string(device, "driver");
		_cleanup_free_ char *what =
			text_format("%s%s%s", field_string(device, "device"), *driver ? " " : "", driver);

		if (view->worse)
			terminal_print(terminal, "# %s\n", view->words);
		ktap_result(terminal, !view->worse, i + 1, what,
			    field_is(device, "state", "not-seen") ? " # SKIP the log does not show it" : "");
	}
	ktap_result(terminal, json_array_size(field_array(compare, "cards")) == 0, count + 1, "DRM minors", "");
}

void render_order_ktap(const struct terminal *terminal, const json_t *order)
{
	_cleanup_order_reports_ struct order_reports reports = { .list = NULL };
	size_t lost = order_lost(order), number = 0;

	order_reports_init(&reports, order);
	ktap_begin(terminal, lost ? lost : 1);
	if (lost == 0)
		ktap_result(terminal, true, 1, "nothing was lost", "");
	for (size_t i = 0; i < reports.count; i++) {
		const json_t *report = reports.list[i];
		_cleanup_free_ char *what = NULL;

		if (order_effect(report) != ORDER_LOST)
			continue;
		what = text_format("%s: %s", field_string(report, "class"), field_string(report, "summary"));
		ktap_result(terminal, false, ++number, what, "");
	}
}
