/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables: cells of text with a style, fitted to the terminal. */
#ifndef GPUWATCH_CLI_RENDER_TABLE_H
#define GPUWATCH_CLI_RENDER_TABLE_H

#include <stddef.h>

#include "cli/lib/terminal.h"
#include "cli/render/grid.h"
#include "lib/base/cleanup.h"

struct table;

/* Never NULL. @columns must outlive the table. */
struct table *table_new(const struct terminal *terminal, const struct column *columns, size_t count);
void table_free(struct table *table);

/* Of more than 10,000 rows the first ones are kept, and the others counted. */
void table_row(struct table *table);
/* The next cell of the row; @style is one of STYLE_* or "". */
void table_cell(struct table *table, const char *style, const char *format, ...) _printf_(3, 4);

/* Prints with each line indented, no blanks at line ends. */
void table_print(struct table *table, unsigned indent);

/* "12 more rows: --all", dimmed; nothing when none is hidden. @what: one of them. */
void table_more(const struct terminal *terminal, size_t hidden, const char *what);

static inline void table_freep(struct table **table)
{
	table_free(*table);
}
#define _cleanup_table_ _cleanup_(table_freep)

#endif
