/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing a boot: head with findings and legend, then the chart. */
#include "cli/svg/timeline.h"

#include <inttypes.h>
#include <string.h>

#include "cli/lib/json-field.h"
#include "cli/lib/text.h"
#include "cli/svg/chart.h"
#include "cli/svg/style.h"
#include "lib/base/cleanup.h"
#include "lib/picture/svg.h"

#define HEAD 86.0 /* pixels above the findings */
#define FINDING_HEIGHT 21.0
#define FINDINGS_MOST 8
#define FINDING_CHARACTERS 168 /* of a summary, in one line */
#define LEGEND_HEIGHT 62.0     /* legend, and the axis' times below it */
#define FOOT 70.0
#define BADGE 8.0   /* radius of a finding's number */
#define NAME_X 24.0 /* of a device's name, in its lane */
#define NAME_FONT 11.0
#define NAMES_CHARACTERS 33 /* device and driver */
#define BAR_LEAST 2.0
#define ARROWS_MOST 40
#define NEED_WIDTH 6.5	  /* pixels of one of its characters, about */
#define BOTH_AXES_FROM 12 /* lanes: with more, the times stand below the chart, too */

/* ---- words ------------------------------------------------------------------------ */

/* A probe's class in the style sheet; the driver core takes -ENODEV and -ENXIO for "not my device". */
static const char *span_class(const json_t *span)
{
	const char *result = field_string(span, "result_name");

	if (!field_given(span, "end_ns"))
		return "running";
	if (strcmp(result, "-EPROBE_DEFER") == 0)
		return "deferred";
	if (strcmp(result, "-ENODEV") == 0 || strcmp(result, "-ENXIO") == 0)
		return "rejected";
	return json_integer_value(json_object_get(span, "result")) == 0 ? "bound" : "failed";
}

/* "0.4021 s to 0.5876 s, 185 ms"; an end that is not known is said so. */
static char *span_times_text(uint64_t begin, uint64_t end, bool has_end)
{
	_cleanup_free_ char *length = text_duration(has_end && end > begin ? end - begin : 0);

	if (!has_end)
		return text_format("from %.4f s on, no end seen", (double)begin / 1e9);
	return text_format("%.4f s to %.4f s, %s", (double)begin / 1e9, (double)end / 1e9, length);
}

/* ---- head ---------------------------------------------------------------------------- */

static void draw_badge(FILE *out, double x, double y, enum order_effect effect, size_t number)
{
	_cleanup_free_ char *text = text_format("%zu", number);

	fprintf(out, "<circle class=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"%.1f\"/>\n", order_effect_class(effect), x, y,
		BADGE);
	gw_svg_text(out, "number", x, y + 3.6, GW_SVG_MIDDLE, text);
}

/* "1 thing lost, 2 fragile" or that there is none. */
static char *findings_text(const struct svg_chart *chart)
{
	size_t lost = order_lost(chart->order), count = chart->reports.count, others = count > lost ? count - lost : 0;

	if (count == 0)
		return text_format("%s", field_true(chart->order, "complete") ? "nothing lost" : "no loss recorded");
	return text_format("%zu lost, %zu other finding%s", lost, others, others == 1 ? "" : "s");
}

static void draw_title(const struct svg_chart *chart, FILE *out)
{
	const json_t *order = chart->order, *summary = field_object(order, "summary");
	_cleanup_free_ char *title = text_format("Probe order of Linux %s", field_string(order, "kernel"));
	_cleanup_free_ char *counts = findings_text(chart), *when = text_time(field_string(order, "taken_at"));
	_cleanup_free_ char *subtitle =
		text_format("%s · %" PRIu64 " initcalls, %" PRIu64 " probes, %" PRIu64 " deferrals · boot %s · %s",
			    counts, field_number(summary, "initcalls"), field_number(summary, "probes"),
			    field_number(summary, "deferrals"), field_string(order, "boot_id"), when);

	gw_svg_text(out, "title", CHART_MARGIN, 40, GW_SVG_START, title);
	gw_svg_text(out, "subtitle", CHART_MARGIN, 60, GW_SVG_START, subtitle);
}

static size_t findings_shown(const struct svg_chart *chart)
{
	return chart->reports.count < FINDINGS_MOST ? chart->reports.count : FINDINGS_MOST;
}

static void draw_finding(const struct svg_chart *chart, FILE *out, size_t i, double y)
{
	const json_t *report = chart->reports.list[i], *root = field_object(report, "root_cause");
	_cleanup_free_ char *summary = gw_svg_cut(field_string(report, "summary"), FINDING_CHARACTERS);
	_cleanup_free_ char *title = text_format("%s (%s, %s)\n%s\n%s", field_string(report, "summary"),
						 field_string(report, "class"), field_string(report, "id"),
						 field_string(root, "explanation"), field_string(root, "advice"));

	gw_svg_begin(out, "finding-line", title);
	draw_badge(out, CHART_MARGIN + BADGE, y - 4.5, order_effect(report), i + 1);
	fprintf(out, "<text class=\"finding\" x=\"%.2f\" y=\"%.2f\"><tspan class=\"effect\">%s</tspan> ",
		CHART_MARGIN + 3 * BADGE, y, order_effect_title(order_effect(report)));
	gw_svg_escape(out, summary);
	fputs("</text>\n", out);
	gw_svg_end(out);
}

static void draw_findings(const struct svg_chart *chart, FILE *out)
{
	size_t shown = findings_shown(chart), more = chart->reports.count - shown;
	_cleanup_free_ char *text = text_format("and %zu more", more);
	double y = HEAD;

	for (size_t i = 0; i < shown; i++, y += FINDING_HEIGHT)
		draw_finding(chart, out, i, y);
	if (more)
		gw_svg_text(out, "note", CHART_MARGIN + 3 * BADGE, y, GW_SVG_START, text);
}

/* ---- legend --------------------------------------------------------------------------- */

static double draw_legend_entry(FILE *out, double x, double y, const char *class, double height, const char *text)
{
	gw_svg_rect(out, class, x, y - 9 + (12 - height) / 2, 14, height);
	gw_svg_text(out, "legend", x + 19, y + 1, GW_SVG_START, text);
	return x + 19 + (double)gw_svg_length(text) * 6.2 + 17;
}

static void draw_legend(FILE *out, double y)
{
	static const struct {
		const char *class, *text;
		double height;
	} entries[] = {
		{ "initcall", "initcall", 12 },		  { "module", "module loaded", 12 },
		{ "bound", "probe that bound", 12 },	  { "deferred", "deferred", 12 },
		{ "wait", "waits to be tried again", 7 }, { "failed", "failed", 12 },
		{ "rejected", "not its device", 12 },	  { "running", "no end seen", 12 },
		{ "unseen", "not recorded", 12 },
	};
	double x = CHART_MARGIN;

	fputs("<g class=\"legends\">\n", out);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		x = draw_legend_entry(out, x, y, entries[i].class, entries[i].height, entries[i].text);
	fprintf(out, "<path class=\"arrow to-other\" marker-end=\"url(#head-other)\" d=\"M%.2f %.2fh20\"/>\n", x,
		y - 3);
	gw_svg_text(out, "legend", x + 25, y + 1, GW_SVG_START, "supplier ready, consumer begins");
	fputs("</g>\n", out);
}

/* ---- what is behind the bars --------------------------------------------------------------- */

static void draw_stripes(const struct svg_chart *chart, FILE *out)
{
	double left = CHART_MARGIN - 8, width = CHART_WIDTH - 2 * left;

	for (size_t i = 0; i < chart->lane_count; i++) {
		const struct svg_lane *lane = &chart->lanes[i];
		_cleanup_free_ char *tint = text_format("tint-%s", order_effect_class(lane->worst));

		if (i % 2 == 0)
			gw_svg_rect(out, "stripe", left, lane->y, width, LANE_HEIGHT);
		if (lane->worst != ORDER_EFFECTS)
			gw_svg_rect(out, tint, left, lane->y, width, LANE_HEIGHT);
	}
}

/* The parts of the boot that nobody recorded. */
static void draw_unseen(const struct svg_chart *chart, FILE *out)
{
	const struct svg_axis *axis = &chart->axis;
	json_t *missing;
	size_t i;

	json_array_foreach(field_array(chart->order, "missing"), i, missing) {
		double begin = svg_axis_x(axis, field_number(missing, "from_ns"));
		double end = svg_axis_x(axis, field_number(missing, "to_ns"));

		/* What has no end is no part of the boot, but a source that has nothing of it at all. */
		if (!field_given(missing, "to_ns") || end - begin < 1)
			continue;
		gw_svg_begin(out, "missing", field_string(missing, "text"));
		gw_svg_rect(out, "unseen", begin, chart->top, end - begin, chart->bottom - chart->top);
		gw_svg_end(out);
	}
}

static void draw_timeout(const struct svg_chart *chart, FILE *out)
{
	const json_t *settings = field_object(chart->order, "settings");
	double x = svg_axis_x(&chart->axis, field_number(settings, "timeout_expired_ns"));
	bool right = x > chart->axis.x + chart->axis.width - 190;

	if (!field_given(settings, "timeout_expired_ns"))
		return;
	gw_svg_begin(out, "timeout-line", "The kernel stopped waiting for suppliers: deferred_probe_timeout");
	gw_svg_line(out, "timeout", x, chart->top, x, chart->bottom + 16);
	gw_svg_text(out, "line-text", x, chart->bottom + 27, right ? GW_SVG_END : GW_SVG_START,
		    "deferred-probe timeout");
	gw_svg_end(out);
}

/* ---- the band of initcalls and modules ---------------------------------------------------------- */

static void draw_item(const struct svg_item *item, FILE *out)
{
	const json_t *row = item->row;
	const char *name = field_string(row, "name"), *level = field_string(row, "level");
	const char *result = field_string(row, "result_name");
	uint64_t begin = field_number(row, "time_ns"), end = field_number(row, "end_ns");
	_cleanup_free_ char *times = span_times_text(begin, end, field_given(row, "end_ns"));
	_cleanup_free_ char *title =
		text_format("%s %s%s%s%s\n%s%s%s", field_string(row, "kind"), name, *level ? " (" : "", level,
			    *level ? " level)" : "", times, *result ? ", result " : "", result);
	double label = item->label_left ? item->x - 4 : item->x + item->width + 4;

	gw_svg_begin(out, "bar", title);
	fprintf(out, "<rect class=\"%s\" data-begin-ns=\"%" PRIu64 "\" data-end-ns=\"%" PRIu64 "\" ",
		field_is(row, "kind", "module") ? "module" : "initcall", begin, end);
	fprintf(out, "x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" rx=\"1\"/>\n", item->x, item->y + 5,
		item->width, LANE_HEIGHT - 10);
	if (item->labelled)
		gw_svg_text(out, "item", label, item->y + LANE_HEIGHT / 2 + 4,
			    item->label_left ? GW_SVG_END : GW_SVG_START, name);
	gw_svg_end(out);
}

static void draw_band(const struct svg_chart *chart, FILE *out)
{
	if (chart->item_count == 0)
		return;
	gw_svg_text(out, "heading", CHART_MARGIN, chart->top + LANE_HEIGHT / 2 + 4, GW_SVG_START,
		    "Initcalls and modules");
	fputs("<g class=\"band\">\n", out);
	for (size_t i = 0; i < chart->item_count; i++)
		draw_item(&chart->items[i], out);
	fputs("</g>\n", out);
	gw_svg_line(out, "rule", CHART_MARGIN - 8, chart->band_bottom, CHART_WIDTH - CHART_MARGIN + 8,
		    chart->band_bottom);
}

/* ---- lanes ---------------------------------------------------------------------------------------- */

static double span_end_x(const struct svg_chart *chart, const json_t *span)
{
	if (!field_given(span, "end_ns"))
		return chart->axis.x + chart->axis.width;
	return svg_axis_x(&chart->axis, field_number(span, "end_ns"));
}

static void draw_span(const struct svg_chart *chart, FILE *out, const struct svg_lane *lane, const json_t *span)
{
	bool wait = field_is(span, "kind", "deferred"), probe = field_is(span, "kind", "probe");
	uint64_t begin = field_number(span, "begin_ns"), end = field_number(span, "end_ns");
	double x = svg_axis_x(&chart->axis, begin), width = span_end_x(chart, span) - x;
	double height = wait ? 7 : probe ? LANE_HEIGHT - 8 : LANE_HEIGHT - 14;
	const char *class = wait			       ? "wait"
			    : probe			       ? span_class(span)
			    : field_is(span, "kind", "module") ? "module"
							       : "initcall";
	const char *result = field_string(span, "result_name"), *driver = field_string(span, "driver");
	_cleanup_free_ char *times = span_times_text(begin, end, field_given(span, "end_ns"));
	_cleanup_free_ char *title =
		text_format("%s%s%s: %s%s%s\n%s", field_string(lane->device, "name"), *driver ? ", driver " : "",
			    driver, wait ? "waits to be tried again" : field_string(span, "kind"),
			    !wait && *result ? ", result " : "", wait ? "" : result, times);

	gw_svg_begin(out, "bar", title);
	fprintf(out, "<rect class=\"%s\" data-device=\"", class);
	gw_svg_escape(out, field_string(lane->device, "name"));
	fprintf(out, "\" data-begin-ns=\"%" PRIu64 "\"", begin);
	if (field_given(span, "end_ns"))
		fprintf(out, " data-end-ns=\"%" PRIu64 "\"", end);
	fprintf(out, " x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"%s/>\n", x,
		lane->y + (LANE_HEIGHT - height) / 2, width > BAR_LEAST ? width : BAR_LEAST, height,
		wait ? "" : " rx=\"1\"");
	gw_svg_end(out);
}

/* Waits first, so that the probes between them are on top. */
static void draw_spans(const struct svg_chart *chart, FILE *out, const struct svg_lane *lane)
{
	const json_t *spans = field_array(lane->device, "spans");
	json_t *span;
	size_t i;

	for (int waits = 1; waits >= 0; waits--)
		json_array_foreach(spans, i, span)
			if (field_is(span, "kind", "deferred") == waits)
				draw_span(chart, out, lane, span);
}

/* "0000:00:03.0  radeon", the driver dimmed; the device has the right of way. */
static void draw_name(const struct svg_lane *lane, FILE *out)
{
	const char *name = field_string(lane->device, "name"), *driver = field_string(lane->device, "driver");
	size_t want = gw_svg_length(driver) + 1, length = gw_svg_length(name), room = NAMES_CHARACTERS - 10;
	_cleanup_free_ char *shown =
		gw_svg_cut_middle(name, length + want > NAMES_CHARACTERS && length > room ? room : length);
	_cleanup_free_ char *dimmed = gw_svg_cut(driver, NAMES_CHARACTERS - gw_svg_length(shown) - 1);
	double y = lane->y + LANE_HEIGHT / 2 + 4, x = CHART_MARGIN + NAME_X;

	gw_svg_text(out, "name", x, y, GW_SVG_START, shown);
	if (*driver && strcmp(driver, name) != 0)
		gw_svg_text(out, "name driver", x + (double)(gw_svg_length(shown) + 1) * NAME_FONT * GW_SVG_MONO_WIDTH,
			    y, GW_SVG_START, dimmed);
}

/* The number of its first finding, in the order of the reports. */
static size_t lane_first_finding(const struct svg_chart *chart, const struct svg_lane *lane)
{
	_cleanup_free_ char *numbers = order_numbers(&chart->reports, field_array(lane->device, "findings"));

	return strtoul(numbers, NULL, 10);
}

static bool lane_is_waiting(const json_t *device)
{
	json_t *span;
	size_t i;

	json_array_foreach(field_array(device, "spans"), i, span)
		if (field_is(span, "kind", "deferred") && !field_given(span, "end_ns"))
			return true;
	return false;
}

/* Where the last bar ends. */
static double lane_end(const struct svg_chart *chart, const struct svg_lane *lane)
{
	double end = chart->axis.x;
	json_t *span;
	size_t i;

	json_array_foreach(field_array(lane->device, "spans"), i, span)
		end = span_end_x(chart, span) > end ? span_end_x(chart, span) : end;
	return end;
}

/* What it needs, where no arrow can show it: of its first finding. "" if an arrow can. */
static const char *lane_missing_supplier(const struct svg_chart *chart, size_t number)
{
	const json_t *about = number ? field_object(chart->reports.list[number - 1], "probe_order") : NULL;
	double y;

	return svg_chart_supplier(chart, about, &y) ? "" : field_string(about, "supplier");
}

/* "needs board-power" behind the last bar, or before the first one; "still waits for board-power" over the hatching. */
static void draw_need(const struct svg_chart *chart, FILE *out, const struct svg_lane *lane, size_t number)
{
	const char *supplier = lane_missing_supplier(chart, number);
	bool waits = lane_is_waiting(lane->device);
	_cleanup_free_ char *text = waits ? text_format("still waits%s%s", *supplier ? " for " : "", supplier)
					  : text_format("needs %s", supplier);
	double end = lane_end(chart, lane), y = lane->y + LANE_HEIGHT / 2 + 4, edge = chart->axis.x + chart->axis.width;
	double before = svg_axis_x(&chart->axis, lane->first_ns) - 6;

	if (waits)
		gw_svg_text(out, "need", edge - 4, y, GW_SVG_END, text);
	else if (*supplier && end + (double)gw_svg_length(text) * NEED_WIDTH < edge)
		gw_svg_text(out, "need", end + 6, y, GW_SVG_START, text);
	else if (*supplier)
		gw_svg_text(out, "need", before, y, GW_SVG_END, text);
}

static void draw_lane(const struct svg_chart *chart, FILE *out, const struct svg_lane *lane)
{
	size_t number = lane_first_finding(chart, lane);
	_cleanup_free_ char *retries = text_format("%" PRIu64, field_number(lane->device, "retries"));
	_cleanup_free_ char *lost = text_duration(field_number(lane->device, "lost_ns"));
	const char *finding = number ? field_string(chart->reports.list[number - 1], "summary") : "";
	_cleanup_free_ char *title =
		text_format("%s (%s), driver %s, %s retries, %s lost%s%s", field_string(lane->device, "name"),
			    field_string(lane->device, "bus"), field_string(lane->device, "driver"), retries, lost,
			    *finding ? "\n" : "", finding);

	gw_svg_begin(out, "lane", title);
	if (number)
		draw_badge(out, CHART_MARGIN + BADGE, lane->y + LANE_HEIGHT / 2,
			   order_effect(chart->reports.list[number - 1]), number);
	draw_name(lane, out);
	draw_spans(chart, out, lane);
	draw_need(chart, out, lane, number);
	gw_svg_end(out);
}

/* ---- who waited for whom ----------------------------------------------------------------------------- */

static void draw_curve(FILE *out, const char *effect, double x1, double y1, double x2, double y2)
{
	double bend = (y2 - y1) / 2;

	fprintf(out, "<circle class=\"%s\" cx=\"%.2f\" cy=\"%.2f\" r=\"2.4\"/>\n", effect, x1, y1);
	fprintf(out,
		"<path class=\"arrow to-%s\" marker-end=\"url(#head-%s)\" d=\"M%.2f %.2fC%.2f %.2f %.2f %.2f %.2f %.2f\"/>\n",
		effect, effect, x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2);
}

/* The moment at which the consumer needed it: for one that was only late, when it came up after all. */
static uint64_t arrow_moment(const json_t *report, const json_t *about)
{
	if (order_effect(report) == ORDER_SLOW && field_given(about, "end_ns"))
		return field_number(about, "end_ns");
	return field_number(about, "begin_ns");
}

/* From where and when the supplier was ready to where and when the consumer needed it. */
static void draw_arrow(const struct svg_chart *chart, FILE *out, size_t i)
{
	const json_t *report = chart->reports.list[i], *about = field_object(report, "probe_order");
	_cleanup_free_ char *title = text_format("%zu. %s", i + 1, field_string(report, "summary"));
	double from, to, moment = svg_axis_x(&chart->axis, arrow_moment(report, about));

	if (!field_given(about, "supplier_ready_ns") || !svg_chart_supplier(chart, about, &from) ||
	    !svg_chart_consumer(chart, about, &to) || from == to)
		return;
	gw_svg_begin(out, "dependency", title);
	draw_curve(out, order_effect_class(order_effect(report)),
		   svg_axis_x(&chart->axis, field_number(about, "supplier_ready_ns")), from, moment,
		   to + (from < to ? -7 : 7));
	gw_svg_end(out);
}

/* ---- all of it ------------------------------------------------------------------------------------------ */

static void draw_chart(const struct svg_chart *chart, FILE *out)
{
	draw_stripes(chart, out);
	svg_axis_draw(&chart->axis, out, chart->top, chart->bottom, chart->lane_count >= BOTH_AXES_FROM);
	draw_unseen(chart, out);
	draw_band(chart, out);
	fputs("<g class=\"lanes\">\n", out);
	for (size_t i = 0; i < chart->lane_count; i++)
		draw_lane(chart, out, &chart->lanes[i]);
	fputs("</g>\n", out);
	draw_timeout(chart, out);
	fputs("<g class=\"dependencies\">\n", out);
	for (size_t i = 0; i < chart->reports.count && i < ARROWS_MOST; i++)
		draw_arrow(chart, out, i);
	fputs("</g>\n", out);
}

static void draw_foot(const struct svg_chart *chart, FILE *out)
{
	_cleanup_free_ char *hidden =
		text_format("%zu more device%s not drawn: gpuwatch-cli probe-order --timeline --all", chart->hidden,
			    chart->hidden == 1 ? " is" : "s are");
	double y = chart->bottom + 48;

	gw_svg_text(out, "note", CHART_WIDTH - CHART_MARGIN, y, GW_SVG_END,
		    "gpuwatch " GW_VERSION " · seconds since boot");
	if (chart->lane_count == 0)
		gw_svg_text(out, "note", CHART_MARGIN, y, GW_SVG_START,
			    "No probe of a GPU, IOMMU or KFD driver was seen.");
	else if (chart->hidden)
		gw_svg_text(out, "note", CHART_MARGIN, y, GW_SVG_START, hidden);
}

/* For whoever cannot see it, or looks at it in a file manager. */
static void draw_description(const struct svg_chart *chart, FILE *out)
{
	fputs("<title>Probe order of Linux ", out);
	gw_svg_escape(out, field_string(chart->order, "kernel"));
	fputs("</title>\n<desc>", out);
	if (chart->reports.count == 0)
		fputs("Nothing was found to be lost or fragile.", out);
	for (size_t i = 0; i < chart->reports.count; i++) {
		fprintf(out, "%s%zu. %s: ", i ? " " : "", i + 1,
			order_effect_title(order_effect(chart->reports.list[i])));
		gw_svg_escape(out, field_string(chart->reports.list[i], "summary"));
		fputc('.', out);
	}
	fputs("</desc>\n", out);
}

void svg_timeline(FILE *out, const json_t *order, bool all)
{
	size_t reports = json_array_size(field_array(order, "reports"));
	size_t lines = reports > FINDINGS_MOST ? FINDINGS_MOST + 1 : reports;
	double legend = HEAD + (double)lines * FINDING_HEIGHT + (lines ? 10 : 0);
	_cleanup_chart_ struct svg_chart chart;
	double height;

	svg_chart_init(&chart, order, legend + LEGEND_HEIGHT - 16, all);
	height = chart.bottom + FOOT;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n",
		CHART_WIDTH, height, CHART_WIDTH, height);
	draw_description(&chart, out);
	svg_style(out);
	gw_svg_rect(out, "back", 0, 0, CHART_WIDTH, height);
	draw_title(&chart, out);
	draw_findings(&chart, out);
	draw_legend(out, legend);
	draw_chart(&chart, out);
	draw_foot(&chart, out);
	fputs("</svg>\n", out);
}
