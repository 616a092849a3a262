/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes, arrows and their words. */
#include "lib/picture/draw.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/picture/layout.h"
#include "lib/picture/svg.h"
#include "lib/report/relation.h"

#define LINE_CHARACTERS 27   /* of a box */
#define DETAIL_CHARACTERS 30 /* its font is smaller */
#define LABEL_WIDTH 6.2	     /* of a character, pixels; rather too much */
#define TAG_WIDTH 6.6
#define PADDING 11.0

/* ---- words ------------------------------------------------------------------------------------------- */

char *gw_draw_age(json_int_t since_ns, json_int_t end_ns)
{
	struct gw_text text = { .data = NULL };

	if (since_ns <= 0 || end_ns <= since_ns)
		return NULL;
	gw_text_add_age(&text, (uint64_t)(end_ns - since_ns));
	return gw_text_finish(&text);
}

char *gw_draw_label(const struct gw_picture *picture, const struct gw_picture_arrow *arrow, json_int_t end_ns)
{
	json_int_t since = json_integer_value(json_object_get(arrow->edge, "since_mono_ns"));
	const char *relation =
		gw_relation_phrase(arrow->edge, picture->boxes[arrow->from].node, picture->boxes[arrow->to].node);
	const char *confidence = gw_json_string(arrow->edge, "confidence");
	bool sure = !*confidence || strcmp(confidence, "proven") == 0;
	_cleanup_free_ char *age = gw_draw_age(since, end_ns);
	struct gw_text text = { .data = NULL };

	gw_text_add(&text, "%s", relation);
	if (age)
		gw_text_add(&text, ", %s", age);
	if (!sure)
		gw_text_add(&text, " (%s)", confidence);
	return gw_text_finish(&text);
}

/* What a box has below its name. */
static char *draw_detail(const struct gw_picture_box *box)
{
	const char *state = gw_json_string(box->node, "state"), *workqueue = gw_json_string(box->node, "workqueue");
	const char *place = gw_json_string(box->node, "place"), *driver = gw_json_string(box->node, "driver");
	struct gw_text text = { .data = NULL };

	if (box->more)
		gw_text_add(&text, "and %zu more", box->more);
	else if (json_is_true(json_object_get(box->node, "gone")))
		gw_text_add(&text, "gone");
	else if (*state && *place)
		gw_text_add(&text, "%s, in %s", state, place);
	else if (*state)
		gw_text_add(&text, "state %s", state);
	else if (*workqueue)
		gw_text_add(&text, "workqueue %s", workqueue);
	else
		gw_text_add(&text, "%s", strcmp(gw_json_string(box->node, "type"), "device") == 0 ? driver : "");
	return gw_text_finish(&text);
}

/* A loop is closed when its last member needs the first; else it is a way to a dead end. */
static bool draw_is_closed(const struct gw_picture *picture)
{
	size_t members = 0, steps = 0;

	for (size_t i = 0; i < picture->box_count; i++)
		members += picture->boxes[i].in_loop;
	for (size_t i = 0; i < picture->arrow_count; i++)
		steps += picture->arrows[i].in_loop;
	return members > 0 && steps >= members;
}

static const char *draw_tag(const struct gw_picture *picture, const struct gw_picture_box *box)
{
	if (box->culprit)
		return "root cause";
	if (box->in_loop)
		return draw_is_closed(picture) ? "in the loop" : "in the chain";
	return box->victim ? "blocked" : "";
}

/* Bytes of the first line of @text: to a blank if there is one, so that the rest is short. */
static size_t draw_first_line(const char *text)
{
	size_t end = 0, blank = 0, characters = 0;

	for (; text[end] && characters <= LINE_CHARACTERS; end++) {
		characters += ((unsigned char)text[end] & 0xc0) != 0x80;
		if (text[end] == ' ' && characters > 1)
			blank = end;
	}
	return !text[end] && characters <= LINE_CHARACTERS ? end : blank;
}

/* ---- boxes ---------------------------------------------------------------------------------------------- */

/* A kind has a shape of its own: tasks are round, what they hold or take has corners, what comes from a GPU has cut ones. */
static void draw_shape(FILE *out, const char *type, double x, double y)
{
	const double width = GW_PICTURE_BOX_WIDTH, height = GW_PICTURE_BOX_HEIGHT, cut = 11;

	if (strcmp(type, "fence") == 0 || strcmp(type, "timeline") == 0 || strcmp(type, "job") == 0)
		fprintf(out,
			"<path class=\"shape\" d=\"M%.1f %.1fh%.1fl%.1f %.1fv%.1fl-%.1f %.1fh-%.1fl-%.1f -%.1fv-%.1fz\"/>\n",
			x + cut, y, width - 2 * cut, cut, cut, height - 2 * cut, cut, cut, width - 2 * cut, cut, cut,
			height - 2 * cut);
	else
		fprintf(out, "<rect class=\"shape\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%d\"/>\n",
			x, y, width, height,
			strcmp(type, "task") == 0   ? 16
			: strcmp(type, "work") == 0 ? 7
						    : 0);
}

static void draw_box_tag(FILE *out, const char *tag, double x, double y)
{
	double width = (double)strlen(tag) * TAG_WIDTH + 8;

	if (!*tag)
		return;
	gw_svg_rect(out, "tag-back", x + GW_PICTURE_BOX_WIDTH - width - PADDING, y + 6, width, 14);
	gw_svg_text(out, "tag", x + GW_PICTURE_BOX_WIDTH - width / 2 - PADDING, y + 16.5, GW_SVG_MIDDLE, tag);
}

static void draw_cut(FILE *out, const char *class, double x, double y, const char *text, size_t characters)
{
	_cleanup_free_ char *cut = gw_svg_cut_middle(text, characters);

	gw_svg_text(out, class, x, y, GW_SVG_START, cut);
}

/* The name takes two lines where one is too short. */
static void draw_box_name(FILE *out, const char *phrase, const char *detail, double x, double y)
{
	size_t length = draw_first_line(phrase);
	_cleanup_free_ char *first = length ? strndup(phrase, length) : NULL;

	draw_cut(out, "name", x, y + 33, first ? first : phrase, LINE_CHARACTERS);
	if (first && phrase[length])
		draw_cut(out, "name", x, y + 47, phrase + length + 1, LINE_CHARACTERS);
	draw_cut(out, "detail", x, y + (first && phrase[length] ? 62 : 49), detail, DETAIL_CHARACTERS);
}

static void draw_box(FILE *out, const struct gw_picture *picture, const struct gw_picture_box *box)
{
	const char *type = gw_json_string(box->node, "type"), *phrase = gw_picture_phrase(box->node);
	_cleanup_free_ char *detail = draw_detail(box);

	fprintf(out, "<g class=\"box%s%s%s\"><title>", box->culprit ? " cause" : "", box->in_loop ? " loop" : "",
		box->victim ? " victim" : "");
	gw_svg_escape(out, phrase);
	if (detail && *detail) {
		fputs(", ", out);
		gw_svg_escape(out, detail);
	}
	fputs("</title>\n", out);
	draw_shape(out, type, box->x, box->y);
	gw_svg_text(out, "type", box->x + PADDING, box->y + 17, GW_SVG_START, type);
	draw_box_tag(out, draw_tag(picture, box), box->x, box->y);
	draw_box_name(out, phrase, detail ? detail : "", box->x + PADDING, box->y);
	gw_svg_end(out);
}

/* ---- arrows ------------------------------------------------------------------------------------------------ */

static void draw_curve(FILE *out, double x1, double y1, double x2, double y2)
{
	double bow = (y2 - y1) / 2;

	fprintf(out, "C%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1 + bow, x2, y2 - bow, x2, y2);
}

/* From who needs to what it needs. */
static void draw_path(FILE *out, const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	const struct gw_picture_link *links = &picture->links[arrow->first_link];

	for (size_t i = 0; i < arrow->links; i++) {
		const struct gw_picture_link *link = &links[arrow->upward ? arrow->links - 1 - i : i];
		double x1 = arrow->upward ? link->x2 : link->x1, y1 = arrow->upward ? link->y2 : link->y1;

		fprintf(out, "%c%.1f %.1f", i == 0 ? 'M' : 'L', x1, y1);
		draw_curve(out, x1, y1, arrow->upward ? link->x1 : link->x2, arrow->upward ? link->y1 : link->y2);
	}
}

static void draw_arrow(FILE *out, const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	const struct gw_picture_box *box = &picture->boxes[arrow->from];
	const char *confidence = gw_json_string(arrow->edge, "confidence");
	bool sure = !*confidence || strcmp(confidence, "proven") == 0;

	fprintf(out, "<path class=\"arrow%s%s\" marker-end=\"url(#head%s)\" d=\"", arrow->in_loop ? " loop" : "",
		sure ? "" : " unsure", arrow->in_loop ? "-loop" : "");
	/* Who waits for itself. */
	if (arrow->from == arrow->to)
		fprintf(out, "M%.1f %.1fc-14 26 -70 26 -84 0", box->x + GW_PICTURE_BOX_WIDTH / 2 + 42,
			box->y + GW_PICTURE_BOX_HEIGHT);
	draw_path(out, picture, arrow);
	fputs("\"/>\n", out);
}

/* Where an arrow's words stand: beside the piece of it that begins at who needs. */
struct label {
	enum gw_svg_anchor anchor;
	double x, y;
};

static struct label draw_label_place(const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	const struct gw_picture_box *box = &picture->boxes[arrow->from];
	const struct gw_picture_link *link;
	double x, y;

	if (!arrow->links)
		return (struct label){ GW_SVG_MIDDLE, box->x + GW_PICTURE_BOX_WIDTH / 2,
				       box->y + GW_PICTURE_BOX_HEIGHT + 33 };
	link = &picture->links[arrow->first_link + (arrow->upward ? arrow->links - 1 : 0)];
	x = (link->x1 + link->x2) / 2;
	y = (link->y1 + link->y2) / 2 + 4;
	if (link->side < 0)
		return (struct label){ GW_SVG_END, x - 6, y };
	return (struct label){ GW_SVG_START, x + 6, y };
}

static void draw_arrow_label(FILE *out, const struct gw_picture *picture, const struct gw_picture_arrow *arrow,
			     json_int_t end_ns)
{
	_cleanup_free_ char *text = gw_draw_label(picture, arrow, end_ns);
	struct label place;

	if (!text || (!arrow->links && arrow->from != arrow->to))
		return;
	place = draw_label_place(picture, arrow);
	gw_svg_text(out, arrow->in_loop ? "label loop" : "label", place.x, place.y, place.anchor, text);
}

/* ---- the picture ---------------------------------------------------------------------------------------------- */

static void draw_head(FILE *out, const char *suffix, const char *class)
{
	fprintf(out,
		"<marker id=\"head%s\" viewBox=\"0 0 10 10\" refX=\"9.5\" refY=\"5\" markerWidth=\"11\" markerHeight=\"11\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path class=\"head%s\" d=\"M0 .5L10 5L0 9.5z\"/></marker>\n",
		suffix, class);
}

void gw_draw_heads(FILE *out)
{
	fputs("<defs>\n", out);
	draw_head(out, "", "");
	draw_head(out, "-loop", " loop");
	fputs("</defs>\n", out);
}

struct gw_draw_extent gw_draw_extent(const struct gw_picture *picture, json_int_t end_ns)
{
	struct gw_draw_extent extent = { .right = picture->width };

	for (size_t i = 0; i < picture->arrow_count; i++) {
		_cleanup_free_ char *text = gw_draw_label(picture, &picture->arrows[i], end_ns);
		struct label place = draw_label_place(picture, &picture->arrows[i]);
		double length = (double)gw_svg_length(text ? text : "") * LABEL_WIDTH + GW_PICTURE_MARGIN;

		if (place.anchor != GW_SVG_START && place.x - length < extent.left)
			extent.left = place.x - length;
		if (place.anchor != GW_SVG_END && place.x + length > extent.right)
			extent.right = place.x + length;
	}
	return extent;
}

/* For whoever does not see it: each arrow as a sentence. */
static void draw_description(FILE *out, const struct gw_picture *picture, json_int_t end_ns)
{
	const char *part = draw_is_closed(picture) ? " (in the loop).\n" : " (in the chain).\n";

	for (size_t i = 0; i < picture->arrow_count; i++) {
		const struct gw_picture_arrow *arrow = &picture->arrows[i];
		_cleanup_free_ char *text = gw_draw_label(picture, arrow, end_ns);

		gw_svg_escape(out, gw_picture_phrase(picture->boxes[arrow->from].node));
		fputc(' ', out);
		gw_svg_escape(out, text);
		fputs(": ", out);
		gw_svg_escape(out, gw_picture_phrase(picture->boxes[arrow->to].node));
		fputs(arrow->in_loop ? part : ".\n", out);
	}
	if (picture->left_out)
		fprintf(out, "%zu more are not drawn.\n", picture->left_out);
}

void gw_draw_graph(FILE *out, const struct gw_picture *picture, json_int_t end_ns, size_t number, double y)
{
	struct gw_draw_extent extent = gw_draw_extent(picture, end_ns);
	double width = extent.right - extent.left;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"img\" aria-labelledby=\"title-%zu description-%zu\" ",
		number, number);
	if (y >= 0)
		fprintf(out, "y=\"%.1f\" ", y);
	fprintf(out, "width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f 0 %.0f %.0f\">\n<title id=\"title-%zu\">", width,
		picture->height, extent.left, width, picture->height, number);
	gw_svg_escape(out, gw_json_string(picture->report, "summary"));
	fprintf(out, "</title>\n<desc id=\"description-%zu\">", number);
	draw_description(out, picture, end_ns);
	fputs("</desc>\n", out);
	for (size_t i = 0; i < picture->arrow_count; i++)
		if (picture->arrows[i].links || picture->arrows[i].from == picture->arrows[i].to)
			draw_arrow(out, picture, &picture->arrows[i]);
	for (size_t i = 0; i < picture->box_count; i++)
		draw_box(out, picture, &picture->boxes[i]);
	for (size_t i = 0; i < picture->arrow_count; i++)
		draw_arrow_label(out, picture, &picture->arrows[i], end_ns);
	fputs("</svg>\n", out);
}
