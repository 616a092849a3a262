/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations in the buckets that the programs have (bpf/abi/shared.h), as JSON. */
#ifndef GPUWATCH_DAEMON_WATCH_BUCKETS_H
#define GPUWATCH_DAEMON_WATCH_BUCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "bpf/abi/shared.h"

/* The bounds in ns, one less than there are buckets. New reference, NULL when out of memory. */
json_t *gw_buckets_bounds(void);

void gw_buckets_count(struct gw_wait_time *buckets, uint64_t ns);
void gw_buckets_add(struct gw_wait_time *buckets, const struct gw_wait_time *others);

/* Puts "counts" and "sum_ns" into @object, which may be NULL; *@failed as gw_json_put() has it. */
void gw_buckets_put(json_t *object, const struct gw_wait_time *buckets, bool *failed);

#endif
