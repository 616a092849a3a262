/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An index of records by a key that several of them may share, e.g. the tasks by the lock that they wait for. */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_INDEX_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct gw_index_entry {
	uint64_t key;
	size_t order; /* of adding: those of one key stay in it */
	const void *record;
};

struct gw_index {
	struct gw_index_entry *entries; /* finished: bucket after bucket */
	size_t count, allocated;
	uint32_t *starts; /* of each bucket, and the end; NULL before it is finished */
	size_t n_buckets; /* a power of two */
};

/* The entries of one key, in the order they were added. */
struct gw_index_range {
	const struct gw_index_entry *members;
	size_t count;
};

/* A key of 0 means "none" and is not added. Returns 0 or -ENOMEM. */
int gw_index_add(struct gw_index *index, uint64_t key, const void *record);

/* After the last addition, before the first look-up: nothing is found before. Returns 0 or -ENOMEM. */
int gw_index_finish(struct gw_index *index);

/* The record that was added first with that key, NULL if there is none. */
const void *gw_index_first(const struct gw_index *index, uint64_t key);

/* All of that key. */
struct gw_index_range gw_index_find(const struct gw_index *index, uint64_t key);

void gw_index_deinit(struct gw_index *index);

#endif
