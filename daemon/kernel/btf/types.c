/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's types, found by their names: a table of the numbers of those that somebody asks for. */
#include "daemon/kernel/btf/types.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

struct gw_types {
	struct btf *btf;
	uint32_t *slots; /* numbers of types, of one name in their order; 0 = free */
	size_t mask;
};

static bool types_are_asked_for(const struct btf_type *type)
{
	return btf_is_func(type) || btf_is_struct(type) || btf_is_typedef(type) || btf_is_var(type);
}

static size_t types_first_slot(const struct gw_types *types, const char *name)
{
	return gw_hash_spread(gw_hash_bytes(GW_HASH_START, name, strlen(name))) & types->mask;
}

static void types_add(struct gw_types *types, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(types->btf, id);
	const char *name = types_are_asked_for(type) ? btf__name_by_offset(types->btf, type->name_off) : NULL;
	size_t at;

	if (!name || !name[0])
		return;
	for (at = types_first_slot(types, name); types->slots[at]; at = (at + 1) & types->mask)
		;
	types->slots[at] = id;
}

int gw_types_new(struct gw_types **ret, struct btf *btf)
{
	struct gw_types *types = calloc(1, sizeof(*types));
	size_t size = 2; /* one slot stays free, where a search ends */

	while (size <= btf__type_cnt(btf) + btf__type_cnt(btf) / 2)
		size *= 2;
	if (types)
		types->slots = calloc(size, sizeof(types->slots[0]));
	if (!types || !types->slots) {
		free(types);
		return -ENOMEM;
	}
	types->btf = btf;
	types->mask = size - 1;
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++)
		types_add(types, id);
	*ret = types;
	return 0;
}

void gw_types_free(struct gw_types *types)
{
	if (!types)
		return;
	btf__free(types->btf);
	free(types->slots);
	free(types);
}

int gw_types_open(struct gw_types **ret, const char *path, char *message, size_t size)
{
	struct btf *btf = btf__parse(path ? path : KERNEL_BTF, NULL);
	int r;

	if (!libbpf_get_error(btf)) {
		r = gw_types_new(ret, btf);
		if (r < 0) {
			btf__free(btf);
			snprintf(message, size, "cannot read the kernel's BTF: %s", strerror(-r));
		}
		return r;
	}
	r = errno >= __LIBBPF_ERRNO__START ? -EINVAL : -errno;
	if (!path && r == -ENOENT)
		snprintf(message, size, "this kernel has no BTF (%s): it must be built with CONFIG_DEBUG_INFO_BTF",
			 KERNEL_BTF);
	else
		snprintf(message, size, "cannot read the kernel's BTF from %s: %s", path ? path : KERNEL_BTF,
			 r == -EINVAL ? "that is no BTF" : strerror(-r));
	return r;
}

struct btf *gw_types_all(const struct gw_types *types)
{
	return types->btf;
}

int gw_types_find(const struct gw_types *types, const char *name, uint32_t kind)
{
	for (size_t at = types_first_slot(types, name); types->slots[at]; at = (at + 1) & types->mask) {
		const struct btf_type *type = btf__type_by_id(types->btf, types->slots[at]);

		if (btf_kind(type) == kind && strcmp(btf__name_by_offset(types->btf, type->name_off), name) == 0)
			return (int)types->slots[at];
	}
	return -ENOENT;
}

/* As libbpf does, and the kernel checks. */
int gw_types_target(const struct gw_types *types, const char *section)
{
	static const struct {
		const char *section, *prefix;
		uint32_t kind;
	} ways[] = {
		{ "fentry/", "", BTF_KIND_FUNC },
		{ "fexit/", "", BTF_KIND_FUNC },
		{ "tp_btf/", "btf_trace_", BTF_KIND_TYPEDEF },
		{ "iter/", "bpf_iter_", BTF_KIND_FUNC },
	};
	char name[128];

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		size_t length = strlen(ways[i].section);

		if (strncmp(section, ways[i].section, length) != 0)
			continue;
		snprintf(name, sizeof(name), "%s%s", ways[i].prefix, section + length);
		return gw_types_find(types, name, ways[i].kind);
	}
	return 0;
}
