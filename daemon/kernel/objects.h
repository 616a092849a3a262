/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF objects inside this binary. An object is loaded when the first of
 * its programs is needed; objects share maps of the same name, and those may
 * come from pins.
 */
#ifndef GPUWATCH_DAEMON_KERNEL_OBJECTS_H
#define GPUWATCH_DAEMON_KERNEL_OBJECTS_H

#include <bpf/libbpf.h>
#include <stddef.h>
#include <stdint.h>

struct gw_objects;

/* @btf_path: the kernel's BTF for relocation, NULL = the running kernel's; must outlive the objects. */
int gw_objects_new(struct gw_objects **ret, const char *btf_path);
void gw_objects_free(struct gw_objects *objects);

/* A number that differs between builds whose programs or layouts differ. */
uint64_t gw_objects_hash(void);

/*
 * gw_objects_program - a loaded program
 * @why, @size: on failure the reason, one line
 *
 * Loads its object if need be. A program that the kernel refuses does not keep
 * the others of its object from being loaded. Returns 0; -ENOENT: this kernel
 * has no such target; another -errno: refused.
 */
int gw_objects_program(struct gw_objects *objects, const char *object, const char *program, struct bpf_program **ret,
		       char *why, size_t size);

/* Gives the objects a map that exists already (not owned; must outlive them). Before anything is loaded. */
int gw_objects_adopt_map(struct gw_objects *objects, const char *name, int fd);

/* File descriptor of a map, owned by the objects, or -ENOENT when no loaded object has it. */
int gw_objects_map(const struct gw_objects *objects, const char *name);

/* Calls @visit for every shared map there is; stops at the first negative return value and returns it. */
int gw_objects_each_map(const struct gw_objects *objects, int (*visit)(const char *name, int fd, void *userdata),
			void *userdata);

#endif
