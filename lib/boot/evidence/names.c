/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hash tables with linear probing, at most half full. */
#include "lib/boot/evidence/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

/* ---- the map ------------------------------------------------------------------------------ */

/* The slot that has the key, or the free one where it belongs. There is always a free one. */
static struct gw_boot_map_slot *map_find_slot(const struct gw_boot_map *map, uint64_t key)
{
	size_t at = gw_hash_spread(key) & (map->allocated - 1);

	while (map->slots[at].used && map->slots[at].key != key)
		at = (at + 1) & (map->allocated - 1);
	return &map->slots[at];
}

uint32_t gw_boot_map_get(const struct gw_boot_map *map, uint64_t key)
{
	const struct gw_boot_map_slot *slot = map->allocated ? map_find_slot(map, key) : NULL;

	return slot && slot->used ? slot->value : GW_BOOT_NOT_FOUND;
}

static int map_grow(struct gw_boot_map *map)
{
	struct gw_boot_map bigger = { .count = map->count, .allocated = map->allocated ? map->allocated * 2 : 64 };

	bigger.slots = calloc(bigger.allocated, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->allocated; i++)
		if (map->slots[i].used)
			*map_find_slot(&bigger, map->slots[i].key) = map->slots[i];
	free(map->slots);
	*map = bigger;
	return 0;
}

int gw_boot_map_set(struct gw_boot_map *map, uint64_t key, uint32_t value)
{
	struct gw_boot_map_slot *slot;

	if (map->count * 2 >= map->allocated && map_grow(map) < 0)
		return -ENOMEM;
	slot = map_find_slot(map, key);
	map->count += !slot->used;
	*slot = (struct gw_boot_map_slot){ key, value, 1 };
	return 0;
}

void gw_boot_map_deinit(struct gw_boot_map *map)
{
	free(map->slots);
	*map = (struct gw_boot_map){ .slots = NULL };
}

/* ---- the names ---------------------------------------------------------------------------- */

static uint32_t *names_find_slot(const struct gw_boot_names *names, const char *name)
{
	size_t at = gw_hash_spread(gw_hash_string(GW_HASH_START, name)) & (names->n_slots - 1);

	while (names->slots[at] && strcmp(names->names[names->slots[at] - 1], name) != 0)
		at = (at + 1) & (names->n_slots - 1);
	return &names->slots[at];
}

uint32_t gw_boot_names_find(const struct gw_boot_names *names, const char *name)
{
	uint32_t *slot;

	if (!*name)
		return GW_BOOT_NO_NAME;
	slot = names->n_slots ? names_find_slot(names, name) : NULL;
	return slot && *slot ? *slot : GW_BOOT_NOT_FOUND;
}

static int names_grow(struct gw_boot_names *names)
{
	size_t n_slots = names->n_slots ? names->n_slots * 2 : 256;
	uint32_t *slots = calloc(n_slots, sizeof(*slots));
	char **texts = reallocarray(names->names, n_slots / 2, sizeof(*texts));

	if (texts)
		names->names = texts;
	if (!slots || !texts) {
		free(slots);
		return -ENOMEM;
	}
	free(names->slots);
	names->slots = slots;
	names->n_slots = n_slots;
	names->allocated = n_slots / 2;
	for (size_t i = 0; i < names->count; i++)
		*names_find_slot(names, names->names[i]) = (uint32_t)i + 1;
	return 0;
}

uint32_t gw_boot_names_add(struct gw_boot_names *names, const char *name)
{
	uint32_t *slot;
	char *copy;

	if (!*name)
		return GW_BOOT_NO_NAME;
	if (names->count == names->allocated && names_grow(names) < 0)
		return GW_BOOT_NOT_FOUND;
	slot = names_find_slot(names, name);
	if (*slot)
		return *slot;
	copy = strdup(name);
	if (!copy)
		return GW_BOOT_NOT_FOUND;
	names->names[names->count++] = copy;
	return *slot = (uint32_t)names->count;
}

const char *gw_boot_names_text(const struct gw_boot_names *names, uint32_t number)
{
	return number == GW_BOOT_NO_NAME || number > names->count ? "" : names->names[number - 1];
}

void gw_boot_names_deinit(struct gw_boot_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
	free(names->slots);
	*names = (struct gw_boot_names){ .names = NULL };
}
