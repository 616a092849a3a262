/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF objects inside this binary. An object is loaded when the first of
 * its programs is needed; objects share maps of the same name, and those may
 * come from pins.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_OBJECTS_H
#define GPUWATCH_DAEMON_KERNEL_OBJECTS_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/kernel/btf/types.h"

struct gw_objects;

/* Objects that live and are pinned together. */
enum gw_object_set {
	GW_OBJECTS_WATCH, /* what tasks wait for */
	GW_OBJECTS_BOOT,  /* how drivers come up */
};

/* Whether the object of this name belongs to a set. */
bool gw_objects_has(enum gw_object_set set, const char *object);

/* A number that differs between builds whose objects of this set differ. */
uint64_t gw_objects_hash(enum gw_object_set set);

/* @btf_path: the kernel's BTF for relocation, NULL = the running kernel's; copied. */
int gw_objects_new(struct gw_objects **ret, const char *btf_path);
void gw_objects_free(struct gw_objects *objects);

/*
 * gw_objects_use_types - relocate what is opened from now on with those of these types that the objects use, which is much faster
 * @kernel: all types of the kernel at the path given to gw_objects_new(); not kept
 *
 * Returns 0, or -errno: then all types are used as before.
 */
int gw_objects_use_types(struct gw_objects *objects, const struct gw_types *kernel);

/* Values of a data section of constants, in whichever object has it; not copied. Before anything is loaded. */
void gw_objects_set_constants(struct gw_objects *objects, const char *section, const void *values, size_t size);

/* Why something was not loaded. The strings last until the next call that opens or loads. */
struct gw_refusal {
	const char *program; /* that is to blame, NULL = none in particular */
	const char *why;     /* one line */
	int error;	     /* -ENOENT: this kernel has no such target; another -errno: refused */
};

/*
 * gw_objects_open - open an object, but load nothing
 * @ret: owned by the objects. Until it is loaded, programs may be left out
 *	(bpf_program__set_autoload()) and data sections be given values.
 *
 * Returns 0; 1 if it is loaded already, or -errno: it cannot be.
 */
int gw_objects_open(struct gw_objects *objects, const char *object, struct bpf_object **ret,
		    struct gw_refusal *refusal);

/*
 * gw_objects_load - load an object that is open
 * @types: the kernel's, in which the targets of its programs are; NULL: none of them attaches to a type
 *
 * Returns 0 or -errno. If it failed because of a program, it can be opened and
 * loaded again, with that left out; else that is the end of it.
 */
int gw_objects_load(struct gw_objects *objects, const char *object, const struct gw_types *types,
		    struct gw_refusal *refusal);

/* The objects inside this binary are read from its file when a module needs another one: they need not stay in memory. */
void gw_objects_unlock_embedded(void);

/* Closes what was opened and not loaded. */
void gw_objects_trim(struct gw_objects *objects);

/* Gives the objects a map that exists already; they keep a file descriptor of their own. Before anything is loaded. */
int gw_objects_adopt_map(struct gw_objects *objects, const char *name, int fd);

/*
 * gw_objects_map - a shared map
 * @value_size: bytes of its values, as the caller has them in mind
 *
 * Returns a file descriptor that the objects own; -ENOENT when no loaded
 * object has it, -EPROTO when its values have another size.
 */
int gw_objects_map(const struct gw_objects *objects, const char *name, size_t value_size);

/* Bytes of a map's values, or -errno. */
int gw_map_value_size(int fd);

/* Calls @visit for every shared map there is; stops at the first negative return value and returns it. */
int gw_objects_each_map(const struct gw_objects *objects, int (*visit)(const char *name, int fd, void *userdata),
			void *userdata);

#endif
