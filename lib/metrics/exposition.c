/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics as text, in both formats. */
#include "lib/metrics/exposition.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Label sets have a few labels of ours, and the one of a bucket. */
#define LABELS_MAX 8
#define EXACT_INTEGERS 9007199254740992.0 /* 2^53: up to there a double has them all */

const char *gw_metrics_content_type(enum gw_metrics_format format)
{
	return format == GW_METRICS_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
						: "text/plain; version=0.0.4; charset=utf-8";
}

/* The older format has no infos, and a counter's name there is that of its samples. */
static const char *exposition_type(const struct gw_exposition *exposition)
{
	static const char *const names[] = {
		[GW_METRIC_GAUGE] = "gauge",
		[GW_METRIC_COUNTER] = "counter",
		[GW_METRIC_HISTOGRAM] = "histogram",
		[GW_METRIC_INFO] = "info",
	};
	enum gw_metric_type type = exposition->metric->type;

	return type == GW_METRIC_INFO && exposition->format == GW_METRICS_TEXT ? "gauge" : names[type];
}

static const char *exposition_suffix(const struct gw_metric *metric)
{
	return metric->type == GW_METRIC_COUNTER ? "_total" : metric->type == GW_METRIC_INFO ? "_info" : "";
}

/* Backslashes, ends of lines and, where they would end the text, quotation marks. */
static void exposition_add_escaped(struct gw_text *text, const char *string, bool quotes)
{
	const char *escaped = quotes ? "\n\\\"" : "\n\\";

	while (*string) {
		size_t plain = strcspn(string, escaped);

		gw_text_append(text, string, plain);
		string += plain;
		if (*string)
			gw_text_add(text, "\\%c", *string == '\n' ? 'n' : *string);
		string += *string != '\0';
	}
}

void gw_exposition_begin(struct gw_exposition *exposition, const struct gw_metric *metric)
{
	struct gw_text *text = &exposition->text;
	const char *suffix = exposition->format == GW_METRICS_TEXT ? exposition_suffix(metric) : "";

	exposition->metric = metric;
	gw_text_add(text, "# HELP %s%s ", metric->name, suffix);
	exposition_add_escaped(text, metric->help, exposition->format == GW_METRICS_OPENMETRICS);
	gw_text_add(text, "\n# TYPE %s%s %s\n", metric->name, suffix, exposition_type(exposition));
	if (*metric->unit && exposition->format == GW_METRICS_OPENMETRICS)
		gw_text_add(text, "# UNIT %s %s\n", metric->name, metric->unit);
}

/* The shortest text that reads back as the same number. */
static void exposition_add_number(struct gw_text *text, double value)
{
	char number[40];

	if (isinf(value)) {
		gw_text_add(text, value > 0 ? "+Inf" : "-Inf");
		return;
	}
	if (value == floor(value) && fabs(value) < EXACT_INTEGERS) {
		gw_text_add(text, "%.0f", value);
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(number, sizeof(number), "%.*g", digits, value);
		if (strtod(number, NULL) == value)
			break;
	}
	gw_text_add(text, "%s", number);
}

static void exposition_add_sample(struct gw_exposition *exposition, const char *suffix, const struct gw_label *labels,
				  size_t n_labels, double value)
{
	struct gw_text *text = &exposition->text;

	gw_text_add(text, "%s%s", exposition->metric->name, suffix);
	for (size_t i = 0; i < n_labels; i++) {
		gw_text_append(text, i == 0 ? "{" : ",", 1);
		gw_text_append(text, labels[i].name, strlen(labels[i].name));
		gw_text_append(text, "=\"", 2);
		exposition_add_escaped(text, labels[i].value, true);
		gw_text_append(text, "\"", 1);
	}
	gw_text_add(text, n_labels > 0 ? "} " : " ");
	exposition_add_number(text, value);
	gw_text_append(text, "\n", 1);
}

void gw_exposition_add(struct gw_exposition *exposition, const struct gw_label *labels, size_t n_labels, double value)
{
	exposition_add_sample(exposition, exposition_suffix(exposition->metric), labels, n_labels, value);
}

/* OpenMetrics wants "1.0", not "1": bounds are compared as text. */
static void exposition_format_bound(char *text, size_t size, double bound)
{
	int length = snprintf(text, size, "%.12g", bound);

	if (!strpbrk(text, ".e"))
		snprintf(text + length, size - (size_t)length, ".0");
}

void gw_exposition_add_histogram(struct gw_exposition *exposition, const struct gw_label *labels, size_t n_labels,
				 const double *bounds, const double *counts, size_t n_bounds, double sum)
{
	struct gw_label all[LABELS_MAX];
	double total = 0;
	char bound[40];

	if (n_labels >= LABELS_MAX)
		return;
	memcpy(all, labels, n_labels * sizeof(*labels));
	all[n_labels] = (struct gw_label){ .name = "le", .value = bound };
	for (size_t i = 0; i <= n_bounds; i++) {
		total += counts[i];
		if (i < n_bounds)
			exposition_format_bound(bound, sizeof(bound), bounds[i]);
		else
			strcpy(bound, "+Inf");
		exposition_add_sample(exposition, "_bucket", all, n_labels + 1, total);
	}
	exposition_add_sample(exposition, "_sum", labels, n_labels, sum);
	exposition_add_sample(exposition, "_count", labels, n_labels, total);
}

char *gw_exposition_finish(struct gw_exposition *exposition)
{
	if (exposition->format == GW_METRICS_OPENMETRICS)
		gw_text_add(&exposition->text, "# EOF\n");
	if (exposition->text.failed) {
		gw_text_clear(&exposition->text);
		return NULL;
	}
	/* Not gw_text_finish(): it shows ends of lines as what they are not here. */
	return exposition->text.data;
}
