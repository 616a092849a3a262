/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time axis of an image: one scale throughout, with long stretches in
 * which nothing happened cut out. Boots come in bursts: the kernel's own
 * drivers in half a second, modules seconds later.
 */
#ifndef GPUWATCH_CLI_SVG_AXIS_H
#define GPUWATCH_CLI_SVG_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define AXIS_BREAKS_MOST 6

/* Half-open, ns since boot. */
struct svg_interval {
	uint64_t begin, end;
};

struct svg_segment {
	struct svg_interval time;
	double x, width; /* pixels */
	bool cut;	 /* nothing happened */
};

struct svg_axis {
	double x, width;
	double scale; /* pixels per ns, outside of cuts */
	struct svg_segment segments[2 * AXIS_BREAKS_MOST + 1];
	size_t count; /* at least 1 */
};

/* @busy: when something happened, in any order (sorted by this call); none at all gives the first second. */
void svg_axis_init(struct svg_axis *axis, double x, double width, struct svg_interval *busy, size_t count);

/* Where a time is; those before the beginning and after the end are at the ends. */
double svg_axis_x(const struct svg_axis *axis, uint64_t time_ns);

/* Grid lines, cuts and times: the grid from @top to @bottom, the times above it, and below it if @both. */
void svg_axis_draw(const struct svg_axis *axis, FILE *out, double top, double bottom, bool both);

#endif
