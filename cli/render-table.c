/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables by libsmartcols. */
#include "render-table.h"

#include <stdlib.h>
#include <string.h>

#include <libsmartcols/libsmartcols.h>

#include "text.h"

struct table {
	const struct terminal *terminal;
	struct libscols_table *scols;
	struct libscols_line *line;
	size_t next; /* cell of the line */
};

static void add_column(struct table *table, const struct column *column)
{
	static const int flags[] = {
		[COLUMN_TEXT] = 0,
		[COLUMN_NUMBER] = SCOLS_FL_RIGHT,
		[COLUMN_WRAP] = SCOLS_FL_WRAP,
		[COLUMN_CUT] = SCOLS_FL_TRUNC,
	};
	/* A pipe gets one line per row, whole. */
	int flag = table->terminal->limited || column->kind == COLUMN_NUMBER ? flags[column->kind] : 0;
	struct libscols_column *added = scols_table_new_column(table->scols, column->name, column->share, flag);
	const char *bold = terminal_sequence(table->terminal, STYLE_BOLD[0]);

	if (!added)
		out_of_memory();
	if (*bold)
		scols_cell_set_color(scols_column_get_header(added), bold);
}

struct table *table_new(const struct terminal *terminal, const struct column *columns, size_t count)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || !(table->scols = scols_new_table()))
		out_of_memory();
	table->terminal = terminal;
	scols_table_enable_ascii(table->scols, !terminal->utf8);
	scols_table_enable_colors(table->scols, terminal->color);
	scols_table_set_column_separator(table->scols, "  ");
	for (size_t i = 0; i < count; i++)
		add_column(table, &columns[i]);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->scols);
	free(table);
}

void table_row(struct table *table)
{
	table->line = scols_table_new_line(table->scols, NULL);
	table->next = 0;
	if (!table->line)
		out_of_memory();
}

void table_cell(struct table *table, const char *style, const char *format, ...)
{
	const char *color = terminal_sequence(table->terminal, *style);
	_cleanup_free_ char *styled = NULL;
	va_list arguments;
	char *plain;

	va_start(arguments, format);
	styled = text_vformat(format, arguments);
	va_end(arguments);
	plain = terminal_plain(table->terminal, styled);
	if (scols_line_refer_data(table->line, table->next, plain) < 0)
		out_of_memory();
	if (*style && *color)
		scols_cell_set_color(scols_line_get_cell(table->line, table->next), color);
	table->next++;
}

static void print_line(const struct terminal *terminal, const char *line, size_t bytes, unsigned indent)
{
	while (bytes > 0 && line[bytes - 1] == ' ')
		bytes--;
	fprintf(terminal->out, "%*s%.*s\n", (int)indent, "", (int)bytes, line);
}

void table_print(struct table *table, unsigned indent)
{
	const struct terminal *terminal = table->terminal;
	char *text = NULL, *end;

	scols_table_set_termforce(table->scols, terminal->limited ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (terminal->limited)
		scols_table_set_termwidth(table->scols, terminal->width - indent);
	if (scols_print_table_to_string(table->scols, &text) < 0)
		out_of_memory();
	for (char *line = text; line && *line; line = end) {
		end = strchrnul(line, '\n');
		print_line(terminal, line, (size_t)(end - line), indent);
		end += *end == '\n';
	}
	free(text);
}
