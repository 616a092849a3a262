/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables by libsmartcols. */
#include "cli/render/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <libsmartcols/libsmartcols.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"
#include "lib/base/array.h"
#include "lib/base/cleanup.h"

#define SEPARATOR 2	/* blanks between columns */
#define WRAP_LEAST 10	/* columns that a WRAP column keeps, however narrow the screen */
#define COLUMNS_MOST 16 /* of a table */

struct table {
	const struct terminal *terminal;
	const struct column *columns;
	size_t count;
	struct libscols_table *scols;
	struct libscols_line **lines; /* libsmartcols has them in a list, and counts it through for each */
	size_t line_count, line_room;
	size_t next; /* cell of the last line */
};

/* A pipe gets one line per row, whole. */
static int table_column_flags(const struct table *table, const struct column *column)
{
	if (column->kind == COLUMN_NUMBER)
		return SCOLS_FL_RIGHT;
	if (!table->terminal->limited || column->kind == COLUMN_TEXT)
		return 0;
	return column->kind == COLUMN_WRAP ? SCOLS_FL_WRAP : SCOLS_FL_TRUNC;
}

/* Cells take a new line at '\n' and nowhere else. */
static void table_wrap_at_breaks(struct libscols_column *column)
{
	if (scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) < 0 ||
	    scols_column_set_safechars(column, "\n") < 0)
		out_of_memory();
}

static void table_add_column(struct table *table, const struct column *column)
{
	int flags = table_column_flags(table, column);
	struct libscols_column *added = scols_table_new_column(table->scols, column->name, 0, flags);
	const char *bold = terminal_sequence(table->terminal, *STYLE_BOLD);

	if (!added)
		out_of_memory();
	if (flags & SCOLS_FL_WRAP)
		table_wrap_at_breaks(added);
	if (*bold)
		scols_cell_set_color(scols_column_get_header(added), bold);
}

struct table *table_new(const struct terminal *terminal, const struct column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || count > COLUMNS_MOST || !(table->scols = scols_new_table()))
		out_of_memory();
	table->terminal = terminal;
	table->columns = columns;
	table->count = count;
	scols_table_enable_ascii(table->scols, !terminal->utf8);
	scols_table_enable_colors(table->scols, terminal->color);
	scols_table_set_column_separator(table->scols, "  ");
	for (size_t i = 0; i < count; i++)
		table_add_column(table, &columns[i]);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->scols);
	free(table->lines);
	free(table);
}

void table_row(struct table *table)
{
	struct libscols_line *line = scols_table_new_line(table->scols, NULL);

	if (!line || gw_array_reserve(table->lines, table->line_count, table->line_room, 1) < 0)
		out_of_memory();
	table->lines[table->line_count++] = line;
	table->next = 0;
}

void table_cell(struct table *table, const char *style, const char *format, ...)
{
	const char *color = terminal_sequence(table->terminal, *style);
	struct libscols_line *line = table->lines[table->line_count - 1];
	_cleanup_free_ char *styled = NULL;
	va_list arguments;
	char *plain;

	va_start(arguments, format);
	styled = text_vformat(format, arguments);
	va_end(arguments);
	plain = terminal_plain(table->terminal, styled);
	if (scols_line_refer_data(line, table->next, plain) < 0)
		out_of_memory();
	if (*style && *color)
		scols_cell_set_color(scols_line_get_cell(line, table->next), color);
	table->next++;
}

/* ---- wrapping: libsmartcols breaks inside words, so the line breaks are put in beforehand -------- */

static char *table_cell_data(const struct table *table, size_t row, size_t column)
{
	return (char *)scols_cell_get_data(scols_line_get_cell(table->lines[row], column));
}

/* Screen columns of the widest cell, heading included. */
static size_t table_natural_width(const struct table *table, size_t column)
{
	size_t widest = strlen(table->columns[column].name);

	for (size_t row = 0; row < table->line_count; row++) {
		const char *data = table_cell_data(table, row, column);
		size_t width = data ? terminal_columns(table->terminal, data, strlen(data)) : 0;

		widest = width > widest ? width : widest;
	}
	return widest;
}

/* The next column that asks for less than an equal part of what is left, or any when all ask for more. */
static size_t table_narrowest_column(const struct table *table, const size_t *widths, const bool *settled)
{
	size_t best = table->count;

	for (size_t i = 0; i < table->count; i++)
		if (!settled[i] && (best == table->count || widths[i] < widths[best]))
			best = i;
	return best;
}

/* Natural widths; WRAP columns share what the others leave, none gets more than it needs. */
static void table_choose_widths(const struct table *table, size_t *widths, size_t room)
{
	bool settled[COLUMNS_MOST];
	size_t wraps = 0;

	room -= room < SEPARATOR * (table->count - 1) ? room : SEPARATOR * (table->count - 1);
	for (size_t i = 0; i < table->count; i++) {
		widths[i] = table_natural_width(table, i);
		settled[i] = table->columns[i].kind != COLUMN_WRAP;
		wraps += !settled[i];
		room -= settled[i] ? (widths[i] < room ? widths[i] : room) : 0;
	}
	for (; wraps > 0; wraps--) {
		size_t i = table_narrowest_column(table, widths, settled), part = room / wraps;

		part = part < WRAP_LEAST ? WRAP_LEAST : part;
		widths[i] = widths[i] > part ? part : widths[i];
		settled[i] = true;
		room -= widths[i] < room ? widths[i] : room;
	}
}

static void table_wrap_cell(const struct table *table, size_t row, size_t column, size_t width)
{
	const char *text = table_cell_data(table, row, column);
	char *wrapped = NULL;
	size_t size;
	FILE *stream;

	if (!text || !*text)
		return;
	stream = text_stream(&wrapped, &size);
	while (*text) {
		const char *next;
		size_t bytes = terminal_chunk(table->terminal, text, width, &next);

		fprintf(stream, "%.*s%s", (int)bytes, text, *next ? "\n" : "");
		text = next;
	}
	text_finish(stream);
	scols_line_refer_data(table->lines[row], column, wrapped);
}

/* Breaks are chosen: what kept words together is a blank from here on. */
static void table_soften_blanks(char *text)
{
	for (char *blank; text && (blank = strstr(text, HARD_BLANK)); text = blank + 1) {
		*blank = ' ';
		memmove(blank + 1, blank + strlen(HARD_BLANK), strlen(blank + strlen(HARD_BLANK)) + 1);
	}
}

static void table_wrap_cells(const struct table *table, size_t room)
{
	size_t widths[COLUMNS_MOST];

	if (table->terminal->limited)
		table_choose_widths(table, widths, room);
	for (size_t row = 0; row < table->line_count; row++)
		for (size_t i = 0; i < table->count; i++) {
			if (table->terminal->limited && table->columns[i].kind == COLUMN_WRAP)
				table_wrap_cell(table, row, i, widths[i]);
			table_soften_blanks(table_cell_data(table, row, i));
		}
}

/* ---- output ------------------------------------------------------------------------------------- */

static size_t table_line_length(const char *line, size_t bytes)
{
	while (bytes > 0 && line[bytes - 1] == ' ')
		bytes--;
	return bytes;
}

/* Blanks at the end are dropped, also those inside of the last cell's colour. */
static void table_print_line(const struct terminal *terminal, const char *line, size_t bytes, unsigned indent)
{
	const char *end = terminal_sequence(terminal, *STYLE_END);
	size_t length = strlen(end);
	bool colored;

	bytes = table_line_length(line, bytes);
	colored = length > 0 && bytes >= length && memcmp(line + bytes - length, end, length) == 0;
	if (colored)
		bytes = table_line_length(line, bytes - length);
	fprintf(terminal->out, "%*s%.*s%s\n", (int)indent, "", (int)bytes, line, colored ? end : "");
}

void table_print(struct table *table, unsigned indent)
{
	const struct terminal *terminal = table->terminal;
	char *text = NULL, *end;

	scols_table_set_termforce(table->scols, terminal->limited ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (terminal->limited)
		scols_table_set_termwidth(table->scols, terminal->width - indent);
	table_wrap_cells(table, terminal->width - indent);
	if (scols_print_table_to_string(table->scols, &text) < 0)
		out_of_memory();
	for (char *line = text; line && *line; line = end) {
		end = strchrnul(line, '\n');
		table_print_line(terminal, line, (size_t)(end - line), indent);
		end += *end == '\n';
	}
	free(text);
}

void table_more(const struct terminal *terminal, size_t hidden, const char *what)
{
	if (hidden)
		terminal_print(terminal, "  " STYLE_DIM "%zu more %s%s: --all" STYLE_END "\n", hidden, what,
			       hidden == 1 ? "" : "s");
}
