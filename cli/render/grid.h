/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells in columns, made a text: by libsmartcols here, and without it in the static build (cli/static/grid.c). */
#ifndef GPUWATCH_CLI_RENDER_GRID_H
#define GPUWATCH_CLI_RENDER_GRID_H

#include <stddef.h>

#include "cli/lib/terminal.h"

#define GRID_SEPARATOR 2     /* blanks between columns */
#define GRID_COLUMNS_MOST 16 /* of a grid */

enum column_kind {
	COLUMN_TEXT,   /* kept whole */
	COLUMN_NUMBER, /* kept whole, to the right */
	COLUMN_WRAP,   /* takes more lines when the terminal is narrow */
	COLUMN_CUT,    /* is cut when the terminal is narrow */
};

struct column {
	const char *name; /* ASCII */
	enum column_kind kind;
};

struct grid;

/* Never NULL. @columns, at most GRID_COLUMNS_MOST, must outlive the grid. */
struct grid *grid_new(const struct terminal *terminal, const struct column *columns, size_t count);
void grid_free(struct grid *grid);

void grid_row(struct grid *grid);
size_t grid_rows(const struct grid *grid);

/* @text is the grid's from here on; it may have line breaks. The cell was empty, or had another text. */
void grid_set(struct grid *grid, size_t row, size_t column, char *text);
/* An escape sequence that outlives the grid. */
void grid_color(struct grid *grid, size_t row, size_t column, const char *sequence);
/* The cell's text, to be changed in place; NULL = it is empty. */
char *grid_get(const struct grid *grid, size_t row, size_t column);

/* Headings and rows, as wide as the terminal where that limits them (@width columns); may have blanks at line ends. Owned by the caller. */
char *grid_text(struct grid *grid, unsigned width);

#endif
