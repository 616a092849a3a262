/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Durations in buckets. */
#include "daemon/watch/buckets.h"

#include "lib/base/json.h"

json_t *gw_buckets_bounds(void)
{
	json_t *bounds = json_array();

	for (int i = 0; bounds && i < GW_WAIT_BUCKETS - 1; i++)
		json_array_append_new(bounds, json_integer((json_int_t)GW_WAIT_BUCKET_NS(i)));
	return bounds;
}

void gw_buckets_count(struct gw_wait_time *buckets, uint64_t ns)
{
	int bucket = 0;

	while (bucket < GW_WAIT_BUCKETS - 1 && ns > GW_WAIT_BUCKET_NS(bucket))
		bucket++;
	buckets->counts[bucket]++;
	buckets->sum_ns += ns;
}

void gw_buckets_add(struct gw_wait_time *buckets, const struct gw_wait_time *others)
{
	for (int i = 0; i < GW_WAIT_BUCKETS; i++)
		buckets->counts[i] += others->counts[i];
	buckets->sum_ns += others->sum_ns;
}

void gw_buckets_put(json_t *object, const struct gw_wait_time *buckets, bool *failed)
{
	json_t *counts = json_array();

	for (int i = 0; counts && i < GW_WAIT_BUCKETS; i++)
		json_array_append_new(counts, gw_json_number(buckets->counts[i]));
	gw_json_put(object, "counts", counts, failed);
	gw_json_put(object, "sum_ns", gw_json_number(buckets->sum_ns), failed);
}
