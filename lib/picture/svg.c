/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing SVG elements. */
#include "lib/picture/svg.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/* Bytes of a character that XML 1.0 has no place for, or that a browser or a terminal would obey instead of showing it. */
static size_t svg_impossible_bytes(const char *c)
{
	if (*c == '\t' || *c == '\n')
		return 0;
	return strncmp(c, "\xef\xbf\xbe", 3) == 0 || strncmp(c, "\xef\xbf\xbf", 3) == 0 ? 3 : gw_text_unsafe(c);
}

static const char *svg_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void gw_svg_escape(FILE *out, const char *text)
{
	while (text && *text) {
		size_t impossible = svg_impossible_bytes(text);
		const char *named = svg_entity(*text);

		if (impossible)
			fputs("\xef\xbf\xbd", out);
		else if (named)
			fputs(named, out);
		else
			fputc(*text, out);
		text += impossible ? impossible : 1;
	}
}

void gw_svg_rect(FILE *out, const char *class, double x, double y, double width, double height)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n", class, x, y, width,
		height);
}

void gw_svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n", class, x1, y1, x2, y2);
}

void gw_svg_text(FILE *out, const char *class, double x, double y, enum gw_svg_anchor anchor, const char *text)
{
	static const char *const anchors[] = {
		[GW_SVG_START] = "start",
		[GW_SVG_MIDDLE] = "middle",
		[GW_SVG_END] = "end",
	};

	fprintf(out, "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", class, x, y, anchors[anchor]);
	gw_svg_escape(out, text);
	fputs("</text>\n", out);
}

void gw_svg_begin(FILE *out, const char *class, const char *title)
{
	fprintf(out, "<g class=\"%s\"><title>", class);
	gw_svg_escape(out, title);
	fputs("</title>\n", out);
}

void gw_svg_end(FILE *out)
{
	fputs("</g>\n", out);
}

size_t gw_svg_length(const char *text)
{
	size_t length = 0;

	for (; *text; text++)
		length += ((unsigned char)*text & 0xc0) != 0x80;
	return length;
}

/* Where the text's n-th character begins. */
static const char *svg_skip_characters(const char *text, size_t count)
{
	for (; count > 0 && *text; count--)
		do
			text++;
		while (((unsigned char)*text & 0xc0) == 0x80);
	return text;
}

char *gw_svg_cut(const char *text, size_t characters)
{
	size_t head;
	char *cut;

	if (gw_svg_length(text) <= characters)
		return strdup(text);
	head = (size_t)(svg_skip_characters(text, characters - 1) - text);
	return asprintf(&cut, "%.*s…", (int)head, text) < 0 ? NULL : cut;
}

char *gw_svg_cut_middle(const char *text, size_t characters)
{
	size_t length = gw_svg_length(text), tail = characters / 2, head = characters - 1 - tail;
	char *cut;

	if (length <= characters)
		return strdup(text);
	return asprintf(&cut, "%.*s…%s", (int)(svg_skip_characters(text, head) - text), text,
			svg_skip_characters(text, length - tail)) < 0
		       ? NULL
		       : cut;
}
