/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing SVG elements. */
#include "cli/svg/svg.h"

#include "cli/lib/text.h"

/* Bytes of a character that XML 1.0 has no place for: controls, U+FFFE and U+FFFF. */
static size_t svg_impossible_bytes(const unsigned char *c)
{
	if (c[0] < 0x20 && c[0] != '\t' && c[0] != '\n')
		return 1;
	return c[0] == 0xef && c[1] == 0xbf && c[2] >= 0xbe ? 3 : 0;
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

void svg_escape(FILE *out, const char *text)
{
	while (*text) {
		size_t impossible = svg_impossible_bytes((const unsigned char *)text);
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

void svg_rect(FILE *out, const char *class, double x, double y, double width, double height)
{
	fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n", class, x, y, width,
		height);
}

void svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2)
{
	fprintf(out, "<line class=\"%s\" x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\"/>\n", class, x1, y1, x2, y2);
}

void svg_text(FILE *out, const char *class, double x, double y, enum svg_anchor anchor, const char *text)
{
	static const char *const anchors[] = {
		[SVG_START] = "start",
		[SVG_MIDDLE] = "middle",
		[SVG_END] = "end",
	};

	fprintf(out, "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" text-anchor=\"%s\">", class, x, y, anchors[anchor]);
	svg_escape(out, text);
	fputs("</text>\n", out);
}

void svg_begin(FILE *out, const char *class, const char *title)
{
	fprintf(out, "<g class=\"%s\"><title>", class);
	svg_escape(out, title);
	fputs("</title>\n", out);
}

void svg_end(FILE *out)
{
	fputs("</g>\n", out);
}

size_t svg_length(const char *text)
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

char *svg_cut(const char *text, size_t characters)
{
	if (svg_length(text) <= characters)
		return text_format("%s", text);
	return text_format("%.*s…", (int)(svg_skip_characters(text, characters - 1) - text), text);
}

char *svg_cut_middle(const char *text, size_t characters)
{
	size_t length = svg_length(text), tail = characters / 2, head = characters - 1 - tail;

	if (length <= characters)
		return text_format("%s", text);
	return text_format("%.*s…%s", (int)(svg_skip_characters(text, head) - text), text,
			   svg_skip_characters(text, length - tail));
}
