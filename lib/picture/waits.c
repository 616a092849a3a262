/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars in HTML. */
#include "lib/picture/waits.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/picture/draw.h"
#include "lib/picture/graph.h"
#include "lib/picture/svg.h"
#include "lib/report/relation.h"

#define ROWS_MOST 40

struct row {
	const json_t *edge, *from, *to;
	json_int_t since_ns;
	bool in_cycle;
};

struct rows {
	struct row rows[ROWS_MOST];
	size_t count, left_out;
	bool closed; /* the report's cycle is a loop, and not a chain to a dead end */
	json_int_t begin_ns, end_ns;
};

/* Whether the edge leads from the last node of the cycle to the first one. */
static bool waits_closes(const json_t *cycle, const char *from, const char *to)
{
	const json_t *first = json_array_get(cycle, 0), *last = json_array_get(cycle, json_array_size(cycle) - 1);

	return json_is_string(first) && json_is_string(last) && strcmp(json_string_value(last), from) == 0 &&
	       strcmp(json_string_value(first), to) == 0;
}

/* Longest wait first. */
static int waits_compare(const void *one, const void *other)
{
	const struct row *a = one, *b = other;

	return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

static void waits_collect(struct rows *rows, const json_t *report)
{
	const json_t *cycle = json_object_get(report, "cycle");
	json_t *nodes = gw_picture_index(json_object_get(report, "nodes")), *in_cycle = gw_picture_index(cycle), *edge;
	size_t i;

	json_array_foreach(json_object_get(report, "edges"), i, edge) {
		json_int_t since = json_integer_value(json_object_get(edge, "since_mono_ns"));
		const char *from = gw_json_string(edge, "from"), *to = gw_json_string(edge, "to");
		const json_t *waiter = json_object_get(nodes, from);

		rows->closed |= waits_closes(cycle, from, to);

		if (since <= 0 || since >= rows->end_ns || strcmp(gw_json_string(waiter, "type"), "task") != 0)
			continue;
		if (rows->count == ROWS_MOST) {
			rows->left_out++;
			continue;
		}
		rows->rows[rows->count++] = (struct row){
			.edge = edge,
			.from = waiter,
			.to = json_object_get(nodes, to),
			.since_ns = since,
			.in_cycle = json_object_get(in_cycle, from) && json_object_get(in_cycle, to),
		};
	}
	json_decref(in_cycle);
	json_decref(nodes);
	qsort(rows->rows, rows->count, sizeof(rows->rows[0]), waits_compare);
	rows->begin_ns = rows->count ? rows->rows[0].since_ns : 0;
}

static double waits_percent(const struct rows *rows, json_int_t at_ns)
{
	return 100.0 * (double)(at_ns - rows->begin_ns) / (double)(rows->end_ns - rows->begin_ns);
}

static void waits_row(FILE *out, const struct rows *rows, const struct row *row)
{
	double left = waits_percent(rows, row->since_ns);
	_cleanup_free_ char *age = gw_draw_age(row->since_ns, rows->end_ns);
	const char *part = rows->closed ? " <span class=\"dim\">(in the loop)</span>"
					: " <span class=\"dim\">(in the chain)</span>";

	fputs("<li>", out);
	gw_svg_escape(out, gw_picture_phrase(row->from));
	fputs(" <span class=\"dim\">", out);
	gw_svg_escape(out, gw_relation_phrase(row->edge, row->from, row->to));
	fputs("</span> ", out);
	gw_svg_escape(out, gw_picture_phrase(row->to));
	fputs(" <b>", out);
	gw_svg_escape(out, age);
	fprintf(out, "</b>%s<div class=\"track\"><i%s style=\"margin-left:%.2f%%;width:%.2f%%\"></i></div></li>\n",
		row->in_cycle ? part : "", row->in_cycle ? " class=\"loop\"" : "", left, 100 - left);
}

/* From where on the report was there. Words stand on the side where there is more room. */
static void waits_begin(FILE *out, const struct rows *rows, json_int_t detected_ns)
{
	double at = waits_percent(rows, detected_ns);

	if (detected_ns <= rows->begin_ns || detected_ns >= rows->end_ns)
		fputs("<div class=\"waits\">\n", out);
	else if (at > 60)
		fprintf(out,
			"<div class=\"waits marked\">\n<span class=\"mark left\" style=\"right:%.2f%%\">detected</span>\n",
			100 - at);
	else
		fprintf(out,
			"<div class=\"waits marked\">\n<span class=\"mark\" style=\"left:%.2f%%\">detected</span>\n",
			at);
}

void gw_picture_waits(FILE *out, const json_t *report, json_int_t end_ns)
{
	struct rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return;
	rows->end_ns = end_ns;
	waits_collect(rows, report);
	if (rows->count) {
		fprintf(out, "<h3>Waits</h3>\n<p class=\"dim\">From %.3f s to %.3f s after boot, longest first.</p>\n",
			(double)rows->begin_ns / GW_NSEC_PER_SEC, (double)end_ns / GW_NSEC_PER_SEC);
		waits_begin(out, rows, json_integer_value(json_object_get(report, "detected_mono_ns")));
		fputs("<ol>\n", out);
		for (size_t i = 0; i < rows->count; i++)
			waits_row(out, rows, &rows->rows[i]);
		fputs("</ol>\n</div>\n", out);
	}
	if (rows->left_out)
		fprintf(out, "<p class=\"dim\">%zu more are not shown.</p>\n", rows->left_out);
	free(rows);
}
