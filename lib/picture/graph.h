/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who waits for whom in one report, as what is drawn of it: boxes and arrows, who is the culprit, the loop and the victims.
 * Many that wait for the same are one box.
 */
#ifndef GPUWATCH_LIB_PICTURE_GRAPH_H
#define GPUWATCH_LIB_PICTURE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/base/cleanup.h"

/* What is more is counted, and not drawn: nobody reads such a picture. */
#define GW_PICTURE_BOXES_MOST 200
#define GW_PICTURE_ARROWS_MOST 400

struct gw_picture_box {
	const json_t *node; /* of the report */
	size_t more;	    /* other nodes that the box stands for, too */
	bool culprit, in_loop, victim;
	const char *next; /* id of what comes after it in the loop, NULL: nothing */
	bool waits_alone; /* nobody waits for it, and it waits for one thing only */
	/* For gw_picture_lay_out(). */
	size_t layer;
	double x, y; /* upper left corner, pixels */
};

struct gw_picture_arrow {
	size_t from, to; /* boxes: who needs, and what */
	const json_t *edge;
	bool in_loop;
	/* For gw_picture_lay_out(). */
	bool upward; /* against the order of the layers */
	size_t first_link, links;
};

/* A piece of an arrow from one layer to the next. */
struct gw_picture_link {
	double x1, y1, x2, y2; /* of its upper and its lower end, pixels */
	double side;	       /* < 0 (> 0): the others at the same boxes are on its right (left) */
};

struct gw_picture {
	const json_t *report;
	struct gw_picture_box *boxes;
	size_t box_count;
	struct gw_picture_arrow *arrows;
	size_t arrow_count;
	size_t left_out; /* nodes that there was no place for */
	/* By gw_picture_lay_out(). */
	struct gw_picture_link *links;
	size_t link_count;
	double width, height; /* pixels */
};

/* Of a gpuwatch.report.v1, which must outlive the picture. Returns 0 or -ENOMEM. */
int gw_picture_init(struct gw_picture *picture, const json_t *report);
void gw_picture_deinit(struct gw_picture *picture);

/* Nanoseconds until when the waits of the report last: @now_ns while it is active, 0 = it was only seen when it was detected. */
json_int_t gw_picture_end_ns(const json_t *report, json_int_t now_ns);

/*
 * An object with what an array has by its id, the first of each: nodes, or the ids themselves, as of "victims". For as long as many are
 * looked for. Owned by the caller, NULL: no memory.
 */
json_t *gw_picture_index(const json_t *array);

/* What the node is called. Belongs to the report. */
const char *gw_picture_phrase(const json_t *node);

#define _cleanup_picture_ _cleanup_(gw_picture_deinit)

#endif
