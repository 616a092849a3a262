/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing HTML. All text from elsewhere goes through gw_svg_escape(). */
#include "lib/picture/page.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/picture/draw.h"
#include "lib/picture/graph.h"
#include "lib/picture/layout.h"
#include "lib/picture/style.h"
#include "lib/picture/svg.h"
#include "lib/picture/waits.h"

/* The same as the exporter sends; a script only where there is one. */
#define POLICY "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

#define NO_ADDRESS "0x0000000000000000"
#define SMALLEST 0.72 /* of a graph's size, at which its words can be read */

/* ---- the frame ------------------------------------------------------------------------------------------- */

void gw_page_begin(FILE *out, const char *title, const char *script, const char *header)
{
	fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY,
	      out);
	fputs(script ? "; script-src 'self'; connect-src 'self'" : "", out);
	fputs("\"/>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>",
	      out);
	gw_svg_escape(out, title);
	fputs("</title>\n<style>\n", out);
	gw_style_page(out);
	gw_style_graph(out);
	fputs("</style>\n", out);
	if (script)
		fprintf(out, "<script src=\"%s\" defer=\"defer\"></script>\n", script);
	fputs("</head>\n<body>\n<svg width=\"0\" height=\"0\" class=\"graph\" style=\"position:absolute\" aria-hidden=\"true\">",
	      out);
	gw_draw_heads(out);
	fprintf(out, "</svg>\n%s<main>\n", header);
}

void gw_page_end(FILE *out)
{
	fputs("</main>\n<footer>gpuwatch " GW_VERSION "</footer>\n</body>\n</html>\n", out);
}

/* ---- pieces ------------------------------------------------------------------------------------------------ */

void gw_page_fact(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	fprintf(out, "<dt>%s</dt><dd>", name);
	gw_svg_escape(out, value);
	fputs("</dd>\n", out);
}

static void page_badge(FILE *out, const char *class, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "<span class=\"badge%s\">", class);
	gw_svg_escape(out, text);
	fputs("</span>\n", out);
}

static void page_note(FILE *out, const char *class, const char *heading, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "<div class=\"note%s\"><strong>%s</strong><br/>", class, heading);
	gw_svg_escape(out, text);
	fputs("</div>\n", out);
}

/* ---- verdict ------------------------------------------------------------------------------------------------ */

static bool page_is(const json_t *report, const char *key, const char *value)
{
	return strcmp(gw_json_string(report, key), value) == 0;
}

static const char *page_severity(const json_t *report)
{
	if (page_is(report, "state", "resolved"))
		return " good";
	return page_is(report, "kind", "deadlock") || page_is(report, "kind", "livelock") ? " bad" : " warn";
}

static void page_heading(FILE *out, const json_t *report)
{
	_cleanup_free_ char *kind = strdup(gw_json_string(report, "kind"));

	if (kind)
		*kind = (char)toupper((unsigned char)*kind);
	fputs("<h2>", out);
	gw_svg_escape(out, kind);
	fputs(" <span class=\"dim mono\">", out);
	gw_svg_escape(out, gw_json_string(report, "id"));
	fputs("</span></h2>\n<div class=\"badges\">\n", out);
	page_badge(out, page_severity(report), gw_json_string(report, "state"));
	page_badge(out, "", gw_json_string(report, "class"));
	page_badge(out, "", gw_json_string(report, "confidence"));
	fputs("</div>\n<p><strong>", out);
	gw_svg_escape(out, gw_json_string(report, "summary"));
	fputs("</strong></p>\n", out);
}

static void page_verdict(FILE *out, const json_t *report)
{
	const json_t *cause = json_object_get(report, "root_cause"), *action = json_object_get(cause, "action");
	const json_t *known = json_object_get(report, "known");
	const char *command = gw_json_string(action, "command"), *sentence = gw_json_string(action, "sentence");
	const char *advice = gw_json_string(cause, "advice");
	bool over = action && page_is(report, "state", "resolved");

	page_note(out, page_severity(report), "Root cause", gw_json_string(cause, "explanation"));
	page_note(out, "", over ? "Advice while it stood" : "Advice", advice);
	page_note(out, "", "What ends it", over || strstr(advice, sentence) ? "" : sentence);
	if (*command && !over) {
		fputs("<pre>", out);
		gw_svg_escape(out, command);
		fputs("</pre>\n", out);
	}
	page_note(out, "", "Known", gw_json_string(known, "what"));
}

/* ---- graph ---------------------------------------------------------------------------------------------------- */

static void page_graph(FILE *out, const json_t *report, json_int_t end_ns, size_t number)
{
	_cleanup_picture_ struct gw_picture picture;
	struct gw_draw_extent extent;

	if (gw_picture_init(&picture, report) < 0 || gw_picture_lay_out(&picture) < 0 || !picture.box_count)
		return;
	extent = gw_draw_extent(&picture, end_ns);
	/* What is smaller than that cannot be read: it is moved from side to side instead. */
	fprintf(out, "<figure style=\"max-width:%.0fpx;--least:%.0fpx\">\n", extent.right - extent.left,
		SMALLEST * (extent.right - extent.left));
	gw_draw_graph(out, &picture, end_ns, number, -1);
	fputs("</figure>\n<p class=\"dim\">Arrows point to what is needed. Thick: the loop, or the chain to the dead end. Dashed: "
	      "not proven.</p>\n",
	      out);
	if (picture.left_out)
		fprintf(out, "<p class=\"dim\">%zu more are not drawn.</p>\n", picture.left_out);
}

/* ---- who takes part ---------------------------------------------------------------------------------------------- */

static void page_stack(FILE *out, const json_t *stack)
{
	json_t *frame;
	size_t i;

	if (!json_array_size(stack))
		return;
	fputs("<pre>", out);
	json_array_foreach(stack, i, frame) {
		gw_svg_escape(out, json_string_value(frame));
		fputc('\n', out);
	}
	fputs("</pre>\n", out);
}

/* Scalars that the phrase does not have. */
static void page_node_facts(FILE *out, const json_t *node)
{
	static const char *const keys[] = { "state", "wait", "place", "function", "workqueue", "address", "ops" };

	fputs("<dl>", out);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = gw_json_string(node, keys[i]);

		gw_page_fact(out, keys[i], strcmp(value, NO_ADDRESS) == 0 ? "" : value);
	}
	gw_page_fact(out, "workload", gw_json_string(json_object_get(node, "workload"), "name"));
	gw_page_fact(out, "it", gw_json_string(node, "note"));
	fputs("</dl>\n", out);
}

/* Victims, which are closed: there may be hundreds. */
static void page_node(FILE *out, const json_t *report, const json_t *victims, const json_t *node)
{
	const char *id = gw_json_string(node, "id");
	bool victim = json_object_get(victims, id) != NULL;
	bool cause = strcmp(gw_json_string(json_object_get(report, "root_cause"), "node"), id) == 0;

	fprintf(out, "<details%s><summary>", victim && !cause ? "" : " open=\"open\"");
	gw_svg_escape(out, gw_picture_phrase(node));
	fprintf(out, " <span class=\"dim\">%s", cause ? "root cause, " : victim ? "blocked, " : "");
	gw_svg_escape(out, gw_json_string(node, "type"));
	fputs("</span></summary>\n", out);
	page_node_facts(out, node);
	page_stack(out, json_object_get(node, "stack"));
	fputs("</details>\n", out);
}

static void page_participants(FILE *out, const json_t *report)
{
	const json_t *nodes = json_object_get(report, "nodes");
	json_t *victims, *node;
	size_t i;

	if (!json_array_size(nodes))
		return;
	victims = gw_picture_index(json_object_get(report, "victims"));
	fputs("<h3>Participants</h3>\n", out);
	json_array_foreach(nodes, i, node)
		page_node(out, report, victims, node);
	json_decref(victims);
}

/* ---- what else there is -------------------------------------------------------------------------------------------- */

static void page_list(FILE *out, const char *heading, const json_t *array, const char *key)
{
	json_t *item;
	size_t i;

	if (!json_array_size(array))
		return;
	fprintf(out, "<h3>%s</h3>\n<ul>\n", heading);
	json_array_foreach(array, i, item) {
		fputs("<li>", out);
		gw_svg_escape(out, json_is_string(item) ? json_string_value(item) : gw_json_string(item, key));
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void page_facts(FILE *out, const json_t *report)
{
	const json_t *known = json_object_get(report, "known");

	fputs("<h3>Where and when</h3>\n<dl>\n", out);
	gw_page_fact(out, "Detected", gw_json_string(report, "detected_at"));
	gw_page_fact(out, "Kernel", gw_json_string(report, "kernel"));
	gw_page_fact(out, "Boot", gw_json_string(report, "boot_id"));
	gw_page_fact(out, "Signature", gw_json_string(report, "signature"));
	gw_page_fact(out, "Known hang", gw_json_string(known, "id"));
	gw_page_fact(out, "Fixed in", gw_json_string(known, "fixed_in"));
	gw_page_fact(out, "Workaround", gw_json_string(known, "workaround"));
	gw_page_fact(out, "More", gw_json_string(known, "link"));
	fputs("</dl>\n", out);
}

void gw_page_report(FILE *out, const json_t *report, json_int_t now_ns, size_t number)
{
	json_int_t end_ns = gw_picture_end_ns(report, now_ns);
	const json_t *log = json_object_get(report, "log");

	fputs("<section class=\"report\" id=\"", out);
	gw_svg_escape(out, gw_json_string(report, "id"));
	fputs("\">\n", out);
	page_heading(out, report);
	page_verdict(out, report);
	page_graph(out, report, end_ns, number);
	gw_picture_waits(out, report, end_ns);
	page_list(out, "Kernel log", json_object_get(report, "kernel_log"), "text");
	page_list(out, "Events in the log", json_object_get(log, "events"), "text");
	page_list(out, "What the log does not show", json_object_get(log, "missing"), "");
	page_participants(out, report);
	page_facts(out, report);
	fputs("</section>\n", out);
}
