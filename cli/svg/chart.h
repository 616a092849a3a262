/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything of a gpuwatch.probe-order.v1 is in its image: a lane per
 * device, a band of initcalls and modules above them, the time axis. Nothing
 * is drawn here.
 */
#ifndef GPUWATCH_CLI_SVG_CHART_H
#define GPUWATCH_CLI_SVG_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "cli/lib/order.h"
#include "cli/svg/axis.h"
#include "lib/base/cleanup.h"

#define CHART_WIDTH 1280.0 /* of the image */
#define CHART_MARGIN 24.0
#define LANE_HEIGHT 22.0

/* A device and its row of bars. */
struct svg_lane {
	const json_t *device;
	uint64_t first_ns; /* when its first bar begins */
	enum order_effect worst;
	double y; /* of its upper edge */
};

/* An initcall or a module, with its name beside its bar. */
struct svg_item {
	const json_t *row;
	double x, width; /* of the bar */
	double y;	 /* of its lane's upper edge */
	bool label_left;
	bool labelled; /* there was room for the name */
};

struct svg_chart {
	const json_t *order;
	struct order_reports reports;
	struct svg_axis axis;
	struct svg_lane *lanes;
	size_t lane_count, hidden; /* devices that are drawn, and that are not */
	struct svg_item *items;
	size_t item_count;
	size_t band_lanes;
	json_t *places;			 /* of lanes and items, by kind and name */
	double top, band_bottom, bottom; /* of the chart: axis above, lanes from band_bottom on */
};

/* @top: where the chart begins; @all: a lane for every device. The document must outlive the chart. */
void svg_chart_init(struct svg_chart *chart, const json_t *order, double top, bool all);
void svg_chart_clear(struct svg_chart *chart);

/* The parties to a finding (of its probe_order object): the middle of their lanes. False if one is not drawn. */
bool svg_chart_consumer(const struct svg_chart *chart, const json_t *about, double *y);
bool svg_chart_supplier(const struct svg_chart *chart, const json_t *about, double *y);

#define _cleanup_chart_ _cleanup_(svg_chart_clear)

#endif
