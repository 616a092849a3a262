/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many reports there have been since the start, by kind, class and driver: resolved reports are kept for a while only. */
#ifndef GPUWATCH_DAEMON_SERVE_DETECTED_H
#define GPUWATCH_DAEMON_SERVE_DETECTED_H

#include <jansson.h>

#include "daemon/serve/reports.h"

struct gw_detected;

/* Counts from now on. Returns 0 or -ENOMEM. To be freed after @reports. */
int gw_detected_new(struct gw_detected **ret, struct gw_reports *reports);
void gw_detected_free(struct gw_detected *detected);

/* [{kind, class, driver, count}]: a new reference, NULL when out of memory. @detected may be NULL: []. */
json_t *gw_detected_json(const struct gw_detected *detected);

#endif
