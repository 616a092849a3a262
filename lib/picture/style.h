/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How pictures and pages look: style sheets for light, dark and paper. */
#ifndef GPUWATCH_LIB_PICTURE_STYLE_H
#define GPUWATCH_LIB_PICTURE_STYLE_H

#include <stdio.h>

/* Rules for the graph's classes. */
void gw_style_graph(FILE *out);

/* Rules for pages of HTML, beside those of the graphs in them. */
void gw_style_page(FILE *out);

#endif
