/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a boot's image looks: a style sheet for light and dark, hatching and arrow heads. */
#ifndef GPUWATCH_CLI_SVG_STYLE_H
#define GPUWATCH_CLI_SVG_STYLE_H

#include <stdio.h>

/* <style> and <defs>. */
void svg_style(FILE *out);

#endif
