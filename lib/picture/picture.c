/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of several reports. */
#include "lib/picture/picture.h"

#include <ctype.h>
#include <stdlib.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/picture/dot.h"
#include "lib/picture/draw.h"
#include "lib/picture/graph.h"
#include "lib/picture/layout.h"
#include "lib/picture/page.h"
#include "lib/picture/style.h"
#include "lib/picture/svg.h"

#define HEADING_HEIGHT 52.0 /* above each graph of an image */
#define HEADING_WIDTH 6.9   /* of a character */
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

/* Of one report: its heading and its graph, from *@y on, which is moved on; *@width is at least theirs. */
static void picture_add(FILE *out, const json_t *report, json_int_t now_ns, size_t number, double *y, double *width)
{
	json_int_t end_ns = gw_picture_end_ns(report, now_ns);
	const char *summary = gw_json_string(report, "summary");
	double text = (double)gw_svg_length(summary) * HEADING_WIDTH + 2 * GW_PICTURE_MARGIN;
	struct gw_draw_extent extent;
	_cleanup_picture_ struct gw_picture picture;
	_cleanup_free_ char *heading = picture_heading(report);

	if (gw_picture_init(&picture, report) < 0 || gw_picture_lay_out(&picture) < 0)
		return;
	extent = gw_draw_extent(&picture, end_ns);
	*width = text > *width ? text : *width;
	*width = extent.right - extent.left > *width ? extent.right - extent.left : *width;
	gw_svg_text(out, "title", GW_PICTURE_MARGIN, *y + 24, GW_SVG_START, heading);
	gw_svg_text(out, "subtitle", GW_PICTURE_MARGIN, *y + 44, GW_SVG_START, summary);
	gw_draw_graph(out, &picture, end_ns, number, *y + HEADING_HEIGHT);
	*y += HEADING_HEIGHT + picture.height;
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
