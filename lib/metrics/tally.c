/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums by label values. */
#include "lib/metrics/tally.h"

#include <string.h>

static size_t tally_width(const struct gw_tally *tally)
{
	size_t width = 0;

	while (width < GW_TALLY_LABELS && tally->names[width])
		width++;
	return width;
}

static struct gw_tally_row *tally_find(struct gw_tally *tally, const char *const *values, size_t width)
{
	for (size_t i = 0; i < tally->count; i++) {
		size_t same = 0;

		while (same < width && strcmp(tally->rows[i].values[same], values[same]) == 0)
			same++;
		if (same == width)
			return &tally->rows[i];
	}
	return NULL;
}

/* The last row is for all that the others have no room for. */
static struct gw_tally_row *tally_new_row(struct gw_tally *tally, const char *const *values, size_t width)
{
	struct gw_tally_row *row;

	if (tally->count == GW_TALLY_ROWS)
		return &tally->rows[GW_TALLY_ROWS - 1];
	row = &tally->rows[tally->count++];
	for (size_t i = 0; i < width; i++)
		row->values[i] = tally->count == GW_TALLY_ROWS ? "other" : values[i];
	row->sum = row->most = 0;
	return row;
}

void gw_tally_add(struct gw_tally *tally, const char *const *values, double value)
{
	size_t width = tally_width(tally);
	struct gw_tally_row *row = tally_find(tally, values, width);

	if (!row)
		row = tally_new_row(tally, values, width);
	row->sum += value;
	if (value > row->most)
		row->most = value;
}

void gw_tally_write(const struct gw_tally *tally, struct gw_exposition *exposition, enum gw_tally_of of)
{
	struct gw_label labels[GW_TALLY_LABELS];
	size_t width = tally_width(tally);

	for (size_t i = 0; i < tally->count; i++) {
		const struct gw_tally_row *row = &tally->rows[i];

		for (size_t j = 0; j < width; j++)
			labels[j] = (struct gw_label){ .name = tally->names[j], .value = row->values[j] };
		gw_exposition_add(exposition, labels, width, of == GW_TALLY_SUM ? row->sum : row->most);
	}
}
