/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a gpuwatch.probe-order.v1: initcalls, modules and probes in the order in which they came. */
#include "cli/boot/order-table.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/render/table.h"
#include "lib/base/cleanup.h"

#define ROWS_MOST 40	  /* without --all */
#define WIDE_COLUMNS 100  /* from this width on drivers, levels and sources have columns */
#define NORMAL_COLUMNS 72 /* and from this one durations */
#define DEPTH_MOST 8	  /* deeper rows are not set in further */

struct row {
	const json_t *json;
	size_t parent;	/* row in which it ran; SIZE_MAX = none */
	size_t repeats; /* further rows that it stands for */
	bool hidden;
};

struct rows {
	struct row *list;
	size_t count, hidden;
};

/* ---- which rows --------------------------------------------------------------- */

static void rows_init(struct rows *rows, const json_t *list)
{
	_cleanup_json_ json_t *places = json_object();
	json_t *json;
	size_t i;

	*rows = (struct rows){ .list = calloc(json_array_size(list) + 1, sizeof(*rows->list)) };
	if (!rows->list || !places)
		out_of_memory();
	json_array_foreach(list, i, json) {
		const char *id = field_string(json, "id"), *parent = field_string(json, "parent");
		const json_t *place = *parent ? json_object_get(places, parent) : NULL;

		rows->list[rows->count] = (struct row){
			.json = json,
			.parent = place ? (size_t)json_integer_value(place) : SIZE_MAX,
		};
		if (*id && json_object_set_new(places, id, json_integer((json_int_t)rows->count)) < 0)
			out_of_memory();
		rows->count++;
	}
}

static void rows_clear(struct rows *rows)
{
	free(rows->list);
}
#define _cleanup_rows_ _cleanup_(rows_clear)

/* A device that was deferred again and again takes one row, the first of them. */
static void rows_fold_retries(struct rows *rows)
{
	_cleanup_json_ json_t *first = json_object();

	if (!first)
		out_of_memory();
	for (size_t i = 0; i < rows->count; i++) {
		struct row *row = &rows->list[i];
		_cleanup_free_ char *key = NULL;
		const json_t *place;

		if (!field_is(row->json, "kind", "probe") || !field_is(row->json, "outcome", "deferred"))
			continue;
		key = text_format("%s %s %s", field_string(row->json, "bus"), field_string(row->json, "device"),
				  field_string(row->json, "driver"));
		place = json_object_get(first, key);
		if (place) {
			rows->list[json_integer_value(place)].repeats++;
			row->hidden = true;
		} else if (json_object_set_new(first, key, json_integer((json_int_t)i)) < 0) {
			out_of_memory();
		}
	}
}

/* What a reader looks for first: what was lost, other findings, what went wrong otherwise, the rest. */
#define RANKS 4
static unsigned row_rank(const struct order_reports *reports, const json_t *row)
{
	enum order_effect worst = order_worst(reports, field_array(row, "findings"));

	if (worst != ORDER_EFFECTS)
		return worst == ORDER_LOST ? 0 : 1;
	return field_is(row, "outcome", "bound") || field_is(row, "outcome", "ok") ||
			       field_is(row, "outcome", "rejected")
		       ? RANKS - 1
		       : 2;
}

/* Shows a row, and the rows in which it ran. */
static size_t rows_take(struct rows *rows, bool *taken, size_t i)
{
	size_t count = 0;

	while (i != SIZE_MAX && !taken[i]) {
		taken[i] = true;
		count += !rows->list[i].hidden;
		i = rows->list[i].parent;
	}
	return count;
}

/* Keeps the order and drops what matters least. */
static void rows_cut(struct rows *rows, const struct order_reports *reports)
{
	_cleanup_free_ bool *taken = calloc(rows->count + 1, sizeof(bool));
	size_t left = ROWS_MOST;

	if (!taken)
		out_of_memory();
	for (unsigned rank = 0; rank < RANKS; rank++)
		for (size_t i = 0; i < rows->count && left > 0; i++)
			if (!rows->list[i].hidden && row_rank(reports, rows->list[i].json) == rank) {
				size_t count = rows_take(rows, taken, i);

				left -= count < left ? count : left;
			}
	for (size_t i = 0; i < rows->count; i++)
		if (!taken[i] && !rows->list[i].hidden) {
			rows->list[i].hidden = true;
			rows->hidden++;
		}
}

/* ---- one row -------------------------------------------------------------------- */

static const char *row_outcome_style(const char *outcome)
{
	static const struct {
		const char *outcome, *style;
	} styles[] = {
		{ "bound", STYLE_GREEN },     { "ok", "" },
		{ "deferred", STYLE_YELLOW }, { "failed", STYLE_RED },
		{ "rejected", STYLE_DIM },    { "running", STYLE_YELLOW },
		{ "not-loaded", STYLE_DIM },
	};

	for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strcmp(styles[i].outcome, outcome) == 0)
			return styles[i].style;
	return "";
}

/* Set in by how deep it ran inside of other rows; the blanks are kept together with the name. */
static char *row_name_text(const struct row *row, bool drivers)
{
	const char *name = field_string(row->json, "name"), *driver = field_string(row->json, "driver");
	uint64_t depth = field_number(row->json, "depth");
	char *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	for (uint64_t i = 0; i < depth && i < DEPTH_MOST; i++)
		fputs(HARD_BLANK HARD_BLANK, stream);
	if (field_is(row->json, "kind", "module"))
		fprintf(stream, "module%s%s", HARD_BLANK, name);
	else
		fprintf(stream, field_is(row->json, "kind", "initcall") ? "%s()" : "%s", name);
	if (!drivers && *driver && strcmp(driver, name) != 0)
		fprintf(stream, " (%s)", driver);
	text_finish(stream);
	return text;
}

/* "deferred -EPROBE_DEFER ×20"; where there is little room, the code tells the outcome. */
static char *row_result_text(const struct row *row, unsigned width)
{
	const char *outcome = field_string(row->json, "outcome"), *result = field_string(row->json, "result_name");
	bool named = *result && strcmp(result, "0") != 0;
	bool terse = width < WIDE_COLUMNS && named && field_is(row->json, "outcome", "deferred");
	_cleanup_free_ char *times = text_format(row->repeats ? HARD_BLANK "×%zu" : "", row->repeats + 1);

	return text_format("%s%s%s%s", terse ? "" : outcome, named && *outcome && !terse ? " " : "",
			   named ? result : "", times);
}

static char *row_took_text(const json_t *row)
{
	uint64_t begin = field_number(row, "time_ns"), end = field_number(row, "end_ns");

	if (!field_given(row, "end_ns") || end < begin)
		return text_format("%s", "");
	return text_duration_short(end - begin);
}

static void row_print(struct table *table, const struct row *row, const struct order_reports *reports, unsigned width)
{
	const json_t *findings = field_array(row->json, "findings");
	_cleanup_free_ char *time = field_given(row->json, "time_ns") ? text_moment(field_number(row->json, "time_ns"))
								      : text_format("%s", "");
	_cleanup_free_ char *took = row_took_text(row->json), *result = row_result_text(row, width);
	_cleanup_free_ char *name = row_name_text(row, width >= WIDE_COLUMNS);
	_cleanup_free_ char *see = order_numbers(reports, findings);
	enum order_effect worst = order_worst(reports, findings);

	table_row(table);
	table_cell(table, "", "%s", time);
	if (width >= NORMAL_COLUMNS)
		table_cell(table, "", "%s", took);
	table_cell(table, worst == ORDER_EFFECTS ? "" : STYLE_BOLD, "%s", name);
	if (width >= WIDE_COLUMNS) {
		table_cell(table, "", "%s", field_string(row->json, "driver"));
		table_cell(table, "", "%s", field_string(row->json, "level"));
	}
	table_cell(table, row_outcome_style(field_string(row->json, "outcome")), "%s", result);
	if (width >= WIDE_COLUMNS)
		table_cell(table, STYLE_DIM, "%s", field_string(row->json, "source"));
	table_cell(table,
		   worst == ORDER_LOST		 ? STYLE_ALERT
		   : *see && worst != ORDER_OVER ? STYLE_YELLOW
						 : "",
		   "%s", see);
}

/* ---- the table -------------------------------------------------------------------- */

static size_t row_columns(struct column *ret, unsigned width)
{
	static const struct {
		struct column column;
		unsigned width; /* there from this width on */
	} all[] = {
		{ { "TIME", COLUMN_NUMBER }, 0 },
		{ { "TOOK", COLUMN_NUMBER }, NORMAL_COLUMNS },
		{ { "WHAT", COLUMN_WRAP }, 0 },
		{ { "DRIVER", COLUMN_WRAP }, WIDE_COLUMNS },
		{ { "LEVEL", COLUMN_TEXT }, WIDE_COLUMNS },
		{ { "RESULT", COLUMN_WRAP }, 0 },
		{ { "FROM", COLUMN_TEXT }, WIDE_COLUMNS },
		{ { "SEE", COLUMN_TEXT }, 0 },
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (width >= all[i].width)
			ret[count++] = all[i].column;
	return count;
}

void render_order_table(const struct terminal *terminal, const json_t *order, const struct order_reports *reports,
			bool all)
{
	unsigned width = terminal->limited ? terminal->width : WIDE_COLUMNS;
	_cleanup_table_ struct table *table = NULL;
	_cleanup_rows_ struct rows rows;
	struct column columns[8];

	rows_init(&rows, field_array(order, "rows"));
	terminal_put(terminal, "\n" STYLE_BOLD "Boot order" STYLE_END "\n");
	if (rows.count == 0) {
		terminal_put(terminal,
			     "  The records show no probe of a GPU, a display or an IOMMU, and nothing of KFD.\n");
		return;
	}
	if (!all) {
		rows_fold_retries(&rows);
		rows_cut(&rows, reports);
	}
	table = table_new(terminal, columns, row_columns(columns, width));
	for (size_t i = 0; i < rows.count; i++)
		if (!rows.list[i].hidden)
			row_print(table, &rows.list[i], reports, width);
	table_print(table, 2);
	table_more(terminal, rows.hidden, "row");
}
