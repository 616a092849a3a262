/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A report's graph in the language of Graphviz, for whoever lays it out otherwise. */
#ifndef GPUWATCH_LIB_PICTURE_DOT_H
#define GPUWATCH_LIB_PICTURE_DOT_H

#include <stdio.h>

#include "lib/picture/graph.h"

/* A digraph. @end_ns: as for gw_draw_graph(). */
void gw_dot_graph(FILE *out, const struct gw_picture *picture, json_int_t end_ns);

#endif
