/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of styled cells, wrapped to the terminal. */
#include "cli/render/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"

#define WRAP_LEAST 10		  /* columns that a WRAP column keeps, however narrow the screen */
#define ROWS_MOST ((size_t)10000) /* nobody reads more, and each costs time and memory */

struct table {
	const struct terminal *terminal;
	const struct column *columns;
	size_t count;
	struct grid *grid;
	size_t next;   /* cell of the last row */
	size_t hidden; /* rows beyond the most, the last one among them */
};

struct table *table_new(const struct terminal *terminal, const struct column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		out_of_memory();
	*table = (struct table){
		.terminal = terminal,
		.columns = columns,
		.count = count,
		.grid = grid_new(terminal, columns, count),
	};
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	grid_free(table->grid);
	free(table);
}

void table_row(struct table *table)
{
	if (grid_rows(table->grid) < ROWS_MOST)
		grid_row(table->grid);
	else
		table->hidden++;
	table->next = 0;
}

void table_cell(struct table *table, const char *style, const char *format, ...)
{
	const char *color = terminal_sequence(table->terminal, *style);
	size_t row = grid_rows(table->grid) - 1;
	_cleanup_free_ char *styled = NULL;
	va_list arguments;

	if (table->hidden)
		return;
	va_start(arguments, format);
	styled = text_vformat(format, arguments);
	va_end(arguments);
	grid_set(table->grid, row, table->next, terminal_plain(table->terminal, styled));
	if (*style && *color)
		grid_color(table->grid, row, table->next, color);
	table->next++;
}

/* ---- wrapping at words: a grid breaks cells where they have line breaks, and those are put in beforehand --- */

/* Screen columns of the widest cell, heading included. */
static size_t table_natural_width(const struct table *table, size_t column)
{
	size_t widest = strlen(table->columns[column].name);

	for (size_t row = 0; row < grid_rows(table->grid); row++) {
		const char *data = grid_get(table->grid, row, column);
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
	bool settled[GRID_COLUMNS_MOST];
	size_t wraps = 0;

	room -= room < GRID_SEPARATOR * (table->count - 1) ? room : GRID_SEPARATOR * (table->count - 1);
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
	const char *text = grid_get(table->grid, row, column);
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
	grid_set(table->grid, row, column, wrapped);
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
	size_t widths[GRID_COLUMNS_MOST];

	if (table->terminal->limited)
		table_choose_widths(table, widths, room);
	for (size_t row = 0; row < grid_rows(table->grid); row++)
		for (size_t i = 0; i < table->count; i++) {
			if (table->terminal->limited && table->columns[i].kind == COLUMN_WRAP)
				table_wrap_cell(table, row, i, widths[i]);
			table_soften_blanks(grid_get(table->grid, row, i));
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
	_cleanup_free_ char *text = NULL;
	char *end;

	table_wrap_cells(table, terminal->width - indent);
	text = grid_text(table->grid, terminal->width - indent);
	for (char *line = text; line && *line; line = end) {
		end = strchrnul(line, '\n');
		table_print_line(terminal, line, (size_t)(end - line), indent);
		end += *end == '\n';
	}
	if (table->hidden)
		terminal_print(terminal, "%*s" STYLE_DIM "%zu more: --json has them" STYLE_END "\n", (int)indent, "",
			       table->hidden);
}

void table_more(const struct terminal *terminal, size_t hidden, const char *what)
{
	if (hidden)
		terminal_print(terminal, "  " STYLE_DIM "%zu more %s%s: --all" STYLE_END "\n", hidden, what,
			       hidden == 1 ? "" : "s");
}
