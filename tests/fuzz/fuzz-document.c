/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes arbitrary documents as what the daemon or a file gives gpuwatch-cli, and shows them in one way, which the first byte chooses: as
 * tables, chains or an image. The mutator works on the values of the document, so that it stays one; tests/fuzz/run builds and runs it.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/boot/order.h"
#include "cli/lib/json-field.h"
#include "cli/lib/terminal.h"
#include "cli/render/kfd.h"
#include "cli/render/report.h"
#include "cli/render/status.h"
#include "cli/render/waits.h"
#include "cli/svg/timeline.h"
#include "lib/picture/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed);

/* The first byte is '0' and one of these, and VIEWS more for a terminal that can do less. */
enum view {
	VIEW_TEXT,
	VIEW_SVG,
	VIEW_HTML,
	VIEW_DOT,
	VIEWS,
};

/* ---- mutation of values ------------------------------------------------------------------- */

static unsigned int mutator_next(unsigned int *seed, unsigned int below)
{
	*seed = *seed * 1103515245 + 12345;
	return below ? (*seed >> 8) % below : 0;
}

static json_t *mutator_value(unsigned int *seed)
{
	static const json_int_t numbers[] = { 0,	 1,	     -1,	1000000,  60000000000,
					      INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MIN };
	static const char *const texts[] = { "",
					     "a",
					     "task",
					     "fence",
					     "lock",
					     "\n\t\x1b[31m",
					     "\xc2\x9b",
					     "\xe2\x80\xae",
					     "%s%n",
					     "<&\"'>",
					     "0xffff888100004000" };

	switch (mutator_next(seed, 8)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(mutator_next(seed, 2));
	case 2:
		return json_object();
	case 3:
		return json_array();
	case 4:
	case 5:
		return json_string(texts[mutator_next(seed, sizeof(texts) / sizeof(texts[0]))]);
	default:
		return json_integer(numbers[mutator_next(seed, sizeof(numbers) / sizeof(numbers[0]))]);
	}
}

static void mutator_change_object(json_t *object, unsigned int *seed);

static void mutator_change_array(json_t *array, unsigned int *seed)
{
	size_t size = json_array_size(array), at = mutator_next(seed, (unsigned int)size);

	switch (mutator_next(seed, 4)) {
	case 0:
		json_array_remove(array, at);
		break;
	case 1:
		json_array_append_new(array, size ? json_deep_copy(json_array_get(array, at)) : mutator_value(seed));
		break;
	case 2:
		json_array_set_new(array, at, mutator_value(seed));
		break;
	default:
		if (json_is_object(json_array_get(array, at)))
			mutator_change_object(json_array_get(array, at), seed);
	}
}

static void mutator_change_object(json_t *object, unsigned int *seed)
{
	unsigned int wanted = mutator_next(seed, (unsigned int)json_object_size(object)), i = 0;
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		if (i++ < wanted)
			continue;
		if (json_is_object(value) && mutator_next(seed, 4))
			mutator_change_object(value, seed);
		else if (json_is_array(value) && mutator_next(seed, 4))
			mutator_change_array(value, seed);
		else if (mutator_next(seed, 4))
			json_object_set_new(object, key, mutator_value(seed));
		else
			json_object_del(object, key);
		return;
	}
}

static void mutator_change(json_t *document, unsigned int *seed)
{
	for (unsigned int i = 0; i <= mutator_next(seed, 4); i++) {
		if (json_is_object(document))
			mutator_change_object(document, seed);
		else if (json_is_array(document))
			mutator_change_array(document, seed);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned int seed)
{
	json_t *document = size > 0 ? json_loadb((const char *)data + 1, size - 1, 0, NULL) : NULL;
	size_t length;

	if (!document || mutator_next(&seed, 20) == 0) {
		json_decref(document);
		return LLVMFuzzerMutate(data, size, room);
	}
	if (mutator_next(&seed, 8) == 0)
		data[0] = (uint8_t)('0' + mutator_next(&seed, 2 * VIEWS));
	else
		mutator_change(document, &seed);
	length = 1 + json_dumpb(document, (char *)data + 1, room - 1, JSON_COMPACT);
	json_decref(document);
	return length <= room ? length : size;
}

/* ---- the ways to show it -------------------------------------------------------------------- */

static void show_report(const struct terminal *terminal, const json_t *report)
{
	struct report_view view = { .terminal = terminal };

	render_report_detail(&view, report);
	render_report_end(&view, report);
}

static void show_text(const struct terminal *terminal, const json_t *reports)
{
	struct report_view view = { .terminal = terminal, .now_ns = 60000000000 };
	json_t *report;
	size_t i;

	render_report_list(&view, reports);
	json_array_foreach(reports, i, report)
		show_report(terminal, report);
}

static void show_reports(const struct terminal *terminal, enum view view, const json_t *reports)
{
	switch (view) {
	case VIEW_SVG:
		gw_picture_svg(terminal->out, reports, 60000000000);
		break;
	case VIEW_HTML:
		gw_picture_html(terminal->out, reports, 0);
		break;
	case VIEW_DOT:
		gw_picture_dot(terminal->out, reports, 0);
		break;
	default:
		show_text(terminal, reports);
	}
}

static void show_one(const struct terminal *terminal, enum view view, const json_t *report)
{
	json_t *one;

	if (view == VIEW_TEXT) {
		show_report(terminal, report);
		return;
	}
	one = json_pack("[O]", report);
	show_reports(terminal, view, one);
	json_decref(one);
}

/* What there are two views of is shown as a table or otherwise. */
static void show(const struct terminal *terminal, enum view view, const json_t *document)
{
	bool table = view == VIEW_TEXT || view == VIEW_HTML;

	if (json_is_array(document)) {
		show_reports(terminal, view, document);
	} else if (field_array(document, "rows")) {
		if (table)
			render_order(terminal, document, true);
		else
			svg_timeline(terminal->out, document, true);
	} else if (field_array(document, "waits")) {
		if (table)
			render_waits(terminal, document);
		else
			render_all_waits(terminal, document);
	} else if (field_array(document, "timelines")) {
		render_timelines(terminal, document);
	} else if (field_array(document, "probes")) {
		render_status(terminal, document);
	} else if (field_array(document, "devices")) {
		render_kfd(terminal, document);
	} else {
		show_one(terminal, view, document);
	}
}

/* ---- what comes out ------------------------------------------------------------------------- */

/*
 * What a terminal obeys comes from this program alone, which uses none without colour. Written is looked at and dropped: most of the
 * time would go into keeping it, and into counting what the loop over its bytes compares.
 */
__attribute__((no_sanitize("coverage", "address", "undefined"))) static ssize_t
output_write(void *cookie, const char *text, size_t size)
{
	char *last = cookie;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\x1b' || (*last == '\xc2' && (unsigned char)text[i] < 0xa0))
			abort();
		*last = text[i];
	}
	return (ssize_t)size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int first = size > 0 ? data[0] - (unsigned int)'0' : 0;
	json_t *document = size > 0 ? json_loadb((const char *)data + 1, size - 1, 0, NULL) : NULL;
	struct terminal terminal = { .width = 80, .utf8 = true, .limited = first / VIEWS % 2 };
	char last = '\0';

	if (!json_is_object(document) && !json_is_array(document)) {
		json_decref(document);
		return 0;
	}
	terminal.out = fopencookie(&last, "w", (cookie_io_functions_t){ .write = output_write });
	if (!terminal.out)
		abort();
	json_clean(document);
	show(&terminal, first % VIEWS, document);
	fclose(terminal.out);
	json_decref(document);
	return 0;
}
