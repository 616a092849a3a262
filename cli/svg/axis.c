/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The time axis: scale, cuts and ticks. */
#include "cli/svg/axis.h"

#include <stdlib.h>

#include "cli/lib/error.h"
#include "cli/lib/text.h"
#include "lib/base/cleanup.h"
#include "lib/base/units.h"
#include "lib/picture/svg.h"

#define CUT_WIDTH 34.0	 /* pixels of a stretch that is cut out */
#define CUT_LEAST 0.25	 /* of the whole time: shorter idle stretches are drawn as they are */
#define CUT_LEAST_NS 1e6 /* however short the whole time is */
#define MARGIN 0.015	 /* of the drawn time, on each side of what happened */
#define TICK_PIXELS 74.0 /* between ticks, at least */

static int axis_compare_intervals(const void *a, const void *b)
{
	const struct svg_interval *left = a, *right = b;

	return left->begin < right->begin ? -1 : left->begin > right->begin;
}

/* Joins what overlaps; returns the number of intervals that are left. */
static size_t axis_merge(struct svg_interval *busy, size_t count)
{
	size_t merged = 0;

	qsort(busy, count, sizeof(*busy), axis_compare_intervals);
	for (size_t i = 0; i < count; i++) {
		struct svg_interval *last = merged ? &busy[merged - 1] : NULL;

		if (last && busy[i].begin <= last->end)
			last->end = busy[i].end > last->end ? busy[i].end : last->end;
		else
			busy[merged++] = busy[i];
	}
	return merged;
}

/* The longest gap that is not cut yet; @count if all that are left are short. */
static size_t axis_longest_gap(const struct svg_interval *busy, size_t count, const bool *cut, uint64_t least)
{
	size_t best = count;
	uint64_t longest = least;

	for (size_t i = 1; i < count; i++) {
		uint64_t gap = busy[i].begin - busy[i - 1].end;

		if (!cut[i] && gap > longest) {
			longest = gap;
			best = i;
		}
	}
	return best;
}

static void axis_add_segment(struct svg_axis *axis, uint64_t begin, uint64_t end, bool cut)
{
	axis->segments[axis->count++] = (struct svg_segment){ .time = { begin, end }, .cut = cut };
}

/* The segments from one cut to the next, with a margin of time at each cut so that nothing touches it. */
static void axis_make_segments(struct svg_axis *axis, const struct svg_interval *busy, size_t count, const bool *cut,
			       uint64_t margin)
{
	uint64_t begin = busy[0].begin > margin ? busy[0].begin - margin : 0;

	for (size_t i = 1; i < count; i++) {
		if (!cut[i])
			continue;
		axis_add_segment(axis, begin, busy[i - 1].end + margin, false);
		axis_add_segment(axis, busy[i - 1].end + margin, busy[i].begin - margin, true);
		begin = busy[i].begin - margin;
	}
	axis_add_segment(axis, begin, busy[count - 1].end + margin, false);
}

static void axis_place_segments(struct svg_axis *axis)
{
	double room = axis->width, time = 0, x = axis->x;

	for (size_t i = 0; i < axis->count; i++) {
		struct svg_segment *segment = &axis->segments[i];

		if (segment->cut)
			room -= CUT_WIDTH;
		else
			time += (double)(segment->time.end - segment->time.begin);
	}
	axis->scale = room / time;
	for (size_t i = 0; i < axis->count; i++) {
		struct svg_segment *segment = &axis->segments[i];

		segment->x = x;
		segment->width =
			segment->cut ? CUT_WIDTH : (double)(segment->time.end - segment->time.begin) * axis->scale;
		x += segment->width;
	}
}

void svg_axis_init(struct svg_axis *axis, double x, double width, struct svg_interval *busy, size_t count)
{
	struct svg_interval nothing = { 0, GW_NSEC_PER_SEC };
	_cleanup_free_ bool *cut = calloc(count + 1, sizeof(bool));
	uint64_t drawn, margin;

	if (!cut)
		out_of_memory();
	*axis = (struct svg_axis){ .x = x, .width = width };
	if (count == 0) {
		busy = &nothing;
		count = 1;
	}
	count = axis_merge(busy, count);
	drawn = busy[count - 1].end - busy[0].begin;
	for (size_t cuts = 0; cuts < AXIS_BREAKS_MOST; cuts++) {
		double least = (double)drawn * CUT_LEAST;
		size_t gap =
			axis_longest_gap(busy, count, cut, (uint64_t)(least > CUT_LEAST_NS ? least : CUT_LEAST_NS));

		if (gap == count)
			break;
		cut[gap] = true;
		drawn -= busy[gap].begin - busy[gap - 1].end;
	}
	/* At least a microsecond, so that there is something to divide by. */
	margin = (uint64_t)((double)drawn * MARGIN) + 1000;
	axis_make_segments(axis, busy, count, cut, margin);
	axis_place_segments(axis);
}

double svg_axis_x(const struct svg_axis *axis, uint64_t time_ns)
{
	for (size_t i = 0; i < axis->count; i++) {
		const struct svg_segment *segment = &axis->segments[i];
		uint64_t length = segment->time.end - segment->time.begin;

		if (time_ns < segment->time.begin)
			return segment->x;
		if (time_ns <= segment->time.end)
			return segment->x + (double)(time_ns - segment->time.begin) / (double)length * segment->width;
	}
	return axis->x + axis->width;
}

/* ---- drawing ------------------------------------------------------------------- */

/* The smallest of 1, 2 and 5 times a power of ten that is at least @least. */
static uint64_t axis_nice_step(double least)
{
	uint64_t power = 1;

	for (;; power *= 10) {
		if ((double)power >= least)
			return power;
		if ((double)power * 2 >= least)
			return power * 2;
		if ((double)power * 5 >= least)
			return power * 5;
	}
}

/* "0.25 s": as many digits as the step needs. */
static char *axis_tick_text(uint64_t time_ns, uint64_t step)
{
	int digits = 0;

	for (uint64_t unit = GW_NSEC_PER_SEC; unit > step && digits < 9; unit /= 10)
		digits++;
	return text_format("%.*f s", digits, (double)time_ns / 1e9);
}

static void axis_draw_tick(const struct svg_axis *axis, FILE *out, uint64_t time_ns, uint64_t step, double top,
			   double bottom, bool both)
{
	_cleanup_free_ char *text = axis_tick_text(time_ns, step);
	double x = svg_axis_x(axis, time_ns);

	gw_svg_line(out, "grid", x, top, x, bottom);
	gw_svg_text(out, "tick", x, top - 6, GW_SVG_MIDDLE, text);
	if (both)
		gw_svg_text(out, "tick", x, bottom + 14, GW_SVG_MIDDLE, text);
}

/* Ticks at round times; where a segment is too short for one, at what is about its middle. */
static void axis_draw_ticks(const struct svg_axis *axis, FILE *out, const struct svg_segment *segment, uint64_t step,
			    double top, double bottom, bool both)
{
	uint64_t begin = segment->time.begin, end = segment->time.end, first = (begin + step - 1) / step * step;

	if (first > end) {
		uint64_t middle = begin + (end - begin) / 2, fine = axis_nice_step((double)(end - begin) / 8);

		axis_draw_tick(axis, out, middle / fine * fine, fine, top, bottom, both);
	}
	/* There is room for few: their number ends the loop, whatever the times are. */
	for (uint64_t ticks = (uint64_t)(segment->width / TICK_PIXELS) + 2, i = 0; i < ticks && first + i * step <= end;
	     i++)
		axis_draw_tick(axis, out, first + i * step, step, top, bottom, both);
}

static void axis_draw_cut(FILE *out, const struct svg_segment *segment, double top, double bottom)
{
	_cleanup_free_ char *length = text_duration_short(segment->time.end - segment->time.begin);
	_cleanup_free_ char *title = text_format("%s in which nothing of this began or ended", length);
	double middle = segment->x + segment->width / 2;

	gw_svg_begin(out, "cut", title);
	gw_svg_rect(out, "cut-back", segment->x + 5, top, segment->width - 10, bottom - top);
	fprintf(out, "<path class=\"cut-edge\" d=\"M%.2f %.2fV%.2fM%.2f %.2fV%.2f\"/>\n", segment->x + 5, top, bottom,
		segment->x + segment->width - 5, top, bottom);
	gw_svg_text(out, "cut-text", middle, top - 19, GW_SVG_MIDDLE, length);
	gw_svg_end(out);
}

void svg_axis_draw(const struct svg_axis *axis, FILE *out, double top, double bottom, bool both)
{
	uint64_t step = axis_nice_step(TICK_PIXELS / axis->scale);

	fputs("<g class=\"axis\">\n", out);
	for (size_t i = 0; i < axis->count; i++) {
		const struct svg_segment *segment = &axis->segments[i];

		fprintf(out, "<g data-begin-ns=\"%llu\" data-end-ns=\"%llu\" data-x=\"%.3f\" data-width=\"%.3f\">\n",
			(unsigned long long)segment->time.begin, (unsigned long long)segment->time.end, segment->x,
			segment->width);
		if (segment->cut)
			axis_draw_cut(out, segment, top, bottom);
		else
			axis_draw_ticks(axis, out, segment, step, top, bottom, both);
		fputs("</g>\n", out);
	}
	fputs("</g>\n", out);
}
