/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of SVG, and text as it and HTML take it: what comes from elsewhere is escaped here and nowhere else. How it looks is
 * the style sheet's, by classes. Running out of memory leaves text out.
 */
#ifndef GPUWATCH_LIB_PICTURE_SVG_H
#define GPUWATCH_LIB_PICTURE_SVG_H

#include <stddef.h>
#include <stdio.h>

#define GW_SVG_MONO_WIDTH 0.61 /* of a character of a monospaced font, in font sizes */

enum gw_svg_anchor {
	GW_SVG_START,
	GW_SVG_MIDDLE,
	GW_SVG_END,
};

/* Text as character data or attribute value of XML and HTML; what neither can hold or show becomes U+FFFD. NULL is "". */
void gw_svg_escape(FILE *out, const char *text);

/* Coordinates and sizes are pixels. */
void gw_svg_rect(FILE *out, const char *class, double x, double y, double width, double height);
void gw_svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2);
void gw_svg_text(FILE *out, const char *class, double x, double y, enum gw_svg_anchor anchor, const char *text);

/* A group with a tooltip, to be ended by gw_svg_end(). */
void gw_svg_begin(FILE *out, const char *class, const char *title);
void gw_svg_end(FILE *out);

/* Characters, as far as they matter for how long a text is. */
size_t gw_svg_length(const char *text);

/* The text cut to so many characters, the last one an ellipsis then. Owned by the caller; NULL: no memory. */
char *gw_svg_cut(const char *text, size_t characters);

/* The same with the ellipsis in the middle: names often differ in their ends. */
char *gw_svg_cut_middle(const char *text, size_t characters);

#endif
