/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names that objects use; the types of these names, and what those are made of; then all of these under new numbers. */
#include "daemon/kernel/btf/reduced.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define FLAVOR "___"

struct names {
	const char **slots; /* NULL = free */
	size_t mask;
};

struct reduction {
	const struct btf *full;
	struct btf *reduced;
	uint32_t *numbers; /* of each type of @full: its number in @reduced, 0 = it is not there */
	uint32_t *pending; /* types that are wanted, and whose parts have not been asked for */
	size_t n_pending;
};

static size_t reduced_name_length(const char *name)
{
	const char *flavor = strstr(name, FLAVOR);

	return flavor ? (size_t)(flavor - name) : strlen(name);
}

/* Where the name is or would be. */
static const char **names_slot(const struct names *names, const char *name)
{
	size_t length = reduced_name_length(name);
	size_t at = gw_hash_spread(gw_hash_bytes(GW_HASH_START, name, length)) & names->mask;

	for (;; at = (at + 1) & names->mask) {
		const char *there = names->slots[at];

		if (!there || (reduced_name_length(there) == length && memcmp(there, name, length) == 0))
			return &names->slots[at];
	}
}

static int names_collect(struct names *names, const struct btf *const *users, size_t count)
{
	size_t n_types = 0, size = 64;

	for (size_t i = 0; i < count; i++)
		n_types += btf__type_cnt(users[i]);
	while (size < 2 * n_types)
		size *= 2;
	names->slots = calloc(size, sizeof(names->slots[0]));
	if (!names->slots)
		return -ENOMEM;
	names->mask = size - 1;
	for (size_t i = 0; i < count; i++)
		for (uint32_t id = 1; id < btf__type_cnt(users[i]); id++) {
			const char *name = btf__name_by_offset(users[i], btf__type_by_id(users[i], id)->name_off);

			if (name && name[0])
				*names_slot(names, name) = name;
		}
	return 0;
}

/* Functions and variables of the kernel are looked up in all of its types. */
static bool reduced_may_be_used(const struct btf_type *type)
{
	return btf_is_composite(type) || btf_is_any_enum(type) || btf_is_typedef(type) || btf_is_int(type) ||
	       btf_is_float(type) || btf_is_fwd(type);
}

static void reduced_want(struct reduction *reduction, uint32_t id)
{
	if (id == 0 || reduction->numbers[id])
		return;
	reduction->numbers[id] = 1;
	reduction->pending[reduction->n_pending++] = id;
}

static void reduced_want_parts(struct reduction *reduction, const struct btf_type *type)
{
	if (btf_is_composite(type)) {
		for (uint32_t i = 0; i < btf_vlen(type); i++)
			reduced_want(reduction, btf_members(type)[i].type);
	} else if (btf_is_array(type)) {
		reduced_want(reduction, btf_array(type)->type);
		reduced_want(reduction, btf_array(type)->index_type);
	} else if (btf_is_typedef(type) || btf_is_mod(type)) {
		reduced_want(reduction, type->type);
	}
}

static void reduced_find(struct reduction *reduction, const struct names *names)
{
	for (uint32_t id = 1; id < btf__type_cnt(reduction->full); id++) {
		const struct btf_type *type = btf__type_by_id(reduction->full, id);
		const char *name = btf__name_by_offset(reduction->full, type->name_off);

		if (name && name[0] && reduced_may_be_used(type) && *names_slot(names, name))
			reduced_want(reduction, id);
	}
	while (reduction->n_pending)
		reduced_want_parts(reduction,
				   btf__type_by_id(reduction->full, reduction->pending[--reduction->n_pending]));
}

static int reduced_copy(struct reduction *reduction)
{
	for (uint32_t id = 1; id < btf__type_cnt(reduction->full); id++) {
		int r;

		if (!reduction->numbers[id])
			continue;
		r = btf__add_type(reduction->reduced, reduction->full, btf__type_by_id(reduction->full, id));
		if (r < 0)
			return r;
		reduction->numbers[id] = (uint32_t)r;
	}
	return 0;
}

static void reduced_renumber(const struct reduction *reduction, struct btf_type *type)
{
	const uint32_t *numbers = reduction->numbers;

	if (btf_is_composite(type)) {
		for (uint32_t i = 0; i < btf_vlen(type); i++)
			btf_members(type)[i].type = numbers[btf_members(type)[i].type];
	} else if (btf_is_array(type)) {
		btf_array(type)->type = numbers[btf_array(type)->type];
		btf_array(type)->index_type = numbers[btf_array(type)->index_type];
	} else if (btf_is_ptr(type)) {
		type->type = 0;
	} else if (btf_is_typedef(type) || btf_is_mod(type)) {
		type->type = numbers[type->type];
	}
}

static int reduced_make(struct reduction *reduction, const struct names *names)
{
	int r;

	reduced_find(reduction, names);
	r = btf__set_pointer_size(reduction->reduced, btf__pointer_size(reduction->full));
	if (r >= 0)
		r = reduced_copy(reduction);
	for (uint32_t id = 1; r >= 0 && id < btf__type_cnt(reduction->reduced); id++)
		reduced_renumber(reduction, (struct btf_type *)btf__type_by_id(reduction->reduced, id));
	return r;
}

int gw_btf_reduce(const struct btf *full, const struct btf *const *users, size_t count, struct btf **ret)
{
	struct reduction reduction = { .full = full };
	struct names names = { 0 };
	int r = names_collect(&names, users, count);

	reduction.reduced = btf__new_empty();
	reduction.numbers = calloc(btf__type_cnt(full), sizeof(reduction.numbers[0]));
	reduction.pending = calloc(btf__type_cnt(full), sizeof(reduction.pending[0]));
	if (r >= 0)
		r = reduction.reduced && reduction.numbers && reduction.pending ? reduced_make(&reduction, &names)
										: -ENOMEM;
	if (r >= 0)
		*ret = reduction.reduced;
	else
		btf__free(reduction.reduced);
	free(reduction.numbers);
	free(reduction.pending);
	free(names.slots);
	return r;
}
