/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics as text that Prometheus and its relatives read: OpenMetrics 1.0
 * (prometheus.io/docs/specs/om/open_metrics_spec), or the text format 0.0.4 that came before it.
 */
#ifndef GPUWATCH_LIB_METRICS_EXPOSITION_H
#define GPUWATCH_LIB_METRICS_EXPOSITION_H

#include <stddef.h>

#include "lib/base/text.h"

enum gw_metrics_format {
	GW_METRICS_TEXT, /* 0.0.4 */
	GW_METRICS_OPENMETRICS,
};

/* What an HTTP server sends as Content-Type. */
const char *gw_metrics_content_type(enum gw_metrics_format format);

enum gw_metric_type {
	GW_METRIC_GAUGE,
	GW_METRIC_COUNTER,   /* its samples end in _total */
	GW_METRIC_HISTOGRAM, /* in _bucket, _sum, _count */
	GW_METRIC_INFO,	     /* in _info: always 1, the labels are what matters */
};

/* A family of samples. The strings are the caller's, and static mostly. */
struct gw_metric {
	const char *name; /* without the suffix of its samples; ends in its unit if it has one */
	enum gw_metric_type type;
	const char *unit; /* "" = none */
	const char *help; /* one sentence */
};

struct gw_label {
	const char *name, *value; /* any text */
};

struct gw_exposition {
	struct gw_text text;
	enum gw_metrics_format format;
	const struct gw_metric *metric; /* whose samples come now */
};

/* The head of a family; its samples follow before the next family begins. */
void gw_exposition_begin(struct gw_exposition *exposition, const struct gw_metric *metric);

/* A sample of a gauge, a counter or an info. */
void gw_exposition_add(struct gw_exposition *exposition, const struct gw_label *labels, size_t n_labels, double value);

/*
 * gw_exposition_add_histogram - the samples of one histogram
 * @bounds: upper limits of the buckets but for the last one, which has none
 * @counts: one more than @bounds, each of its own bucket alone
 */
void gw_exposition_add_histogram(struct gw_exposition *exposition, const struct gw_label *labels, size_t n_labels,
				 const double *bounds, const double *counts, size_t n_bounds, double sum);

/* Ends the text and takes it out, malloc()ed; NULL when out of memory. */
char *gw_exposition_finish(struct gw_exposition *exposition);

#endif
