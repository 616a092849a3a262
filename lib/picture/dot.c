/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing a digraph. */
#include "lib/picture/dot.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/picture/draw.h"

/*
 * A string in quotation marks. Labels know entities of HTML, so that & has to be one; a backslash begins an escape of their
 * own. What nobody can see becomes a question mark.
 */
static void dot_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (size_t unsafe; *text; text += unsafe ? unsafe : 1) {
		unsafe = gw_text_unsafe(text);
		if (unsafe)
			fputc('?', out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static const char *dot_shape(const char *type)
{
	if (strcmp(type, "task") == 0)
		return "style=\"rounded,filled\"";
	if (strcmp(type, "fence") == 0 || strcmp(type, "timeline") == 0 || strcmp(type, "job") == 0)
		return "shape=octagon";
	return strcmp(type, "device") == 0 ? "shape=box3d" : "shape=box";
}

static void dot_box(FILE *out, const struct gw_picture_box *box, size_t number)
{
	const char *type = gw_json_string(box->node, "type"), *phrase = gw_picture_phrase(box->node);
	_cleanup_free_ char *name = NULL;
	const char *tag = box->culprit ? "root cause" : box->victim ? "blocked" : "";
	struct gw_text text = { .data = NULL };

	gw_text_add(&text, "%s", phrase);
	if (box->more)
		gw_text_add(&text, " and %zu more", box->more);
	name = gw_text_finish(&text);
	fprintf(out, "\tn%zu [%s, label=", number, dot_shape(type));
	dot_string(out, name ? name : "");
	/* A line of its own. */
	if (*tag)
		fprintf(out, " + \"\\n%s\"", tag);
	if (box->culprit)
		fputs(", color=\"#a40e26\", fillcolor=\"#ffebe9\", penwidth=3", out);
	else if (box->in_loop)
		fputs(", color=\"#cf222e\", fillcolor=\"#fff5f4\", penwidth=2", out);
	fputs("];\n", out);
}

static void dot_arrow(FILE *out, const struct gw_picture *picture, const struct gw_picture_arrow *arrow,
		      json_int_t end_ns)
{
	const char *confidence = gw_json_string(arrow->edge, "confidence");
	_cleanup_free_ char *label = gw_draw_label(picture, arrow, end_ns);

	fprintf(out, "\tn%zu -> n%zu [label=", arrow->from, arrow->to);
	dot_string(out, label ? label : "");
	if (arrow->in_loop)
		fputs(", color=\"#cf222e\", fontcolor=\"#a40e26\", penwidth=2.4", out);
	if (*confidence && strcmp(confidence, "proven") != 0)
		fputs(", style=dashed", out);
	fputs("];\n", out);
}

void gw_dot_graph(FILE *out, const struct gw_picture *picture, json_int_t end_ns)
{
	fputs("digraph ", out);
	dot_string(out, gw_json_string(picture->report, "id"));
	fputs(" {\n\tlabelloc=t;\n\tlabel=", out);
	dot_string(out, gw_json_string(picture->report, "summary"));
	fputs(";\n\tnode [style=filled, fillcolor=\"#f6f8fa\", fontname=\"sans-serif\", fontsize=11];\n"
	      "\tedge [fontname=\"sans-serif\", fontsize=10];\n",
	      out);
	for (size_t i = 0; i < picture->box_count; i++)
		dot_box(out, &picture->boxes[i], i);
	for (size_t i = 0; i < picture->arrow_count; i++)
		dot_arrow(out, picture, &picture->arrows[i], end_ns);
	fputs("}\n", out);
}
