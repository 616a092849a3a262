/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the boxes and arrows of a picture are: in layers, who waits above what it waits for. */
#ifndef GPUWATCH_LIB_PICTURE_LAYOUT_H
#define GPUWATCH_LIB_PICTURE_LAYOUT_H

#include "lib/picture/graph.h"

#define GW_PICTURE_BOX_WIDTH 208.0
#define GW_PICTURE_BOX_HEIGHT 70.0
#define GW_PICTURE_LAYER_GAP 54.0
#define GW_PICTURE_MARGIN 14.0

/* Fills in coordinates, links and size. Returns 0 or -ENOMEM. */
int gw_picture_lay_out(struct gw_picture *picture);

#endif
