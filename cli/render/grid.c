/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grid is a table of libsmartcols. */
#include "cli/render/grid.h"

#include <stdlib.h>

#include <libsmartcols/libsmartcols.h>

#include "cli/lib/error.h"
#include "lib/base/array.h"

struct grid {
	const struct terminal *terminal;
	struct libscols_table *scols;
	struct libscols_line **lines; /* libsmartcols has them in a list, and counts it through for each */
	size_t count, room;
};

/* A pipe gets one line per row, whole. */
static int grid_column_flags(const struct terminal *terminal, const struct column *column)
{
	if (column->kind == COLUMN_NUMBER)
		return SCOLS_FL_RIGHT;
	if (!terminal->limited || column->kind == COLUMN_TEXT)
		return 0;
	return column->kind == COLUMN_WRAP ? SCOLS_FL_WRAP : SCOLS_FL_TRUNC;
}

/* Cells take a new line at '\n' and nowhere else. */
static void grid_wrap_at_breaks(struct libscols_column *column)
{
	if (scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) < 0 ||
	    scols_column_set_safechars(column, "\n") < 0)
		out_of_memory();
}

static void grid_add_column(struct grid *grid, const struct column *column)
{
	int flags = grid_column_flags(grid->terminal, column);
	struct libscols_column *added = scols_table_new_column(grid->scols, column->name, 0, flags);
	const char *bold = terminal_sequence(grid->terminal, *STYLE_BOLD);

	if (!added)
		out_of_memory();
	if (flags & SCOLS_FL_WRAP)
		grid_wrap_at_breaks(added);
	if (*bold)
		scols_cell_set_color(scols_column_get_header(added), bold);
}

struct grid *grid_new(const struct terminal *terminal, const struct column *columns, size_t count)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (!grid || count > GRID_COLUMNS_MOST || !(grid->scols = scols_new_table()))
		out_of_memory();
	grid->terminal = terminal;
	scols_table_enable_ascii(grid->scols, !terminal->utf8);
	scols_table_enable_colors(grid->scols, terminal->color);
	scols_table_set_column_separator(grid->scols, "  ");
	for (size_t i = 0; i < count; i++)
		grid_add_column(grid, &columns[i]);
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	scols_unref_table(grid->scols);
	free(grid->lines);
	free(grid);
}

void grid_row(struct grid *grid)
{
	struct libscols_line *line = scols_table_new_line(grid->scols, NULL);

	if (!line || gw_array_reserve(grid->lines, grid->count, grid->room, 1) < 0)
		out_of_memory();
	grid->lines[grid->count++] = line;
}

size_t grid_rows(const struct grid *grid)
{
	return grid->count;
}

void grid_set(struct grid *grid, size_t row, size_t column, char *text)
{
	if (scols_line_refer_data(grid->lines[row], column, text) < 0)
		out_of_memory();
}

void grid_color(struct grid *grid, size_t row, size_t column, const char *sequence)
{
	scols_cell_set_color(scols_line_get_cell(grid->lines[row], column), sequence);
}

char *grid_get(const struct grid *grid, size_t row, size_t column)
{
	return (char *)scols_cell_get_data(scols_line_get_cell(grid->lines[row], column));
}

char *grid_text(struct grid *grid, unsigned width)
{
	bool limited = grid->terminal->limited;
	char *text = NULL;

	scols_table_set_termforce(grid->scols, limited ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (limited)
		scols_table_set_termwidth(grid->scols, width);
	if (scols_print_table_to_string(grid->scols, &text) < 0)
		out_of_memory();
	return text;
}
