/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of several reports. */
#include "lib/picture/picture.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/picture/dot.h"
#include "lib/picture/draw.h"
#include "lib/picture/graph.h"
#include "lib/picture/layout.h"
#include "lib/picture/page.h"
#include "lib/picture/style.h"
#include "lib/picture/svg.h"

#define TITLE_HEIGHT 28.0
#define TITLE_WIDTH 9.4	    /* of a character */
#define SUMMARY_HEIGHT 16.0 /* of a line */
#define SUMMARY_WIDTH 6.9
#define SUMMARY_LEAST 64 /* characters of a line, however narrow the graph is */
#define NOTHING "No report"

void gw_picture_dot(FILE *out, const json_t *reports, json_int_t now_ns)
{
	json_t *report;
	size_t i;

	json_array_foreach(reports, i, report) {
		_cleanup_picture_ struct gw_picture picture;

		if (gw_picture_init(&picture, report) == 0)
			gw_dot_graph(out, &picture, gw_picture_end_ns(report, now_ns));
	}
	if (!json_array_size(reports))
		fputs("digraph {\n\tlabel=\"" NOTHING "\";\n}\n", out);
}

/* "Deadlock  d-1f3a9c02e455  fence-lock-cycle  proven". Owned by the caller, NULL: no memory. */
static char *picture_heading(const json_t *report)
{
	struct gw_text text = { .data = NULL };
	char *heading;

	gw_text_add(&text, "%s  %s  %s  %s", gw_json_string(report, "kind"), gw_json_string(report, "id"),
		    gw_json_string(report, "class"), gw_json_string(report, "confidence"));
	heading = gw_text_finish(&text);
	if (heading)
		*heading = (char)toupper((unsigned char)*heading);
	return heading;
}

/* ---- an image ------------------------------------------------------------------------------------------------ */

static double picture_larger(double one, double other)
{
	return one > other ? one : other;
}

/* In lines of about @characters, from *@y on, which is moved on. */
static void picture_summary(FILE *out, const char *summary, size_t characters, double *y)
{
	while (*summary) {
		size_t length = strlen(summary), end = length;
		_cleanup_free_ char *line = NULL;

		if (length > characters) {
			for (end = characters; end > 0 && summary[end] != ' '; end--)
				;
			end = end ? end : strcspn(summary, " ");
		}
		line = strndup(summary, end);
		gw_svg_text(out, "subtitle", GW_PICTURE_MARGIN, *y + 12, GW_SVG_START, line);
		*y += SUMMARY_HEIGHT;
		summary += end;
		summary += strspn(summary, " ");
	}
}

/* Of one report: its heading and its graph, from *@y on, which is moved on; *@width is at least theirs. */
static void picture_add(FILE *out, const json_t *report, json_int_t now_ns, size_t number, double *y, double *width)
{
	json_int_t end_ns = gw_picture_end_ns(report, now_ns);
	_cleanup_free_ char *heading = picture_heading(report);
	_cleanup_picture_ struct gw_picture picture;
	struct gw_draw_extent extent;
	double graph, title = (double)gw_svg_length(heading ? heading : "") * TITLE_WIDTH + 2 * GW_PICTURE_MARGIN;
	size_t characters;

	if (gw_picture_init(&picture, report) < 0 || gw_picture_lay_out(&picture) < 0)
		return;
	extent = gw_draw_extent(&picture, end_ns);
	graph = extent.right - extent.left;
	characters = (size_t)((graph - 2 * GW_PICTURE_MARGIN) / SUMMARY_WIDTH);
	characters = characters > SUMMARY_LEAST ? characters : SUMMARY_LEAST;
	*width = picture_larger(*width, graph);
	*width = picture_larger(*width, title);
	*width = picture_larger(*width, (double)characters * SUMMARY_WIDTH + 2 * GW_PICTURE_MARGIN);
	gw_svg_text(out, "title", GW_PICTURE_MARGIN, *y + 22, GW_SVG_START, heading);
	*y += TITLE_HEIGHT;
	picture_summary(out, gw_json_string(report, "summary"), characters, y);
	gw_draw_graph(out, &picture, end_ns, number, *y);
	*y += picture.height;
}

void gw_picture_svg(FILE *out, const json_t *reports, json_int_t now_ns)
{
	double y = 0, width = 320;
	char *body = NULL;
	json_t *report;
	size_t size, i;
	FILE *stream = open_memstream(&body, &size);

	if (!stream)
		return;
	json_array_foreach(reports, i, report)
		picture_add(stream, report, now_ns, i, &y, &width);
	if (!json_array_size(reports))
		gw_svg_text(stream, "title", GW_PICTURE_MARGIN, (y = 40) - 14, GW_SVG_START, NOTHING);
	if (fclose(stream) == 0) {
		fprintf(out,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n<title>gpuwatch</title>\n<style>\n",
			width, y, width, y);
		gw_style_graph(out);
		fputs("</style>\n", out);
		gw_draw_heads(out);
		gw_svg_rect(out, "back", 0, 0, width, y);
		fputs(body, out);
		fputs("</svg>\n", out);
	}
	free(body);
}

/* ---- a page ---------------------------------------------------------------------------------------------------- */

void gw_picture_html(FILE *out, const json_t *reports, json_int_t now_ns)
{
	_cleanup_free_ char *heading = picture_heading(json_array_get(reports, 0));
	json_t *report;
	size_t i;

	gw_page_begin(out, json_array_size(reports) == 1 && heading ? heading : "gpuwatch", NULL, "");
	json_array_foreach(reports, i, report)
		gw_page_report(out, report, now_ns, i);
	if (!json_array_size(reports))
		fputs("<p>" NOTHING ".</p>\n", out);
	gw_page_end(out);
}
