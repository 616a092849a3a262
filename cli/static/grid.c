/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A grid without libsmartcols, which Debian has no static library of. Its text is the same where the terminal sets no limit. */
#include "cli/render/grid.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"
#include "lib/base/array.h"

struct cell {
	char *text;	   /* NULL = empty */
	const char *color; /* "" = none */
};

struct grid {
	const struct terminal *terminal;
	const struct column *columns;
	size_t column_count;
	struct cell *cells; /* row by row */
	size_t count, room; /* cells */
};

struct grid *grid_new(const struct terminal *terminal, const struct column *columns, size_t count)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (!grid || count > GRID_COLUMNS_MOST)
		out_of_memory();
	*grid = (struct grid){ .terminal = terminal, .columns = columns, .column_count = count };
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	for (size_t i = 0; i < grid->count; i++)
		free(grid->cells[i].text);
	free(grid->cells);
	free(grid);
}

void grid_row(struct grid *grid)
{
	if (gw_array_reserve(grid->cells, grid->count, grid->room, grid->column_count) < 0)
		out_of_memory();
	for (size_t i = 0; i < grid->column_count; i++)
		grid->cells[grid->count++] = (struct cell){ .color = "" };
}

size_t grid_rows(const struct grid *grid)
{
	return grid->count / grid->column_count;
}

static struct cell *grid_cell(const struct grid *grid, size_t row, size_t column)
{
	return &grid->cells[row * grid->column_count + column];
}

void grid_set(struct grid *grid, size_t row, size_t column, char *text)
{
	struct cell *cell = grid_cell(grid, row, column);

	free(cell->text);
	cell->text = text;
}

void grid_color(struct grid *grid, size_t row, size_t column, const char *sequence)
{
	grid_cell(grid, row, column)->color = sequence;
}

char *grid_get(const struct grid *grid, size_t row, size_t column)
{
	return grid_cell(grid, row, column)->text;
}

/* ---- widths, in columns of the screen ---------------------------------------------------------------- */

static size_t grid_line_width(const struct grid *grid, const char *line)
{
	return terminal_columns(grid->terminal, line, strcspn(line, "\n"));
}

static size_t grid_column_width(const struct grid *grid, size_t column)
{
	size_t widest = strlen(grid->columns[column].name);

	for (size_t row = 0; row < grid_rows(grid); row++)
		for (const char *line = grid_get(grid, row, column); line; line = strchr(line, '\n')) {
			size_t width;

			line += *line == '\n';
			width = grid_line_width(grid, line);
			widest = width > widest ? width : widest;
		}
	return widest;
}

/* The last of the CUT columns gives what the terminal has no room for, then the one before it. */
static void grid_choose_widths(const struct grid *grid, size_t *widths, unsigned limit)
{
	size_t all = GRID_SEPARATOR * (grid->column_count - 1);

	for (size_t i = 0; i < grid->column_count; i++)
		all += widths[i] = grid_column_width(grid, i);
	for (size_t i = grid->column_count; grid->terminal->limited && i-- > 0 && all > limit;) {
		size_t least = strlen(grid->columns[i].name), spare = widths[i] - least;

		if (grid->columns[i].kind != COLUMN_CUT)
			continue;
		spare = all - limit < spare ? all - limit : spare;
		widths[i] -= spare;
		all -= spare;
	}
}

/* ---- text -------------------------------------------------------------------------------------------- */

/* One line of a cell; colour goes around the blanks, too. */
static void grid_print_cell(const struct grid *grid, FILE *stream, size_t column, const struct cell *cell, size_t width)
{
	const char *line = cell->text ? cell->text : "", *next;
	size_t bytes = strcspn(line, "\n"), taken = terminal_columns(grid->terminal, line, bytes);
	int blanks;

	if (taken > width) {
		bytes = terminal_chunk(grid->terminal, line, width, &next);
		taken = terminal_columns(grid->terminal, line, bytes);
	}
	blanks = taken < width ? (int)(width - taken) : 0;
	fputs(cell->color, stream);
	if (grid->columns[column].kind == COLUMN_NUMBER)
		fprintf(stream, "%*s%.*s", blanks, "", (int)bytes, line);
	else
		fprintf(stream, "%.*s%*s", (int)bytes, line, blanks, "");
	fputs(*cell->color ? terminal_sequence(grid->terminal, *STYLE_END) : "", stream);
}

/* As many lines as the cell with the most has. @cells are moved on. */
static void grid_print_row(const struct grid *grid, FILE *stream, struct cell *cells, const size_t *widths)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < grid->column_count; i++) {
			char *rest = cells[i].text ? strchr(cells[i].text, '\n') : NULL;

			grid_print_cell(grid, stream, i, &cells[i], widths[i]);
			fprintf(stream, "%*s", i + 1 < grid->column_count ? GRID_SEPARATOR : 0, "");
			cells[i] = rest ? (struct cell){ rest + 1, cells[i].color } : (struct cell){ .color = "" };
			more = more || rest;
		}
		fputc('\n', stream);
	}
}

char *grid_text(struct grid *grid, unsigned width)
{
	struct cell cells[GRID_COLUMNS_MOST];
	size_t widths[GRID_COLUMNS_MOST], size;
	char *text = NULL;
	FILE *stream = text_stream(&text, &size);

	grid_choose_widths(grid, widths, width);
	for (size_t i = 0; i < grid->column_count; i++)
		cells[i] =
			(struct cell){ (char *)grid->columns[i].name, terminal_sequence(grid->terminal, *STYLE_BOLD) };
	grid_print_row(grid, stream, cells, widths);
	for (size_t row = 0; row < grid_rows(grid); row++) {
		memcpy(cells, grid_cell(grid, row, 0), grid->column_count * sizeof(*cells));
		grid_print_row(grid, stream, cells, widths);
	}
	text_finish(stream);
	return text;
}
