/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's types, found by their names: btf__find_by_name_kind() goes through all of them for each name, of which a start of
 * the daemon has some hundred.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_BTF_TYPES_H
#define GPUWATCH_DAEMON_KERNEL_BTF_TYPES_H

#include <bpf/btf.h>
#include <stddef.h>
#include <stdint.h>

struct gw_types;

/*
 * gw_types_open - read the kernel's types
 * @path: NULL = the running kernel's own
 * @message, @size: on failure one line for people
 *
 * Returns 0 or -errno; @ret is to be freed with gw_types_free().
 */
int gw_types_open(struct gw_types **ret, const char *path, char *message, size_t size);

/* Of types that are there already: they are @ret's then, and freed with it. Returns 0, or -ENOMEM and frees nothing. */
int gw_types_new(struct gw_types **ret, struct btf *btf);
void gw_types_free(struct gw_types *types);

/* All of them; they last as long as @types. */
struct btf *gw_types_all(const struct gw_types *types);

/*
 * gw_types_find - a type by its name
 * @kind: BTF_KIND_FUNC, BTF_KIND_STRUCT, BTF_KIND_TYPEDEF or BTF_KIND_VAR
 *
 * Returns the number of the first one, which is positive, or -ENOENT.
 */
int gw_types_find(const struct gw_types *types, const char *name, uint32_t kind);

/*
 * gw_types_target - what a program attaches to, by the name of its section ("fentry/FUNCTION", "tp_btf/TRACEPOINT", "iter/NAME")
 *
 * Returns the number of a type, which is positive; 0: no type has to do with it; -ENOENT: this kernel has no such thing.
 */
int gw_types_target(const struct gw_types *types, const char *section);

#endif
