/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a boot's image. */
#include "cli/svg/chart.h"

#include <stdlib.h>
#include <string.h>

#include "cli/lib/error.h"
#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/picture/svg.h"

#define LANES_MOST 60	  /* unless all are asked for */
#define NAMES_WIDTH 250.0 /* of the column with the devices' names */
#define BAND_LANES_MOST 6 /* the band's height is bounded: further items share the last lane */
#define BAND_FONT 11.0	  /* pixels */
#define BAND_GAP 10.0	  /* pixels between a name and the next bar of the band */
#define BAND_PADDING 6.0  /* pixels below the band */
#define BAR_LEAST 2.0	  /* pixels: nothing is too short to be seen */

/* ---- devices ------------------------------------------------------------------- */

static uint64_t chart_first_begin(const json_t *device)
{
	uint64_t first = UINT64_MAX;
	json_t *span;
	size_t i;

	json_array_foreach(field_array(device, "spans"), i, span)
		if (field_number(span, "begin_ns") < first)
			first = field_number(span, "begin_ns");
	return first;
}

/* The band has what is only an initcall or a module. */
static bool chart_was_probed(const json_t *device)
{
	json_t *span;
	size_t i;

	json_array_foreach(field_array(device, "spans"), i, span)
		if (field_is(span, "kind", "probe") || field_is(span, "kind", "deferred"))
			return true;
	return false;
}

static int chart_compare_lanes(const void *a, const void *b)
{
	const struct svg_lane *left = a, *right = b;

	if (left->first_ns != right->first_ns)
		return left->first_ns < right->first_ns ? -1 : 1;
	return strcmp(field_string(left->device, "name"), field_string(right->device, "name"));
}

/* What is kept when there are too many: 0 = part of a finding, 1 = not ready or retried, 2 = the rest. */
static unsigned chart_lane_rank(const struct svg_lane *lane)
{
	if (lane->worst != ORDER_EFFECTS)
		return 0;
	return !field_given(lane->device, "ready_ns") || field_number(lane->device, "retries") ? 1 : 2;
}

/* Keeps the order and drops what matters least. */
static void chart_cut_lanes(struct svg_chart *chart)
{
	size_t left = LANES_MOST, kept = 0;
	_cleanup_free_ bool *taken = calloc(chart->lane_count + 1, sizeof(bool));

	if (!taken)
		out_of_memory();
	for (unsigned rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < chart->lane_count && left > 0; i++)
			if (!taken[i] && chart_lane_rank(&chart->lanes[i]) == rank) {
				taken[i] = true;
				left--;
			}
	for (size_t i = 0; i < chart->lane_count; i++)
		if (taken[i])
			chart->lanes[kept++] = chart->lanes[i];
	chart->hidden = chart->lane_count - kept;
	chart->lane_count = kept;
}

static void chart_collect_lanes(struct svg_chart *chart, bool all)
{
	const json_t *devices = field_array(chart->order, "devices");
	json_t *device;
	size_t i;

	chart->lanes = calloc(json_array_size(devices) + 1, sizeof(*chart->lanes));
	if (!chart->lanes)
		out_of_memory();
	json_array_foreach(devices, i, device)
		if (chart_was_probed(device))
			chart->lanes[chart->lane_count++] = (struct svg_lane){
				.device = device,
				.first_ns = chart_first_begin(device),
				.worst = order_worst(&chart->reports, field_array(device, "findings")),
			};
	qsort(chart->lanes, chart->lane_count, sizeof(*chart->lanes), chart_compare_lanes);
	if (!all)
		chart_cut_lanes(chart);
}

/* ---- the band -------------------------------------------------------------------- */

static void chart_collect_items(struct svg_chart *chart)
{
	const json_t *rows = field_array(chart->order, "rows");
	json_t *row;
	size_t i;

	chart->items = calloc(json_array_size(rows) + 1, sizeof(*chart->items));
	if (!chart->items)
		out_of_memory();
	json_array_foreach(rows, i, row)
		if (field_is(row, "kind", "initcall") || field_is(row, "kind", "module"))
			chart->items[chart->item_count++].row = row;
}

/* What the item takes with its name on one side; false if that does not fit into the chart. */
static bool chart_place_item(const struct svg_axis *axis, struct svg_item *item, bool left, double *begin, double *end)
{
	double name = (double)gw_svg_length(field_string(item->row, "name")) * BAND_FONT * GW_SVG_MONO_WIDTH + 4;

	item->label_left = left;
	*begin = item->x - (left ? name : 0);
	*end = item->x + item->width + (left ? 0 : name);
	return *begin >= axis->x && *end <= axis->x + axis->width;
}

/* The first lane in which it fits; with the name to the right, else to the left, else without. */
static void chart_pack_item(struct svg_chart *chart, struct svg_item *item, double *used)
{
	double begin, end;

	for (size_t lane = 0; lane < BAND_LANES_MOST; lane++)
		for (int left = 0; left <= 1; left++) {
			if (!chart_place_item(&chart->axis, item, left, &begin, &end) || begin < used[lane])
				continue;
			item->labelled = true;
			item->y = chart->top + (double)lane * LANE_HEIGHT;
			used[lane] = end + BAND_GAP;
			chart->band_lanes = lane + 1 > chart->band_lanes ? lane + 1 : chart->band_lanes;
			return;
		}
	item->y = chart->top + (double)(BAND_LANES_MOST - 1) * LANE_HEIGHT;
	chart->band_lanes = BAND_LANES_MOST;
}

static int chart_compare_items(const void *a, const void *b)
{
	uint64_t left = field_number(((const struct svg_item *)a)->row, "time_ns");
	uint64_t right = field_number(((const struct svg_item *)b)->row, "time_ns");

	return left < right ? -1 : left > right;
}

static void chart_place_band(struct svg_chart *chart)
{
	double used[BAND_LANES_MOST] = { 0 };

	qsort(chart->items, chart->item_count, sizeof(*chart->items), chart_compare_items);
	for (size_t i = 0; i < chart->item_count; i++) {
		struct svg_item *item = &chart->items[i];
		uint64_t begin = field_number(item->row, "time_ns"), end = field_number(item->row, "end_ns");
		double width = svg_axis_x(&chart->axis, end > begin ? end : begin) - svg_axis_x(&chart->axis, begin);

		item->x = svg_axis_x(&chart->axis, begin);
		item->width = width > BAR_LEAST ? width : BAR_LEAST;
		chart_pack_item(chart, item, used);
	}
}

/* ---- times ------------------------------------------------------------------------- */

static void chart_add_busy(struct svg_interval *busy, size_t *count, const json_t *object, const char *begin_key)
{
	uint64_t begin = field_number(object, begin_key), end = field_number(object, "end_ns");

	busy[(*count)++] = (struct svg_interval){ begin, end > begin ? end : begin };
}

static void chart_place_axis(struct svg_chart *chart)
{
	const json_t *settings = field_object(chart->order, "settings");
	size_t room = chart->item_count + 1, count = 0, i;
	_cleanup_free_ struct svg_interval *busy = NULL;
	json_t *span;

	for (size_t lane = 0; lane < chart->lane_count; lane++)
		room += json_array_size(field_array(chart->lanes[lane].device, "spans"));
	busy = calloc(room, sizeof(*busy));
	if (!busy)
		out_of_memory();
	for (size_t item = 0; item < chart->item_count; item++)
		chart_add_busy(busy, &count, chart->items[item].row, "time_ns");
	for (size_t lane = 0; lane < chart->lane_count; lane++)
		json_array_foreach(field_array(chart->lanes[lane].device, "spans"), i, span)
			if (!field_is(span, "kind", "deferred"))
				chart_add_busy(busy, &count, span, "begin_ns");
	if (field_given(settings, "timeout_expired_ns"))
		chart_add_busy(busy, &count, settings, "timeout_expired_ns");
	svg_axis_init(&chart->axis, CHART_MARGIN + NAMES_WIDTH, CHART_WIDTH - 2 * CHART_MARGIN - NAMES_WIDTH, busy,
		      count);
}

/* ---- who is where -------------------------------------------------------------------- */

enum chart_key {
	KEY_DEVICE = 'd',      /* the name of a lane's device */
	KEY_DRIVER = 'v',      /* its driver */
	KEY_ITEM = 'i',	       /* the name of an item of the band */
	KEY_ITEM_MODULE = 'm', /* its module */
};

/* The first one of a name stands for it. */
static void chart_add_place(struct svg_chart *chart, enum chart_key kind, const char *name, size_t index)
{
	_cleanup_free_ char *key = text_format("%c%s", kind, name);

	if (*name && !json_object_get(chart->places, key) &&
	    json_object_set_new(chart->places, key, json_integer((json_int_t)index)) < 0)
		out_of_memory();
}

static void chart_make_places(struct svg_chart *chart)
{
	chart->places = json_object();
	if (!chart->places)
		out_of_memory();
	for (size_t i = 0; i < chart->lane_count; i++) {
		chart_add_place(chart, KEY_DEVICE, field_string(chart->lanes[i].device, "name"), i);
		chart_add_place(chart, KEY_DRIVER, field_string(chart->lanes[i].device, "driver"), i);
	}
	for (size_t i = 0; i < chart->item_count; i++) {
		chart_add_place(chart, KEY_ITEM, field_string(chart->items[i].row, "name"), i);
		chart_add_place(chart, KEY_ITEM_MODULE, field_string(chart->items[i].row, "module"), i);
	}
}

/* ---- all of it ----------------------------------------------------------------------- */

void svg_chart_init(struct svg_chart *chart, const json_t *order, double top, bool all)
{
	*chart = (struct svg_chart){ .order = order, .top = top };
	order_reports_init(&chart->reports, order);
	chart_collect_lanes(chart, all);
	chart_collect_items(chart);
	chart_place_axis(chart);
	chart_place_band(chart);
	chart->band_bottom = top + (double)chart->band_lanes * LANE_HEIGHT + (chart->band_lanes ? BAND_PADDING : 0);
	for (size_t i = 0; i < chart->lane_count; i++)
		chart->lanes[i].y = chart->band_bottom + (double)i * LANE_HEIGHT;
	chart->bottom = chart->band_bottom + (double)chart->lane_count * LANE_HEIGHT;
	chart_make_places(chart);
}

void svg_chart_clear(struct svg_chart *chart)
{
	order_reports_clear(&chart->reports);
	free(chart->lanes);
	free(chart->items);
	json_decref(chart->places);
}

/* ---- the parties to a finding --------------------------------------------------------- */

/* SIZE_MAX: there is none. */
static size_t chart_place(const struct svg_chart *chart, enum chart_key kind, const char *name)
{
	_cleanup_free_ char *key = text_format("%c%s", kind, name);
	const json_t *place = json_object_get(chart->places, key);

	return place ? (size_t)json_integer_value(place) : SIZE_MAX;
}

static bool chart_find_lane(const struct svg_chart *chart, enum chart_key kind, const char *name, double *y)
{
	size_t lane = chart_place(chart, kind, name);

	if (lane == SIZE_MAX)
		return false;
	*y = chart->lanes[lane].y + LANE_HEIGHT / 2;
	return true;
}

/* The first of those that fit in one way or another. */
static bool chart_find_item(const struct svg_chart *chart, const char *name, const char *module, double *y)
{
	size_t item = chart_place(chart, KEY_ITEM, name), by_module = chart_place(chart, KEY_ITEM_MODULE, module),
	       by_name = chart_place(chart, KEY_ITEM_MODULE, name);

	item = by_module < item ? by_module : item;
	item = by_name < item ? by_name : item;
	if (item == SIZE_MAX)
		return false;
	*y = chart->items[item].y + LANE_HEIGHT / 2;
	return true;
}

/* A device that is named is that device and no other of its driver; what is on no bus is an initcall or a module. */
bool svg_chart_consumer(const struct svg_chart *chart, const json_t *about, double *y)
{
	const char *device = field_string(about, "device"), *driver = field_string(about, "driver");

	if (*device && field_given(about, "bus"))
		return chart_find_lane(chart, KEY_DEVICE, device, y);
	return chart_find_lane(chart, KEY_DRIVER, driver, y) ||
	       chart_find_item(chart, *driver ? driver : device, field_string(about, "module"), y);
}

bool svg_chart_supplier(const struct svg_chart *chart, const json_t *about, double *y)
{
	const char *name = field_string(about, "supplier");

	return chart_find_lane(chart, KEY_DEVICE, name, y) ||
	       chart_find_lane(chart, KEY_DRIVER, field_string(about, "supplier_driver"), y) ||
	       chart_find_item(chart, name, field_string(about, "supplier_module"), y);
}
