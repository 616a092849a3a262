/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of SVG. Text from elsewhere is escaped here and nowhere else; how it looks is the style sheet's, by classes.
 */
#ifndef GPUWATCH_CLI_SVG_SVG_H
#define GPUWATCH_CLI_SVG_SVG_H

#include <stddef.h>
#include <stdio.h>

#define SVG_MONO_WIDTH 0.61 /* of a character of a monospaced font, in font sizes */

enum svg_anchor {
	SVG_START,
	SVG_MIDDLE,
	SVG_END,
};

/* Text as XML character data or attribute value; what XML cannot hold becomes U+FFFD. */
void svg_escape(FILE *out, const char *text);

/* Coordinates and sizes are pixels. */
void svg_rect(FILE *out, const char *class, double x, double y, double width, double height);
void svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2);
void svg_text(FILE *out, const char *class, double x, double y, enum svg_anchor anchor, const char *text);

/* A group with a tooltip, to be ended by svg_end(). */
void svg_begin(FILE *out, const char *class, const char *title);
void svg_end(FILE *out);

/* Characters, as far as they matter for how long a text is. */
size_t svg_length(const char *text);

/* The text cut to so many characters, the last one an ellipsis then. Owned by the caller. */
char *svg_cut(const char *text, size_t characters);

/* The same with the ellipsis in the middle: names often differ in their ends. */
char *svg_cut_middle(const char *text, size_t characters);

#endif
