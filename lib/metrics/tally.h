/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sums and largest values by the values of a few labels. Their number has a bound, whatever the kernel calls its drivers:
 * what comes beyond it is counted as "other".
 */
#ifndef GPUWATCH_LIB_METRICS_TALLY_H
#define GPUWATCH_LIB_METRICS_TALLY_H

#include <stddef.h>

#include "lib/metrics/exposition.h"

#define GW_TALLY_LABELS 5
#define GW_TALLY_ROWS 256

struct gw_tally {
	const char *names[GW_TALLY_LABELS]; /* of the labels; NULL behind the last one */
	size_t count;
	struct gw_tally_row {
		const char *values[GW_TALLY_LABELS];
		double sum, most;
	} rows[GW_TALLY_ROWS];
};

/* @values: as many as the tally has names, borrowed as long as the tally is used. */
void gw_tally_add(struct gw_tally *tally, const char *const *values, double value);

enum gw_tally_of { GW_TALLY_SUM, GW_TALLY_MOST };

/* The rows as samples of the family that was begun. */
void gw_tally_write(const struct gw_tally *tally, struct gw_exposition *exposition, enum gw_tally_of of);

#endif
