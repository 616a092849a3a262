/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that occur again and again, each kept once and known by a number; and
 * a map from pairs of such numbers. A boot has hundreds of thousands of events
 * about a few thousand devices.
 */
#ifndef GPUWATCH_LIB_BOOT_EVIDENCE_NAMES_H
#define GPUWATCH_LIB_BOOT_EVIDENCE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define GW_BOOT_NO_NAME 0u /* of "" */
#define GW_BOOT_NOT_FOUND UINT32_MAX

/* Open addressing; all zero bytes are an empty one. */
struct gw_boot_map {
	struct gw_boot_map_slot {
		uint64_t key;
		uint32_t value, used;
	} * slots;
	size_t count, allocated;
};

uint32_t gw_boot_map_get(const struct gw_boot_map *map, uint64_t key);	    /* or GW_BOOT_NOT_FOUND */
int gw_boot_map_set(struct gw_boot_map *map, uint64_t key, uint32_t value); /* replaces; 0 or -ENOMEM */
void gw_boot_map_deinit(struct gw_boot_map *map);

static inline uint64_t gw_boot_pair(uint32_t a, uint32_t b)
{
	return (uint64_t)a << 32 | b;
}

/* All zero bytes are an empty one. */
struct gw_boot_names {
	char **names;
	size_t count, allocated;
	uint32_t *slots; /* number of the name + 1, 0 = free */
	size_t n_slots;
};

/* The number of @name, which becomes known by that; 0 for "". Returns GW_BOOT_NOT_FOUND when out of memory. */
uint32_t gw_boot_names_add(struct gw_boot_names *names, const char *name);

/* The number of a known name, or GW_BOOT_NOT_FOUND. */
uint32_t gw_boot_names_find(const struct gw_boot_names *names, const char *name);

/* Valid as long as the names are. */
const char *gw_boot_names_text(const struct gw_boot_names *names, uint32_t number);

void gw_boot_names_deinit(struct gw_boot_names *names);

#endif
