/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layered layout after Sugiyama, Tagawa and Toda: arrows against the order are turned round, each box gets a layer below
 * those that need it, long arrows get a bend in each layer that they cross, and each layer is sorted and spread by where its
 * neighbours are.
 */
#include "lib/picture/layout.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define SWEEPS 8
#define BEND_WIDTH 20.0
#define COLUMN_GAP 20.0
#define PORT_GAP 26.0 /* most, between arrows at one side of a box */
#define UNWANTED_WEIGHT 0.1
#define LOOP_WEIGHT 6.0 /* of a link in the loop, against another's 1: the loop is drawn straight */
#define BACK_WEIGHT 0.2
#define BENDS_MOST 4000 /* of all arrows together */

/* A box, or where an arrow crosses a layer. */
struct place {
	size_t layer;
	double middle, width;
	double wanted, weight; /* where its neighbours want it */
	size_t members;	       /* of the block that it is the last of */
};

/* A piece of an arrow, between two places. */
struct piece {
	size_t upper, lower;
	double weight;
};

struct layout {
	struct gw_picture *picture;
	struct place *places; /* the boxes', then the bends' */
	size_t place_count;
	struct piece *pieces; /* as picture->links */
	size_t piece_count;
	size_t *sorted; /* places by layer and rank */
	size_t layers;
};

/* ---- layers ---------------------------------------------------------------------------------------- */

enum visit {
	UNSEEN,
	BEGUN,
	DONE,
};

/* Depth first: an arrow to a box that is not done leads back to where it came from. */
static void layout_visit(struct gw_picture *picture, enum visit *visits, size_t box)
{
	visits[box] = BEGUN;
	for (size_t i = 0; i < picture->arrow_count; i++) {
		struct gw_picture_arrow *arrow = &picture->arrows[i];

		if (arrow->from != box)
			continue;
		if (visits[arrow->to] == UNSEEN)
			layout_visit(picture, visits, arrow->to);
		else
			arrow->upward = visits[arrow->to] == BEGUN;
	}
	visits[box] = DONE;
}

static void layout_turn_round(struct gw_picture *picture)
{
	enum visit visits[GW_PICTURE_BOXES_MOST] = { UNSEEN };

	for (size_t i = 0; i < picture->box_count; i++)
		if (visits[i] == UNSEEN)
			layout_visit(picture, visits, i);
}

static struct gw_picture_box *layout_upper(const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	return &picture->boxes[arrow->upward ? arrow->to : arrow->from];
}

static struct gw_picture_box *layout_lower(const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	return &picture->boxes[arrow->upward ? arrow->from : arrow->to];
}

/* As far down as the longest way to it. There are no circles, so it ends. */
static void layout_push_down(struct gw_picture *picture)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < picture->arrow_count; i++) {
			const struct gw_picture_box *upper = layout_upper(picture, &picture->arrows[i]);
			struct gw_picture_box *lower = layout_lower(picture, &picture->arrows[i]);

			if (upper == lower || lower->layer > upper->layer)
				continue;
			lower->layer = upper->layer + 1;
			changed = true;
		}
	}
}

/* Those that nobody needs are moved down to what they wait for. */
static void layout_pull_down(struct gw_picture *picture)
{
	for (size_t i = 0; i < picture->box_count; i++) {
		struct gw_picture_box *box = &picture->boxes[i];
		size_t nearest = SIZE_MAX;

		for (size_t j = 0; j < picture->arrow_count; j++) {
			const struct gw_picture_box *lower = layout_lower(picture, &picture->arrows[j]);

			if (layout_upper(picture, &picture->arrows[j]) == box && lower != box && lower->layer < nearest)
				nearest = lower->layer;
		}
		if (box->layer == 0 && nearest != SIZE_MAX)
			box->layer = nearest - 1;
	}
}

/* ---- bends ------------------------------------------------------------------------------------------- */

static size_t layout_span(const struct gw_picture *picture, const struct gw_picture_arrow *arrow)
{
	return layout_lower(picture, arrow)->layer - layout_upper(picture, arrow)->layer;
}

static size_t layout_count_links(struct gw_picture *picture)
{
	size_t count = 0;

	for (size_t i = 0; i < picture->arrow_count; i++) {
		struct gw_picture_arrow *arrow = &picture->arrows[i];

		arrow->first_link = count;
		arrow->links = layout_span(picture, arrow);
		/* What is beyond has none, and is not drawn. */
		if (count + arrow->links > BENDS_MOST)
			arrow->links = 0;
		count += arrow->links;
	}
	return count;
}

static void layout_add_bends(struct layout *layout, const struct gw_picture_arrow *arrow)
{
	const struct gw_picture *picture = layout->picture;
	size_t place = (size_t)(layout_upper(picture, arrow) - picture->boxes);
	/* The way back goes round the others. */
	double weight = arrow->upward ? BACK_WEIGHT : arrow->in_loop ? LOOP_WEIGHT : 1;

	for (size_t i = 0; i < arrow->links; i++) {
		size_t next = i + 1 < arrow->links ? layout->place_count++
						   : (size_t)(layout_lower(picture, arrow) - picture->boxes);

		if (i + 1 < arrow->links)
			layout->places[next] =
				(struct place){ .layer = layout->places[place].layer + 1, .width = BEND_WIDTH };
		layout->pieces[layout->piece_count++] =
			(struct piece){ .upper = place, .lower = next, .weight = weight };
		place = next;
	}
}

static int layout_init(struct layout *layout, struct gw_picture *picture)
{
	size_t links = layout_count_links(picture), places = picture->box_count + links;

	*layout = (struct layout){
		.picture = picture,
		.places = calloc(places + 1, sizeof(*layout->places)),
		.pieces = calloc(links + 1, sizeof(*layout->pieces)),
		.sorted = calloc(places + 1, sizeof(*layout->sorted)),
		.place_count = picture->box_count,
	};
	picture->links = calloc(links + 1, sizeof(*picture->links));
	picture->link_count = links;
	if (!layout->places || !layout->pieces || !layout->sorted || !picture->links)
		return -ENOMEM;
	for (size_t i = 0; i < picture->box_count; i++)
		layout->places[i] = (struct place){ .layer = picture->boxes[i].layer, .width = GW_PICTURE_BOX_WIDTH };
	for (size_t i = 0; i < picture->arrow_count; i++)
		layout_add_bends(layout, &picture->arrows[i]);
	for (size_t i = 0; i < layout->place_count; i++)
		if (layout->places[i].layer >= layout->layers)
			layout->layers = layout->places[i].layer + 1;
	return 0;
}

static void layout_deinit(struct layout *layout)
{
	free(layout->places);
	free(layout->pieces);
	free(layout->sorted);
}

/* ---- order within a layer -------------------------------------------------------------------------------- */

/* Where the neighbours in the layer above (below) are, on the average. */
static void layout_want(struct layout *layout, bool above)
{
	for (size_t i = 0; i < layout->place_count; i++)
		layout->places[i].wanted = layout->places[i].weight = 0;
	for (size_t i = 0; i < layout->piece_count; i++) {
		const struct piece *piece = &layout->pieces[i];
		struct place *place = &layout->places[above ? piece->lower : piece->upper];

		place->wanted += piece->weight * layout->places[above ? piece->upper : piece->lower].middle;
		place->weight += piece->weight;
	}
	for (size_t i = 0; i < layout->place_count; i++) {
		struct place *place = &layout->places[i];

		place->wanted = place->weight > 0 ? place->wanted / place->weight : place->middle;
	}
}

/* The places of one layer, by rank: *@count of layout->sorted from the answer on. */
static size_t *layout_layer(const struct layout *layout, size_t layer, size_t *count)
{
	size_t first = 0, last = layout->place_count;

	while (first < last && layout->places[layout->sorted[first]].layer != layer)
		first++;
	for (last = first; last < layout->place_count && layout->places[layout->sorted[last]].layer == layer;)
		last++;
	*count = last - first;
	return layout->sorted + first;
}

/* Stable: what nobody wants elsewhere stays. */
static void layout_sort(const struct layout *layout, size_t *layer, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		size_t place = layer[i], j = i;

		for (; j > 0 && layout->places[layer[j - 1]].wanted > layout->places[place].wanted; j--)
			layer[j] = layer[j - 1];
		layer[j] = place;
	}
}

/* ---- where in a layer -------------------------------------------------------------------------------------- */

static double layout_distance(const struct place *left, const struct place *right)
{
	return (left->width + right->width) / 2 + COLUMN_GAP;
}

/* Joins the block that ends with the @i-th place with those before it that it would overlap. */
static void layout_join(struct layout *layout, const size_t *layer, size_t i)
{
	struct place *place = &layout->places[layer[i]];

	while (place->members <= i) {
		const struct place *left = &layout->places[layer[i - place->members]];
		double weight = left->weight + place->weight;

		if (left->middle <= place->middle)
			break;
		place->middle = (left->middle * left->weight + place->middle * place->weight) / weight;
		place->weight = weight;
		place->members += left->members;
	}
}

/* With -1, as if places had no width and no gap between them; with 1 back again. */
static void layout_shift(struct layout *layout, const size_t *layer, size_t count, double sign)
{
	double offset = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			offset += layout_distance(&layout->places[layer[i - 1]], &layout->places[layer[i]]);
		layout->places[layer[i]].middle += sign * offset;
	}
}

/*
 * As near as possible to where each is wanted, in this order and without touching: neighbours that would overlap become
 * a block, which stands where its members want it on the average.
 */
static void layout_spread(struct layout *layout, const size_t *layer, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct place *place = &layout->places[layer[i]];

		place->middle = place->wanted;
		place->weight = place->weight > 0 ? place->weight : UNWANTED_WEIGHT;
		place->members = 1;
	}
	layout_shift(layout, layer, count, -1);
	for (size_t i = 0; i < count; i++)
		layout_join(layout, layer, i);
	for (size_t i = count; i > 0;) {
		const struct place *last = &layout->places[layer[i - 1]];

		for (size_t members = last->members; members > 0; members--)
			layout->places[layer[--i]].middle = last->middle;
	}
	layout_shift(layout, layer, count, 1);
}

static void layout_sweep(struct layout *layout, bool down, bool sort)
{
	for (size_t i = 0; i < layout->layers; i++) {
		size_t count, *layer = layout_layer(layout, down ? i : layout->layers - 1 - i, &count);

		layout_want(layout, down);
		if (sort)
			layout_sort(layout, layer, count);
		layout_spread(layout, layer, count);
	}
}

static void layout_sort_by_layer(struct layout *layout)
{
	size_t sorted = 0;

	for (size_t layer = 0; layer < layout->layers; layer++)
		for (size_t i = 0; i < layout->place_count; i++)
			if (layout->places[i].layer == layer)
				layout->sorted[sorted++] = i;
}

/* ---- what comes of it ---------------------------------------------------------------------------------------- */

/* How the @wanted link's end lies among those at the same side of the same place, by where they go: its distance from the middle. */
static double layout_port(const struct layout *layout, size_t wanted, bool lower)
{
	const struct piece *mine = &layout->pieces[wanted];
	size_t place = lower ? mine->lower : mine->upper, left = 0, right = 0;
	double middle = layout->places[lower ? mine->upper : mine->lower].middle, gap;

	for (size_t i = 0; i < layout->piece_count; i++) {
		const struct piece *other = &layout->pieces[i];
		double there = layout->places[lower ? other->upper : other->lower].middle;

		if (i == wanted || (lower ? other->lower : other->upper) != place)
			continue;
		if (there < middle || (there <= middle && i < wanted))
			left++;
		else
			right++;
	}
	gap = layout->places[place].width / (double)(left + right + 2);
	return ((double)left - (double)right) / 2 * (gap < PORT_GAP ? gap : PORT_GAP);
}

static double layout_top(size_t layer)
{
	return GW_PICTURE_MARGIN + (double)layer * (GW_PICTURE_BOX_HEIGHT + GW_PICTURE_LAYER_GAP);
}

static void layout_place_links(struct layout *layout)
{
	for (size_t i = 0; i < layout->piece_count; i++) {
		const struct piece *piece = &layout->pieces[i];
		const struct place *upper = &layout->places[piece->upper], *lower = &layout->places[piece->lower];
		double above = layout_port(layout, i, false), below = layout_port(layout, i, true);

		/* A bend is as high as the boxes beside it: its arrow passes between them. */
		layout->picture->links[i] = (struct gw_picture_link){
			.x1 = upper->middle + above,
			.y1 = layout_top(upper->layer) + GW_PICTURE_BOX_HEIGHT,
			.x2 = lower->middle + below,
			.y2 = layout_top(lower->layer),
			.side = above + below,
		};
	}
}

static void layout_finish(struct layout *layout)
{
	struct gw_picture *picture = layout->picture;
	double left = 0, right = 0;

	for (size_t i = 0; i < layout->place_count; i++) {
		double edge = layout->places[i].middle - layout->places[i].width / 2;

		left = i == 0 || edge < left ? edge : left;
		edge += layout->places[i].width;
		right = i == 0 || edge > right ? edge : right;
	}
	for (size_t i = 0; i < layout->place_count; i++)
		layout->places[i].middle += GW_PICTURE_MARGIN - left;
	for (size_t i = 0; i < picture->box_count; i++) {
		picture->boxes[i].x = layout->places[i].middle - GW_PICTURE_BOX_WIDTH / 2;
		picture->boxes[i].y = layout_top(picture->boxes[i].layer);
	}
	layout_place_links(layout);
	picture->width = right - left + 2 * GW_PICTURE_MARGIN;
	picture->height = layout->layers ? layout_top(layout->layers) - GW_PICTURE_LAYER_GAP + GW_PICTURE_MARGIN
					 : 2 * GW_PICTURE_MARGIN;
}

int gw_picture_lay_out(struct gw_picture *picture)
{
	struct layout layout;
	int r;

	layout_turn_round(picture);
	layout_push_down(picture);
	layout_pull_down(picture);
	r = layout_init(&layout, picture);
	if (r == 0) {
		layout_sort_by_layer(&layout);
		for (size_t i = 0; i < SWEEPS; i++)
			layout_sweep(&layout, i % 2 == 0, i < SWEEPS / 2);
		layout_finish(&layout);
	}
	layout_deinit(&layout);
	return r;
}
