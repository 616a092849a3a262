/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records grouped by a key that several of them share, e.g. the tasks that wait for one lock. */
#ifndef GPUWATCH_LIB_ANALYSIS_RECORD_INDEX_H
#define GPUWATCH_LIB_ANALYSIS_RECORD_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct gw_group_entry {
	uint64_t key;
	size_t order; /* of adding: keeps groups in stream order */
	const void *record;
};

struct gw_groups {
	struct gw_group_entry *entries;
	size_t count, allocated;
};

/* Members of one key, in the order they were added. */
struct gw_group {
	const struct gw_group_entry *members;
	size_t count;
};

/* A key of 0 means "none" and is not added. Returns 0 or -ENOMEM. */
int gw_groups_add(struct gw_groups *groups, uint64_t key, const void *record);

/* After the last addition, before the first look-up. */
void gw_groups_sort(struct gw_groups *groups);

struct gw_group gw_groups_find(const struct gw_groups *groups, uint64_t key);

void gw_groups_deinit(struct gw_groups *groups);

#endif
