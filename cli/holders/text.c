/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is in the way of what: tables of tasks and of processes, and lines of what the kernel itself holds. */
#include "cli/holders/text.h"

#include <inttypes.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "cli/render/waits.h"
#include "lib/base/cleanup.h"

/* Items of an array of strings, separated by blanks. */
static char *holders_words(const json_t *list)
{
	char *text = NULL;
	json_t *item;
	size_t size, i;
	FILE *stream = text_stream(&text, &size);

	json_array_foreach(list, i, item)
		fprintf(stream, "%s%s", i ? " " : "", json_string_value(item) ? json_string_value(item) : "");
	text_finish(stream);
	return text;
}

static void holders_print_device(const struct terminal *terminal, const json_t *document)
{
	const json_t *device = field_object(document, "device");
	_cleanup_free_ char *nodes = holders_words(field_array(device, "nodes"));
	_cleanup_free_ char *count =
		field_given(document, "module_count")
			? text_format("%s, in use %" PRIu64 " times", field_string(device, "module"),
				      field_number(document, "module_count"))
			: text_format("%s", field_string(device, "module"));

	terminal_labelled(terminal, "Device", field_string(device, "name"));
	terminal_labelled(terminal, "Driver", field_string(device, "driver"));
	terminal_labelled(terminal, "Module", count);
	terminal_labelled(terminal, "Nodes", nodes);
}

static void holders_print_stuck(const struct terminal *terminal, const json_t *document)
{
	_cleanup_json_ json_t *waits = json_pack("{s:O}", "waits", field_array(document, "stuck"));

	if (!json_array_size(field_array(document, "stuck")))
		return;
	terminal_put(terminal, "\n" STYLE_ALERT "Stuck in the driver" STYLE_END
			       ": a reset, an unbind or a signal may wait for them.\n");
	render_waits(terminal, waits);
}

/* "/dev/dri/card0 ×2 /dev/kfd" */
static char *holders_files(const json_t *process)
{
	char *text = NULL;
	json_t *file;
	size_t size, i;
	FILE *stream = text_stream(&text, &size);

	json_array_foreach(field_array(process, "files"), i, file) {
		fprintf(stream, "%s%s", i ? " " : "", field_string(file, "path"));
		if (field_number(file, "count") > 1)
			fprintf(stream, " ×%" PRIu64, field_number(file, "count"));
	}
	text_finish(stream);
	return text;
}

static void holders_print_processes(const struct terminal *terminal, const json_t *document)
{
	static const struct column columns[] = {
		{ "PID", COLUMN_NUMBER },
		{ "COMMAND", COLUMN_TEXT },
		{ "STATE", COLUMN_TEXT },
		{ "OPEN", COLUMN_WRAP },
	};
	const json_t *processes = field_array(document, "processes");
	_cleanup_table_ struct table *table = table_new(terminal, columns, sizeof(columns) / sizeof(columns[0]));
	json_t *process;
	size_t i;

	if (!json_array_size(processes))
		return;
	terminal_put(terminal, "\n" STYLE_BOLD "Open files" STYLE_END
			       ": rmmod is refused until they are closed; an unbind leaves them behind.\n");
	json_array_foreach(processes, i, process) {
		_cleanup_free_ char *files = holders_files(process);

		table_row(table);
		table_cell(table, "", "%" PRIu64, field_number(process, "pid"));
		table_cell(table, "", "%s", field_string(process, "comm"));
		table_cell(table, field_is(process, "state", "D") ? STYLE_RED : "", "%s",
			   field_string(process, "state"));
		table_cell(table, "", "%s", files);
	}
	table_print(table, 0);
}

static void holders_print_kernel(const struct terminal *terminal, const json_t *document)
{
	_cleanup_free_ char *users = holders_words(field_array(document, "module_users"));
	_cleanup_free_ char *consoles = holders_words(field_array(document, "consoles"));
	json_t *text;
	size_t i;

	if (*users || *consoles)
		terminal_put(terminal, "\n");
	terminal_labelled(terminal, "Used by", users);
	if (*consoles) {
		_cleanup_free_ char *line =
			text_format("%s; to let go: echo 0 >/sys/class/vtconsole/NAME/bind", consoles);

		terminal_labelled(terminal, "Consoles", line);
	}
	terminal_put(terminal, "\n");
	json_array_foreach(field_array(document, "not_seen"), i, text)
		terminal_labelled(terminal, i ? "" : "Not seen", json_string_value(text));
}

static bool holders_none(const json_t *document)
{
	return !json_array_size(field_array(document, "stuck")) &&
	       !json_array_size(field_array(document, "processes")) &&
	       !json_array_size(field_array(document, "module_users")) &&
	       !json_array_size(field_array(document, "consoles"));
}

void render_holders(const struct terminal *terminal, const json_t *document)
{
	holders_print_device(terminal, document);
	if (holders_none(document))
		terminal_put(terminal, field_number(document, "module_count") > 0
					       ? "\nThe module is in use, and by whom is not shown.\n"
					       : "\nNothing that is seen holds it.\n");
	holders_print_stuck(terminal, document);
	holders_print_processes(terminal, document);
	holders_print_kernel(terminal, document);
}
