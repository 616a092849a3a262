/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What monitoring gets of the daemon's documents: the families of metrics that docs/monitoring.md lists. Their labels have
 * bounds: kinds, classes, drivers and a few workloads, never a process or a report.
 */
#ifndef GPUWATCH_LIB_METRICS_METRICS_H
#define GPUWATCH_LIB_METRICS_METRICS_H

#include <stdint.h>

#include <jansson.h>

#include "lib/metrics/exposition.h"

/* The daemon's documents, borrowed; NULL: it did not answer. */
struct gw_metrics_source {
	const json_t *status;  /* gpuwatch.status.v1; without it there is only gpuwatch_up */
	const json_t *reports; /* array of gpuwatch.report.v1: the active ones; resolved ones are left out */
	const json_t *waits;   /* gpuwatch.waits.v1 */
	const json_t *faults;  /* gpuwatch.faults.v1 */
};

/* The text in one of the formats, malloc()ed; NULL when out of memory. */
char *gw_metrics_text(const struct gw_metrics_source *source, enum gw_metrics_format format);

#endif
