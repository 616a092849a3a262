/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a report to boxes and arrows. */
#include "lib/picture/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

#define CROWD 3 /* that wait for the same: from the fourth on they share a box with the third */

/* The numbers of boxes by the ids of their nodes, while the picture is made. */
struct graph {
	struct gw_picture *picture;
	json_t *boxes;
	bool failed;
};

static struct gw_picture_box *graph_find(const struct graph *graph, const char *id)
{
	const json_t *number = json_object_get(graph->boxes, id);

	return number ? &graph->picture->boxes[json_integer_value(number)] : NULL;
}

/* ---- boxes ------------------------------------------------------------------------------------- */

static void graph_add_box(struct graph *graph, const json_t *node)
{
	struct gw_picture *picture = graph->picture;
	const char *id = gw_json_string(node, "id");

	if (!*id || graph_find(graph, id))
		return;
	if (picture->box_count == GW_PICTURE_BOXES_MOST) {
		picture->left_out++;
		return;
	}
	gw_json_put(graph->boxes, id, json_integer((json_int_t)picture->box_count), &graph->failed);
	picture->boxes[picture->box_count++].node = node;
}

/* In the order of the loop, then as they stand: a picture is read from above. */
static void graph_add_boxes(struct graph *graph)
{
	const json_t *report = graph->picture->report, *cycle = json_object_get(report, "cycle");
	const json_t *nodes = json_object_get(report, "nodes");
	json_t *index = gw_picture_index(nodes), *node, *id;
	size_t i;

	if (!index)
		graph->failed = true;
	json_array_foreach(cycle, i, id) {
		if (i == GW_PICTURE_BOXES_MOST)
			break;
		node = json_is_string(id) ? json_object_get(index, json_string_value(id)) : NULL;
		if (node)
			graph_add_box(graph, node);
	}
	json_decref(index);
	json_array_foreach(nodes, i, node)
		graph_add_box(graph, node);
}

static struct gw_picture_box *graph_find_item(const struct graph *graph, const json_t *array, size_t i)
{
	const json_t *id = json_array_get(array, i);

	return json_is_string(id) ? graph_find(graph, json_string_value(id)) : NULL;
}

/* @next comes after it in the loop; at the end of a dead end nothing does. */
static void graph_mark_step(struct gw_picture_box *box, const json_t *next)
{
	box->in_loop = true;
	if (!box->next)
		box->next = json_string_value(next);
}

static void graph_mark(struct graph *graph)
{
	const json_t *report = graph->picture->report, *cycle = json_object_get(report, "cycle");
	const json_t *victims = json_object_get(report, "victims");
	struct gw_picture_box *box = graph_find(graph, gw_json_string(json_object_get(report, "root_cause"), "node"));

	if (box)
		box->culprit = true;
	for (size_t i = 0; i < json_array_size(cycle); i++)
		if ((box = graph_find_item(graph, cycle, i)))
			graph_mark_step(box, json_array_get(cycle, (i + 1) % json_array_size(cycle)));
	for (size_t i = 0; i < json_array_size(victims); i++)
		if ((box = graph_find_item(graph, victims, i)))
			box->victim = true;
}

/* ---- arrows --------------------------------------------------------------------------------------- */

static void graph_add_arrow(struct graph *graph, const json_t *edge)
{
	struct gw_picture *picture = graph->picture;
	const char *from = gw_json_string(edge, "from"), *to = gw_json_string(edge, "to");
	const struct gw_picture_box *one = graph_find(graph, from), *other = graph_find(graph, to);

	if (!one || !other || picture->arrow_count == GW_PICTURE_ARROWS_MOST)
		return;
	picture->arrows[picture->arrow_count++] = (struct gw_picture_arrow){
		.from = (size_t)(one - picture->boxes),
		.to = (size_t)(other - picture->boxes),
		.edge = edge,
		.in_loop = one->next && strcmp(one->next, to) == 0,
	};
}

/* ---- crowds ----------------------------------------------------------------------------------------- */

static void graph_find_alone(struct gw_picture *picture)
{
	for (size_t i = 0; i < picture->box_count; i++) {
		struct gw_picture_box *box = &picture->boxes[i];
		size_t out = 0, in = 0;

		for (size_t j = 0; j < picture->arrow_count; j++) {
			out += picture->arrows[j].from == i;
			in += picture->arrows[j].to == i;
		}
		box->waits_alone = out == 1 && in == 0 && !box->in_loop && !box->culprit;
	}
}

/* The box that @arrow's own goes into; itself if it stays. */
static size_t graph_crowd_of(const struct gw_picture *picture, size_t arrow)
{
	const struct gw_picture_arrow *mine = &picture->arrows[arrow], *last = mine;
	const char *relation = gw_json_string(mine->edge, "relation");
	size_t before = 0;

	for (size_t i = 0; i < arrow && before < CROWD; i++) {
		const struct gw_picture_arrow *other = &picture->arrows[i];

		if (other->edge && other->to == mine->to && picture->boxes[other->from].waits_alone &&
		    strcmp(gw_json_string(other->edge, "relation"), relation) == 0) {
			before++;
			last = other;
		}
	}
	return before == CROWD ? last->from : mine->from;
}

/* Takes out the boxes that went into others, and the arrows that have no edge any more. */
static void graph_compact(struct gw_picture *picture)
{
	size_t places[GW_PICTURE_BOXES_MOST], boxes = 0, arrows = 0;

	for (size_t i = 0; i < picture->box_count; i++) {
		places[i] = boxes;
		if (picture->boxes[i].node)
			picture->boxes[boxes++] = picture->boxes[i];
	}
	for (size_t i = 0; i < picture->arrow_count; i++) {
		if (!picture->arrows[i].edge)
			continue;
		picture->arrows[arrows] = picture->arrows[i];
		picture->arrows[arrows].from = places[picture->arrows[i].from];
		picture->arrows[arrows++].to = places[picture->arrows[i].to];
	}
	picture->box_count = boxes;
	picture->arrow_count = arrows;
}

static void graph_gather_crowds(struct gw_picture *picture)
{
	graph_find_alone(picture);
	for (size_t i = 0; i < picture->arrow_count; i++) {
		size_t from = picture->arrows[i].from, crowd;

		if (!picture->boxes[from].waits_alone)
			continue;
		crowd = graph_crowd_of(picture, i);
		if (crowd == from)
			continue;
		picture->boxes[crowd].more++;
		picture->boxes[from].node = NULL;
		picture->arrows[i].edge = NULL;
	}
	graph_compact(picture);
}

/* ---- life ------------------------------------------------------------------------------------------ */

int gw_picture_init(struct gw_picture *picture, const json_t *report)
{
	struct graph graph = { .picture = picture, .boxes = json_object() };
	json_t *edge;
	size_t i;

	*picture = (struct gw_picture){
		.report = report,
		.boxes = calloc(GW_PICTURE_BOXES_MOST, sizeof(*picture->boxes)),
		.arrows = calloc(GW_PICTURE_ARROWS_MOST, sizeof(*picture->arrows)),
	};
	if (!graph.boxes || !picture->boxes || !picture->arrows)
		graph.failed = true;
	if (!graph.failed)
		graph_add_boxes(&graph);
	if (!graph.failed) {
		graph_mark(&graph);
		json_array_foreach(json_object_get(report, "edges"), i, edge)
			graph_add_arrow(&graph, edge);
		graph_gather_crowds(picture);
	}
	json_decref(graph.boxes);
	return graph.failed ? -ENOMEM : 0;
}

void gw_picture_deinit(struct gw_picture *picture)
{
	free(picture->boxes);
	free(picture->arrows);
	free(picture->links);
	*picture = (struct gw_picture){ .report = NULL };
}

json_int_t gw_picture_end_ns(const json_t *report, json_int_t now_ns)
{
	json_int_t resolved = json_integer_value(json_object_get(report, "resolved_mono_ns"));

	if (strcmp(gw_json_string(report, "state"), "resolved") == 0 && resolved)
		return resolved;
	return now_ns ? now_ns : json_integer_value(json_object_get(report, "detected_mono_ns"));
}

const char *gw_picture_phrase(const json_t *node)
{
	const char *phrase = gw_json_string(node, "phrase");

	return *phrase ? phrase : gw_json_string(node, "id");
}

json_t *gw_picture_index(const json_t *array)
{
	json_t *index = json_object(), *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *id = json_is_string(item) ? json_string_value(item) : gw_json_string(item, "id");

		if (!json_object_get(index, id) && json_object_set(index, id, item) < 0) {
			json_decref(index);
			return NULL;
		}
	}
	return index;
}
