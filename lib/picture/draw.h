/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report's graph as an element of SVG. */
#ifndef GPUWATCH_LIB_PICTURE_DRAW_H
#define GPUWATCH_LIB_PICTURE_DRAW_H

#include <stdio.h>

#include "lib/picture/graph.h"

/* Arrow heads, which all graphs of a document share: <defs>. */
void gw_draw_heads(FILE *out);

/*
 * gw_draw_graph - an <svg> that names and describes itself
 * @picture: laid out; @end_ns: until when its waits last, CLOCK_MONOTONIC, 0 = not known
 * @number: of the graph in its document
 * @y: where in an <svg> around it, pixels; negative: it is the document, or part of a page
 */
void gw_draw_graph(FILE *out, const struct gw_picture *picture, json_int_t end_ns, size_t number, double y);

/* From where to where it reaches, pixels: labels may need more room than the boxes, also on the left. */
struct gw_draw_extent {
	double left, right;
};

struct gw_draw_extent gw_draw_extent(const struct gw_picture *picture, json_int_t end_ns);

/* An arrow's words: "waits for, 3.2 s". Owned by the caller; NULL: no memory. */
char *gw_draw_label(const struct gw_picture *picture, const struct gw_picture_arrow *arrow, json_int_t end_ns);

/* "3.2 s", of a wait since @since_ns; owned by the caller. NULL: not known, or no memory. */
char *gw_draw_age(json_int_t since_ns, json_int_t end_ns);

#endif
